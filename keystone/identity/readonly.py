"""What backends that others administer answer to changes."""
from essex.exception import Forbidden
from keystone.identity.driver import IdentityDriver


class ReadOnlyDriver(IdentityDriver):
    """Every change is refused; subclasses say how to read. `kind` is the backend's name for the user."""

    kind = None

    def _refuse(self, *args, **more):
        raise Forbidden(f'Users and groups of this domain come from {self.kind}, which cannot be changed here: '
                        f'change them there.')

    create_user = update_user = set_password = delete_user = _refuse
    create_group = update_group = delete_group = add_member = remove_member = _refuse
