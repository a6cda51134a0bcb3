"""What public conformance suites ask of every answer of object storage."""
import email.utils
import re
import urllib.parse

COUNTS = ('content-length', 'x-account-bytes-used', 'x-account-container-count', 'x-account-object-count',
          'x-container-bytes-used', 'x-container-object-count')
DATES = ('date', 'last-modified', 'x-copied-from-last-modified')
PATTERNS = {'x-timestamp': r'\d+\.\d{5}', 'x-trans-id': r'tx[0-9a-f]{21}-[0-9a-f]{10}.*', 'accept-ranges': 'bytes',
            'x-copied-from': r'\S+/\S+', 'content-type': r'\S.*', 'transfer-encoding': 'chunked',
            'x-openstack-request-id': r'tx\S+'}
NEEDED = {'account': ('x-account-bytes-used', 'x-account-container-count', 'x-account-object-count'),
          'container': ('x-container-bytes-used', 'x-container-object-count', 'x-storage-policy'),
          'object': ('etag', 'last-modified')}
POLICY = 'x-account-storage-policy-'


class User:
    """Sends requests with a token and looks at every answer. `account`, `user`, `key`: one of tempauth."""

    def __init__(self, cluster, account='test', user='tester', key='testing'):
        self.cluster = cluster
        self.url, self.token = cluster.token(account, user, key)

    def __call__(self, method, path='', body=None, status=None, token=None, **headers):
        """The Answer about `container/object?query` (quoted), which has one of the statuses (a number or several)."""
        headers = {name.replace('_', '-'): value for name, value in headers.items()}
        url = self.url + path if path[:1] in ('', '?') else f'{self.url}/{path}'
        answer = self.cluster.request(method, url, self.token if token is None else token, headers, body)
        wanted = (status,) if isinstance(status, int) else status
        assert wanted is None or answer.status in wanted, (method, path, headers, answer)
        well_formed(answer)
        if answer.status // 100 == 2 and method in ('GET', 'HEAD'):
            complete(answer, urllib.parse.urlsplit(path).path)
        return answer

    def make(self, container, *names, **headers):
        """A container with objects of those names, which contain their name."""
        self('PUT', container, status=(201, 202), **headers)
        for name in names:
            self('PUT', f'{container}/{urllib.parse.quote(name)}', name.encode(), 201)


def well_formed(answer):
    """Check the form of all headers of an Answer."""
    headers = answer.headers
    for name in ('date', 'x-trans-id', 'x-openstack-request-id'):
        assert name in headers, (name, answer)
    assert answer.status == 304 or 'content-type' in headers, answer
    assert answer.status in (204, 304) or 'content-length' in headers or 'transfer-encoding' in headers, answer
    for name, value in headers.items():
        if name in COUNTS:
            assert value.isdecimal(), (name, value)
        elif name in DATES:
            assert value.endswith(' GMT') and email.utils.parsedate_to_datetime(value), (name, value)
        elif name in PATTERNS:
            assert re.fullmatch(PATTERNS[name], value), (name, value)
    if answer.status in (204, 304):
        assert answer.body == b''


def complete(answer, path):
    """Check that nothing is missing from an answer about `container/object` (or '', an account)."""
    kind = 'object' if '/' in path.strip('/') else 'container' if path else 'account'
    headers = answer.headers
    for name in ('x-timestamp', 'accept-ranges', *NEEDED[kind]):
        assert name in headers, (name, kind, headers)
    if kind == 'account' and int(headers['x-account-container-count']):
        kinds = {name.removeprefix(POLICY) for name in headers if name.startswith(POLICY)}
        for wanted in ('container-count', 'object-count', 'bytes-used'):
            assert any(name.endswith(wanted) for name in kinds), kinds
