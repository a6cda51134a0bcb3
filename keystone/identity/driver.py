"""The contract of an identity backend: where users and groups live."""
import abc


class IdentityDriver(abc.ABC):
    """Users and groups as refs (dicts). Called by the manager alone, which checks domains and announces changes.

    A "full" user carries domain_name and domain_enabled beside its own fields; get and list calls return None
    or leave out what does not exist. Writes join the transaction the manager has open (but see in_directory).
    """

    # Whether refs carry their domain and ids are ours. Otherwise every user is of the domain the driver is configured
    # for, and known to the API by a public id (keystone/identity/backends.py).
    knows_domains = False

    def in_directory(self, kind, public_id=None, domain_id=None):
        """Whether a user or group, or a new one of a domain, is written elsewhere than in the manager's transaction,
        and may be long about it."""
        return False

    def directory_groups(self, user_id):
        """Ids of the groups of a user whose groups are not in the database; none otherwise."""
        return ()

    def directory_members(self, group_id):
        """Ids of the users in a group that is not in the database; none otherwise."""
        return ()

    @abc.abstractmethod
    def full_user(self, user_id):
        """The full user with this id, or None."""

    @abc.abstractmethod
    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        """The full user with this name in a domain given by id or name, or None."""

    @abc.abstractmethod
    def check_password(self, user, password):
        """Whether `password` is that of the full user `user`. With None for a user: False, after the same time."""

    def prepare_password(self, password):
        """What create_user and set_password are to store. Called outside any transaction: it may take long."""
        return password

    @abc.abstractmethod
    def list_users(self, hints):
        """Users that pass `hints` (keystone.db.records.Hints)."""

    @abc.abstractmethod
    def create_user(self, user, password):
        """Store a user; `password` is what prepare_password gave, or None. Raises NameConflict."""

    @abc.abstractmethod
    def update_user(self, user_id, values):
        """Change fields (not the password). Raises NameConflict."""

    @abc.abstractmethod
    def set_password(self, user_id, password, self_service=False, expires_at=None, keep=0):
        """Put a new password (from prepare_password) in force until `expires_at`; `keep` older ones for history."""

    # What a backend that keeps rules of its own for passwords (a directory) leaves as it is.

    def had_password(self, user_id, password, count):
        """Whether `password` is one of the user's last `count`."""
        return False

    def count_failure(self, user_id, horizon):  # noqa: B027 - doing nothing is the default
        """One more failed log-in; those before `horizon` do not count any more."""

    def forget_failures(self, user_id):  # noqa: B027
        """A log-in succeeded."""

    def note_activity(self, user_id):  # noqa: B027
        """The user logged in today."""

    @abc.abstractmethod
    def delete_user(self, user_id):
        """Remove a user with its memberships."""

    @abc.abstractmethod
    def get_group(self, group_id):
        """The group, or None."""

    @abc.abstractmethod
    def list_groups(self, hints):
        """Groups that pass `hints`."""

    @abc.abstractmethod
    def create_group(self, group):
        """Store a group. Raises NameConflict."""

    @abc.abstractmethod
    def update_group(self, group_id, values):
        """Change fields. Raises NameConflict."""

    @abc.abstractmethod
    def delete_group(self, group_id):
        """Remove a group with its memberships."""

    @abc.abstractmethod
    def groups_of(self, user_id, hints):
        """Groups the user is in."""

    @abc.abstractmethod
    def users_in(self, group_id, hints):
        """Users in the group."""

    @abc.abstractmethod
    def is_member(self, user_id, group_id):
        """Whether the user is in the group."""

    @abc.abstractmethod
    def add_member(self, user_id, group_id):
        """Put the user into the group; nothing happens when it is there."""

    @abc.abstractmethod
    def remove_member(self, user_id, group_id):
        """Take the user out; returns whether it was in."""
