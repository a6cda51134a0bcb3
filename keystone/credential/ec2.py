"""EC2 credentials: an access key and a secret of a user for one project."""
import hashlib

from essex import db
from keystone.credential.store import Vault
from keystone.db import credentials
from keystone.exception import CredentialNotFound
from keystone.ids import new_id


def _id_of(access):
    return hashlib.sha256(access.encode()).hexdigest()


class Ec2Manager:
    """EC2 key pairs, stored as credentials of type ec2 under sha256(access)."""

    def __init__(self, identity, resource):
        self.identity, self.resource = identity, resource
        self.vault = Vault()

    def _ref(self, row):
        blob = self.vault.open(row)
        return {'user_id': row['user_id'], 'tenant_id': row['project_id'], 'access': blob['access'],
                'secret': blob['secret'], 'trust_id': blob.get('trust_id')}

    def create(self, user_id, project_id):
        """A new key pair. Raises UserNotFound, ProjectNotFound."""
        self.identity.full_user(user_id)
        self.resource.get_project(project_id)
        blob = {'access': new_id(), 'secret': new_id(), 'trust_id': None}
        sealed = self.vault.seal(blob)
        with db.writer() as session:
            credentials.add(session, {'id': _id_of(blob['access']), 'user_id': user_id, 'project_id': project_id,
                                      'type': 'ec2', **sealed})
        return self.get(user_id, blob['access'])

    def list(self, user_id):
        """Key pairs of a user. Raises UserNotFound."""
        self.identity.full_user(user_id)
        with db.reader() as session:
            return [self._ref(row) for row in credentials.of_user(session, user_id, 'ec2')]

    def find(self, access):
        """The key pair of an access key, of any user. Raises CredentialNotFound."""
        with db.reader() as session:
            row = credentials.get(session, _id_of(access))
        if row is None or row['type'] != 'ec2':
            raise CredentialNotFound(access)
        return self._ref(row)

    def get(self, user_id, access):
        """A key pair of this user. Raises CredentialNotFound, for another's too."""
        found = self.find(access)
        if found['user_id'] != user_id:
            raise CredentialNotFound(access)
        return found

    def delete(self, user_id, access):
        """Raises CredentialNotFound."""
        self.get(user_id, access)
        with db.writer() as session:
            credentials.remove(session, _id_of(access))
