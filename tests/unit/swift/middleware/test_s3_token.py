"""s3token: Keystone says whose a signature is."""
import email.utils

import pytest
import webob

from swift.middleware import keystoneauth, s3
from swift.middleware.s3 import token
from swift.middleware.s3.signed import KEY, Signed
from tests.fixtures.recorded_keystone import Keystone
from tests.unit.essex.test_auth_token import GROUP
from tests.unit.swift.middleware.kit import Cache
from tests.unit.swift.middleware.s3_kit import Client, Swift, code


@pytest.fixture
def keystone(conf):
    made = Keystone()
    made.secrets = {}
    reply = made._get

    def get(handler):
        if '/credentials/OS-EC2/' not in handler.path:
            return reply(handler)
        made.asked.append((handler.path, dict(handler.headers)))
        secret = made.secrets.get(handler.path.rpartition('/')[2])
        return made.reply(handler, 200 if secret else 403, {'credential': {'secret': secret}})
    made._get = get
    conf.set('auth_url', made.url + '/v3', GROUP)
    conf.set('http_request_max_retries', 0, GROUP)
    yield made
    made.close()


def call(signature='good', cache=None, **options):
    """The Signed after s3token has seen it."""
    signed = Signed('KEY', signature, ['text'], lambda key, text: key)
    request = webob.Request.blank('/')
    request.environ.update({KEY: signed, 'swift.cache': cache})
    assert request.get_response(token.filter_factory({}, **options)(None)).status_int == 204
    return signed


def test_keystone_vouches(keystone):
    signed = call()
    assert signed.account == 'AUTH_work-id' and signed.secret is None
    assert signed.identity['HTTP_X_USER_NAME'] == 'alice' and signed.identity['HTTP_X_ROLES'] == 'member'
    assert keystone.asked[0][0] == '/v3/s3tokens'
    assert keystone.asked[0][2] == {'credentials': {'access': 'KEY', 'signature': 'good', 'token': 'dGV4dA=='}}
    assert call('bad').account is None
    assert call(reseller_prefix='S3').account == 'S3_work-id'
    keystone.close()
    lost = call()
    assert lost.account is None and 'cannot be reached' in lost.unavailable


def test_secrets_are_kept_for_a_while(keystone):
    keystone.secrets['KEY'] = 'good'
    cache = Cache()
    assert call(cache=cache).secret == 'good'
    count = len(keystone.asked)
    again = call(cache=cache)
    assert (again.account, again.secret, len(keystone.asked)) == ('AUTH_work-id', 'good', count)
    # What does not fit may be signed with a newer one.
    assert call('bad', cache=cache).account is None and len(keystone.asked) > count
    assert call(cache=(other := Cache()), secret_cache_duration='0').secret == 'good' and not other


def test_a_whole_pipeline(keystone):
    store = Swift()
    app = keystoneauth.filter_factory({}, operator_roles='member')(store)
    app = s3.filter_factory({})(token.filter_factory({})(app))
    client = Client(store)
    client.app = app
    assert code(client('GET', '/')) == 'SignatureDoesNotMatch'
    seen = keystone.asked[0][2]['credentials']['signature']
    request = client.signed('PUT', '/bucket', b'')
    assert seen and client.send(request).status_int == 403
    for method, path, status in (('PUT', '/bucket', 200), ('PUT', '/bucket/key', 200), ('GET', '/bucket/key', 200)):
        # A client's own word for who it is does not count.
        request = client.blank(method, path, headers={
            'Authorization': 'AWS KEY:good', 'Date': 'NOW', 'X-Roles': 'admin', 'X-Project-Id': 'other',
            'X-Auth-Token': 'x'})
        request.headers['Date'] = email.utils.formatdate(usegmt=True)
        assert client.send(request).status_int == status
    assert list(store.containers) == [('AUTH_work-id', 'bucket')]
