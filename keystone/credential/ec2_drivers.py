"""Where EC2 key pairs are kept: `[ec2] driver`."""
import abc
import hashlib

from essex import db
from keystone.credential.store import check_limit
from keystone.db import credentials

# What a key pair is worth when it was made with a delegated token: as much as that, no more.
DELEGATIONS = ('trust_id', 'app_cred_id', 'access_token_id')


class Ec2Driver(abc.ABC):
    """Key pairs as refs {access, secret, user_id, tenant_id, trust_id, app_cred_id, access_token_id}."""

    @abc.abstractmethod
    def add(self, ref):
        """Keep a key pair, whose access key is new. May raise CredentialLimitExceeded."""

    @abc.abstractmethod
    def get(self, access):
        """The ref, or None."""

    @abc.abstractmethod
    def of_user(self, user_id):
        """The refs of a user."""

    @abc.abstractmethod
    def change(self, ref):
        """Keep a key pair there is with what is new in it."""

    @abc.abstractmethod
    def remove(self, access):
        """Forget a key pair."""


class SqlKeys(Ec2Driver):
    """As credentials of type ec2 under sha256(access), sealed with the credential keys."""

    def __init__(self, vault):
        self.vault = vault

    @staticmethod
    def _id_of(access):
        return hashlib.sha256(access.encode()).hexdigest()

    def _ref(self, row):
        blob = self.vault.open(row)
        return {'user_id': row['user_id'], 'tenant_id': row['project_id'], 'access': blob['access'],
                'secret': blob.get('secret'), **{name: blob.get(name) for name in DELEGATIONS}}

    def _sealed(self, ref):
        return self.vault.seal({name: ref[name] for name in ('access', 'secret', *DELEGATIONS)})

    @db.retry
    def add(self, ref):
        sealed = self._sealed(ref)
        with db.writer() as session:
            check_limit(session, ref['user_id'])
            credentials.add(session, {'id': self._id_of(ref['access']), 'user_id': ref['user_id'], 'type': 'ec2',
                                      'project_id': ref['tenant_id'], **sealed})

    @db.retry
    def change(self, ref):
        sealed = self._sealed(ref)
        with db.writer() as session:
            credentials.change(session, self._id_of(ref['access']), sealed)

    def get(self, access):
        with db.reader() as session:
            row = credentials.get(session, self._id_of(access))
        ref = self._ref(row) if row is not None and row['type'] == 'ec2' else None
        # What /v3/credentials stored or changed may be no pair that anybody could sign with.
        good = ref is not None and ref['access'] == access and isinstance(ref['secret'], str) and ref['secret']
        return ref if good else None

    def of_user(self, user_id):
        with db.reader() as session:
            return [self._ref(row) for row in credentials.of_user(session, user_id, 'ec2')]

    @db.retry
    def remove(self, access):
        with db.writer() as session:
            credentials.remove(session, self._id_of(access))


class KvsKeys(Ec2Driver):
    """In this process's memory: for one worker, and gone with it."""

    def __init__(self, vault):
        self._refs = {}

    def add(self, ref):
        self._refs[ref['access']] = dict(ref)

    def get(self, access):
        found = self._refs.get(access)
        return dict(found) if found else None

    def of_user(self, user_id):
        return [dict(ref) for _, ref in sorted(self._refs.items()) if ref['user_id'] == user_id]

    def change(self, ref):
        self._refs[ref['access']] = dict(ref)

    def remove(self, access):
        self._refs.pop(access, None)
