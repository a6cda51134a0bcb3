"""/v2.0/users/{id}/OS-KSADM/credentials: key pairs that an administrator keeps for users (OS-KSEC2, OS-KSS3)

One pair signs requests for EC2 and for S3: what differs is how the two extensions write it.
"""
from essex import wsgi
from essex.exception import BadRequest
from keystone.api.v2.base import Controller
from keystone.api.v3 import schemas
from keystone.exception import CredentialNotFound

EC2, S3 = 'OS-KSEC2:ec2Credentials', 'OS-KSS3:s3Credentials'
_KEY = {'type': 'string', 'minLength': 1, 'maxLength': 255}
_FIELDS = {'access': _KEY, 'key': _KEY, 'secret': _KEY, 'tenantId': schemas.ID}
_OF_EC2, _OF_S3 = schemas.member(EC2, _FIELDS), schemas.member(S3, _FIELDS)
_ANY = {'type': 'object', 'properties': {**_OF_EC2['properties'], **_OF_S3['properties']}, 'minProperties': 1,
        'maxProperties': 1, 'additionalProperties': False}
_USER = '/users/<user_id>'
_PATH = f'{_USER}/OS-KSADM/credentials'


def _ec2_view(ref, user):
    return {EC2: {'access': ref['access'], 'key': ref['access'], 'secret': ref['secret'],
                  'userId': ref['user_id'], 'tenantId': ref['tenant_id']}}


def _s3_view(ref, user):
    """In JSON the extension's documents call the secret `secret`, in XML `key`."""
    return {S3: {'username': user['name'], 'access': ref['access'], 'secret': ref['secret'], 'key': ref['secret'],
                 'userId': ref['user_id'], 'tenantId': ref['tenant_id']}}


_VIEWS = {EC2: _ec2_view, S3: _s3_view}


class _Pairs(Controller):
    """What both extensions do. Each is about one kind of document, `member`."""

    def _user(self, req, user_id):
        self.admin_only(req)
        return self.user(user_id)

    def _listed(self, req, user_id, member):
        user = self._user(req, user_id)
        return {'credentials': [_VIEWS[member](ref, user) for ref in self.managers.ec2.list(user_id)],
                'credentials_links': []}

    @staticmethod
    def _given(values, member):
        """(access key, secret) of a body, None where it leaves them to chance."""
        if member == S3:
            return values.get('access'), values.get('secret') or values.get('key')
        return values.get('access') or values.get('key'), values.get('secret')

    def _made(self, req, user_id, body):
        user = self._user(req, user_id)
        (member, values), = body.items()
        tenant_id = values.get('tenantId') or user.get('default_project_id')
        if tenant_id is None:
            raise BadRequest('Give the tenantId the credentials are for: the user has no tenant of his own.')
        self.tenant(tenant_id)
        access, secret = self._given(values, member)
        return _VIEWS[member](self.managers.ec2.create(user_id, tenant_id, access=access, secret=secret), user)

    def _one(self, req, user_id, member):
        user = self._user(req, user_id)
        return _VIEWS[member](self._pair(user_id), user)

    def _pair(self, user_id, access=None):
        """The first of a user's pairs, or that of an access key. Raises CredentialNotFound."""
        for ref in self.managers.ec2.list(user_id):
            if access in (None, ref['access']):
                return ref
        raise CredentialNotFound(access or 'of this user')

    def _updated(self, req, user_id, body):
        """A new secret for the pair whose access key is given, or the first."""
        user = self._user(req, user_id)
        (member, values), = body.items()
        access, secret = self._given(values, member)
        pair = self._pair(user_id, access)
        if values.get('tenantId', pair['tenant_id']) != pair['tenant_id']:
            raise BadRequest('The tenant of a pair stays: make another pair.')
        return _VIEWS[member](self.managers.ec2.renew(user_id, pair['access'], secret), user)

    def _removed(self, req, user_id):
        self._user(req, user_id)
        self._pair(user_id)
        for ref in self.managers.ec2.list(user_id):
            self.managers.ec2.delete(user_id, ref['access'])


class CredentialController(_Pairs):
    """OS-KSEC2, and OS-KSS3 at its paths."""

    @wsgi.route('GET', _PATH)
    def index(self, req, user_id):
        return self._listed(req, user_id, EC2)

    @wsgi.route('POST', _PATH, schema=_ANY, status=201)
    def create(self, req, user_id, body):
        return self._made(req, user_id, body)

    @wsgi.route('GET', f'{_PATH}/{EC2}')
    def show(self, req, user_id):
        return self._one(req, user_id, EC2)

    @wsgi.route('GET', f'{_PATH}/{S3}')
    def show_s3(self, req, user_id):
        return self._one(req, user_id, S3)

    @wsgi.route('POST', f'{_PATH}/{EC2}', schema=_OF_EC2)
    def update(self, req, user_id, body):
        return self._updated(req, user_id, body)

    @wsgi.route('POST', f'{_PATH}/{S3}', schema=_OF_S3)
    def update_s3(self, req, user_id, body):
        return self._updated(req, user_id, body)

    @wsgi.route('DELETE', f'{_PATH}/{EC2}', status=204)
    @wsgi.route('DELETE', f'{_PATH}/{S3}', status=204)
    def delete(self, req, user_id):
        self._removed(req, user_id)


class S3CredentialController(_Pairs):
    """OS-KSS3 at its own paths; its documents have the prefix twice."""

    @wsgi.route('GET', f'{_USER}/OS-KSS3/credentials')
    @wsgi.route('GET', f'{_USER}/OS-OS-KSS3/credentials')
    def index(self, req, user_id):
        return self._listed(req, user_id, S3)

    @wsgi.route('POST', f'{_USER}/OS-KSS3/credentials', schema=_OF_S3, status=201)
    @wsgi.route('POST', f'{_USER}/OS-OS-KSS3/credentials', schema=_OF_S3, status=201)
    def create(self, req, user_id, body):
        return self._made(req, user_id, body)

    @wsgi.route('GET', f'{_USER}/OS-KSS3/credentials/s3credentials')
    @wsgi.route('GET', f'{_USER}/OS-OS-KSS3/credentials/s3credentials')
    def show(self, req, user_id):
        return self._one(req, user_id, S3)

    @wsgi.route('POST', f'{_USER}/OS-KSS3/credentials/s3credentials', schema=_OF_S3)
    @wsgi.route('POST', f'{_USER}/OS-OS-KSS3/credentials/s3credentials', schema=_OF_S3)
    def update(self, req, user_id, body):
        return self._updated(req, user_id, body)

    @wsgi.route('DELETE', f'{_USER}/OS-KSS3/credentials/s3credentials', status=204)
    @wsgi.route('DELETE', f'{_USER}/OS-OS-KSS3/credentials/s3credentials', status=204)
    def delete(self, req, user_id):
        self._removed(req, user_id)
