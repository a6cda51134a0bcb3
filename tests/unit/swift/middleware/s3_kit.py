"""A pipeline of the S3 API before a Swift in memory, and a client that signs as botocore does."""
import hashlib
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import webob
from botocore.auth import HmacV1Auth, S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from swift.middleware import copy, s3, slo, symlink, tempauth, versioned_writes
from tests.fixtures.memory_swift import MemorySwift

HOST = 'storage.example'
KEYS = 'test:tester', 'testing'


class _V4(S3SigV4Auth):
    """With another x-amz-content-sha256 than that of the body."""

    told = None

    def payload(self, request):
        return self.told or super().payload(request)


class Swift(MemorySwift):
    """With a listing of containers."""

    def _account_get(self, req, account):
        after = req.params.get('marker', '')
        found = sorted(name for owner, name in self.containers if owner == account and name > after)
        return webob.Response(json=[{'name': name, 'count': 0, 'bytes': 0,
                                     'last_modified': '2026-01-02T03:04:05.678900'} for name in found],
                              headers={'X-Account-Container-Count': str(len(found))})


def pipeline(store, **options):
    """The application: `store` with the filters that the S3 API needs left of it."""
    app = symlink.filter_factory({})(store)
    app = versioned_writes.filter_factory({}, allow_versioned_writes='true', allow_object_versioning='true')(app)
    app = slo.filter_factory({}, rate_limit_segments_per_sec='0')(app)
    app = copy.filter_factory({}, max_file_size='5368709122')(app)
    app = tempauth.filter_factory({}, user_test_tester='testing .admin', user_test_other='secret',
                                  user_test2_tester2='testing2 .admin')(app)
    return s3.filter_factory({}, **{'min_segment_size': '5', **options})(app)


class Client:
    """call('PUT', '/bucket/key', body): signed requests; `calls` of object storage stand in store.log."""

    def __init__(self, store=None, keys=KEYS, v2=False, **options):
        self.store = store or Swift()
        self.app, self.keys, self.v2 = pipeline(self.store, **options), keys, v2

    def __call__(self, method, path='/', body=b'', query=None, environ=None, sign=True, **headers):
        """The webob.Response; headers with underscores for dashes, `path` is text."""
        text = quote(path, safe='/~') + (f'?{urlencode(query, quote_via=quote)}' if query else '')
        return self.send(self.signed(method, text, body, headers) if sign else self.blank(method, text, body, headers),
                         environ)

    @staticmethod
    def blank(method, path, body=b'', headers=()):
        """A webob.Request that is not signed."""
        request = webob.Request.blank(path, method=method, base_url=f'http://{HOST}')
        request.environ.pop('CONTENT_TYPE', None)
        if body or method in ('PUT', 'POST'):
            request.body = body
        request.environ['HTTP_HOST'] = HOST
        for name, value in dict(headers).items():
            request.headers[name.replace('_', '-')] = value
        return request

    def signed(self, method, path, body=b'', headers=()):
        """A webob.Request with botocore's signature."""
        signable = AWSRequest(method, f'http://{HOST}{path}', {
            name.replace('_', '-'): value for name, value in dict(headers).items()}, body)
        credentials = Credentials(*self.keys)
        if self.v2:
            signable.auth_path = urlsplit(path).path
            HmacV1Auth(credentials, 's3', 'us-east-1').add_auth(signable)
        else:
            signable.context['payload_signing_enabled'] = True
            signer = _V4(credentials, 's3', 'us-east-1')
            signer.told = signable.headers.get('X-Amz-Content-SHA256')
            signer.add_auth(signable)
        return self.blank(method, path, body, dict(signable.headers))

    def send(self, request, environ=None):
        """Ask the pipeline."""
        request.environ.update({'swift.trans_id': 'tx1', **(environ or {})})
        return request.get_response(self.app)


def code(response):
    """The code of an error."""
    return tree(response).findtext('Code')


def tree(response):
    """The answer's XML without namespaces."""
    root = ElementTree.fromstring(response.body)
    for element in root.iter():
        element.tag = element.tag.rpartition('}')[2]
    return root


def texts(response, path):
    """The texts of the elements at a path."""
    return [element.text for element in tree(response).findall(path)]


def md5(data):
    """The quoted ETag of bytes."""
    return f'"{hashlib.md5(data).hexdigest()}"'
