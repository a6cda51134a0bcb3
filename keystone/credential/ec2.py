"""EC2 credentials: an access key and a secret of a user for one project."""
from oslo_config import cfg

from essex import config
from keystone import drivers
from keystone.credential.ec2_drivers import DELEGATIONS, KvsKeys, SqlKeys
from keystone.credential.store import Vault
from keystone.exception import CredentialNotFound, IdConflict
from keystone.ids import new_id

CONF = config.register([
    cfg.StrOpt('driver', default='sql',
               help='Where EC2 credentials are kept: sql, or kvs (the memory of one process: only with workers = 1).'),
], 'ec2')


class Ec2Manager:
    """EC2 key pairs."""

    def __init__(self, identity, resource):
        self.identity, self.resource = identity, resource
        self.vault = Vault()
        self.driver = drivers.load('essex.keystone.ec2', CONF.ec2.driver, {'sql': SqlKeys, 'kvs': KvsKeys}, self.vault)

    def create(self, user_id, project_id, access=None, secret=None, **delegation):
        """A new key pair, of what is given and chance. Raises UserNotFound, ProjectNotFound, IdConflict.

        `delegation` are the DELEGATIONS that the pair is bound to.
        """
        self.identity.full_user(user_id)
        self.resource.get_project(project_id)
        if access is not None and self.driver.get(access) is not None:
            raise IdConflict(kind='credential', id=access)
        ref = {'access': access or new_id(), 'secret': secret or new_id(), 'user_id': user_id,
               'tenant_id': project_id, **dict.fromkeys(DELEGATIONS), **delegation}
        self.driver.add(ref)
        return self.get(user_id, ref['access'])

    def list(self, user_id):
        """Key pairs of a user. Raises UserNotFound."""
        self.identity.full_user(user_id)
        return self.driver.of_user(user_id)

    def find(self, access):
        """The key pair of an access key, of any user. Raises CredentialNotFound."""
        found = self.driver.get(access)
        if found is None:
            raise CredentialNotFound(access)
        return found

    def get(self, user_id, access):
        """A key pair of this user. Raises CredentialNotFound, for another's too."""
        found = self.find(access)
        if found['user_id'] != user_id:
            raise CredentialNotFound(access)
        return found

    def renew(self, user_id, access, secret=None):
        """A user's key pair with another secret: the given one or chance's. Raises CredentialNotFound."""
        self.driver.change({**self.get(user_id, access), 'secret': secret or new_id()})
        return self.get(user_id, access)

    def delete(self, user_id, access):
        """Raises CredentialNotFound."""
        self.get(user_id, access)
        self.driver.remove(access)
