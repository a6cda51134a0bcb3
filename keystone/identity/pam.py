"""Users and groups of this host: log-ins checked by PAM, names read from the host's own databases.

As at Essex, nothing is created or changed here: that is done with the host's own commands.
"""
import grp
import pwd

from oslo_config import cfg

from essex import concurrency, config
from essex.exception import ConfigError
from keystone.identity import refs
from keystone.identity.readonly import ReadOnlyDriver

OPTS = [
    cfg.StrOpt('service', default='keystone', help='PAM service (a file in /etc/pam.d) that checks passwords.'),
    cfg.IntOpt('min_uid', default=1000, min=0,
               help='Accounts with a lower number are no users of the cloud, so that nobody tries the passwords of '
                    "the system's own (root, as Essex had it, with 0)."),
    cfg.IntOpt('min_gid', default=1000, min=0, help='Groups with a lower number are no groups of the cloud.'),
]
config.register(OPTS, 'pam')


class Identity(ReadOnlyDriver):
    """Ids are names. The daemon needs the right to check passwords: root, or the group shadow."""

    kind = 'PAM'

    def __init__(self, conf):
        try:
            import pam
        except ImportError as error:
            raise ConfigError('The identity driver pam needs python-pam: install the extra `pam`.') from error
        conf.register_opts(OPTS, 'pam')
        self._options, self._pam = conf.pam, pam

    def _user(self, account):
        if account.pw_uid < self._options.min_uid or account.pw_name == 'nobody':
            return None
        return {'id': account.pw_name, 'name': account.pw_name, 'enabled': True,
                'description': account.pw_gecos.partition(',')[0]}

    def full_user(self, user_id):
        try:
            return self._user(pwd.getpwnam(user_id))
        except (KeyError, ValueError):
            return None

    def full_user_by_name(self, name, domain_id=None, domain_name=None):
        return self.full_user(name)

    def check_password(self, user, password):
        # PAM modules that allow empty passwords (nullok) are for consoles.
        if user is None or not password or '\0' in password:
            return False
        return concurrency.in_thread(self._check, user['id'], password)

    def _check(self, name, password):
        # An object for each call: one keeps the state of its conversation.
        return self._pam.PamAuthenticator().authenticate(name, password, service=self._options.service,
                                                         resetcreds=False)

    def list_users(self, hints):
        return refs.cut(filter(None, map(self._user, pwd.getpwall())), hints)

    def _group(self, group):
        if group.gr_gid < self._options.min_gid or group.gr_name == 'nogroup':
            return None
        return {'id': group.gr_name, 'name': group.gr_name, 'description': ''}

    def get_group(self, group_id):
        try:
            return self._group(grp.getgrnam(group_id))
        except (KeyError, ValueError):
            return None

    def list_groups(self, hints):
        return refs.cut(filter(None, map(self._group, grp.getgrall())), hints)

    def _members(self, group):
        """Names of the accounts in a group, be it their first one."""
        return {*group.gr_mem, *(account.pw_name for account in pwd.getpwall() if account.pw_gid == group.gr_gid)}

    def groups_of(self, user_id, hints):
        first = pwd.getpwnam(user_id).pw_gid
        mine = [group for group in grp.getgrall() if user_id in group.gr_mem or group.gr_gid == first]
        return refs.cut(filter(None, map(self._group, mine)), hints)

    def users_in(self, group_id, hints):
        members = self._members(grp.getgrnam(group_id))
        return refs.cut(filter(None, map(self.full_user, members)), hints)

    def is_member(self, user_id, group_id):
        return user_id in self._members(grp.getgrnam(group_id))
