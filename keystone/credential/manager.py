"""Credentials of any type: secrets of users, sealed at rest. Those of type ec2 follow rules of their own."""
import hashlib

import orjson
from sqlalchemy.exc import IntegrityError

from essex import db
from essex.exception import BadRequest
from keystone.credential.ec2_drivers import DELEGATIONS
from keystone.credential.store import Vault, check_limit
from keystone.db import credentials, records
from keystone.db.models import Credential
from keystone.exception import CredentialNotFound, IdConflict
from keystone.ids import new_id

EC2 = 'ec2'
# What a TEXT column of MariaDB holds.
_SEALED = 65535


def _ec2_id(access):
    return hashlib.sha256(access.encode('utf-8', 'surrogatepass')).hexdigest()


def ec2_blob(text):
    """The blob of a key pair as a dict. Raises BadRequest unless it is a JSON object with `access`."""
    try:
        blob = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest('Invalid blob in credential: that of type ec2 has to be a JSON object.') from error
    if not isinstance(blob, dict) or not isinstance(blob.get('access'), str) or not blob['access']:
        raise BadRequest('Invalid blob in credential: that of type ec2 has to be a JSON object with "access".')
    for name in DELEGATIONS:
        if not isinstance(blob.get(name), (str, type(None))):
            raise BadRequest(f'Invalid blob in credential: {name} has to be a text.')
    return blob


def bound_to(credential):
    """{name of DELEGATIONS: id} of what a credential was made with; empty for what its user made himself."""
    blob = ec2_blob(credential['blob']) if credential['type'] == EC2 else {}
    return {name: blob[name] for name in DELEGATIONS if blob.get(name) is not None}


class CredentialManager:
    """Credentials as refs: id, user_id, project_id, type, blob (text) and what else the caller stored."""

    def __init__(self, changes):
        self.changes, self.vault = changes, Vault()

    def _open(self, ref):
        blob = self.vault.open(ref)
        shown = {name: value for name, value in ref.items() if name not in ('encrypted_blob', 'key_hash')}
        return {**shown, 'blob': blob if isinstance(blob, str) else orjson.dumps(blob).decode()}

    def _seal(self, ref):
        """Columns of a row for the blob of `ref`; key pairs are kept as objects."""
        sealed = self.vault.seal(ec2_blob(ref['blob']) if ref['type'] == EC2 else ref['blob'])
        if len(sealed['encrypted_blob']) > _SEALED:
            raise BadRequest(f'The blob of a credential is too long: sealed it has at most {_SEALED} bytes.')
        return sealed

    def get(self, credential_id):
        """Raises CredentialNotFound."""
        with db.reader() as session:
            ref = records.get(session, Credential, Credential.id == credential_id)
        if ref is None:
            raise CredentialNotFound(credential_id)
        return self._open(ref)

    def list(self, hints):
        """The credentials that pass `hints`."""
        with db.reader() as session:
            found = records.listing(session, Credential, hints)
        return [self._open(ref) for ref in found]

    def secrets(self, user_id, kind):
        """{id: blob} of a user's credentials of one type."""
        with db.reader() as session:
            return {row['id']: self.vault.open(row) for row in credentials.of_user(session, user_id, kind)}

    def use_passcode(self, credential_id, step, now_step):
        """Whether the passcode of this time step, and each after it, was unused until now. Of several processes that
        ask at once one is told so."""
        try:
            return self._use_passcode(credential_id, step, now_step)
        except IntegrityError:
            return False   # the credential has just been deleted

    @staticmethod
    @db.retry
    def _use_passcode(*use):
        with db.writer() as session:
            return credentials.use_step(session, *use)

    def create(self, values, bound=None):
        """Store a credential (user_id, type, blob, perhaps project_id). `bound` {name of DELEGATIONS: id} is written
        into the blob of a key pair. Raises BadRequest, IdConflict, CredentialLimitExceeded."""
        ref = {**values, 'id': new_id()}
        if ref['type'] == EC2:
            blob = {**ec2_blob(ref['blob']), **(bound or {})}
            if not ref.get('project_id'):
                raise BadRequest('A credential of type ec2 needs a project_id.')
            ref.update(id=_ec2_id(blob['access']), blob=orjson.dumps(blob).decode())
        self._store({**ref, **self._seal(ref)})
        return self.get(ref['id'])

    @db.retry
    def _store(self, ref):
        ref = {name: value for name, value in ref.items() if name != 'blob'}
        with db.writer() as session:
            check_limit(session, ref['user_id'])
            records.create(session, Credential, ref, IdConflict(kind='credential', id=ref['id']))
            self.changes.tell('created', 'credential', ref['id'])

    @db.retry
    def update(self, credential_id, values):
        """Change a credential; its id stays. Raises BadRequest, CredentialNotFound."""
        old = self.get(credential_id)
        new = {**old, **values}
        if new['type'] == EC2:
            if not new.get('project_id'):
                raise BadRequest('A credential of type ec2 needs a project_id.')
            blob = ec2_blob(new['blob'])
            before = ec2_blob(old['blob']) if old['type'] == EC2 else {}
            # By which delegation a key pair was made nobody changes later.
            for name in DELEGATIONS:
                if blob.get(name) != before.get(name):
                    raise BadRequest(f'{name} can not be updated for credential')
        sealed = self._seal(new) if {'blob', 'type'} & {*values} else {}
        row = {name: value for name, value in values.items() if name not in ('id', 'blob')}
        with db.writer() as session:
            records.change(session, Credential, credential_id, {**row, **sealed}, None)
            if new['blob'] != old['blob']:
                credentials.forget_step(session, credential_id)
            self.changes.tell('updated', 'credential', credential_id)
        return self.get(credential_id)

    @db.retry
    def delete(self, credential_id):
        """Raises CredentialNotFound."""
        with db.writer() as session:
            if not records.remove(session, Credential, Credential.id == credential_id):
                raise CredentialNotFound(credential_id)
            self.changes.tell('deleted', 'credential', credential_id)
