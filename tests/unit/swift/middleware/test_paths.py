"""Paths that are none: every filter lets them through to the proxy, or refuses them, and none breaks."""
import pytest

from swift.middleware import (
    account_quotas,
    container_quotas,
    crossdomain,
    domain_remap,
    etag_quoter,
    formpost,
    keystoneauth,
    list_endpoints,
    paths,
    ratelimit,
    read_only,
    staticweb,
    tempauth,
    tempurl,
)
from tests.fixtures.rings import make_rings
from tests.unit.swift.middleware.kit import Cache, Store, call

BAD = ['/', '//', '/v1', '/v1/', '/v1//', '/v1//c/o', '/v1/AUTH_test//o', '/v1/AUTH_test/c//', '/v1/%ff/c/o',
       '/v1/AUTH_test/%ff/o', '/v1/AUTH_test/c/%ff', '/v1/AUTH_test/c/%00', '/v1/AUTH_test%00', '/v1/%00',
       '/endpoints/', '/v1/AUTH_test/c/..%2f..%2f..', '/v1/../../etc/passwd', '/v1/AUTH_test/%2e%2e/%2e%2e', '/v9/x/y',
       '/auth/%ff',
       '/auth/v1/%ff/auth', '/endpoints/%ff', '/endpoints/v2/%00', '/v1/AUTH_test/c/o%0d%0aX:%20y', '/info/x/y']
FILTERS = {
    account_quotas: {}, container_quotas: {}, crossdomain: {}, domain_remap: {}, etag_quoter: {}, formpost: {},
    keystoneauth: {}, list_endpoints: {}, ratelimit: {'account_ratelimit': '9', 'container_ratelimit_0': '9'},
    read_only: {'read_only': 'no'}, staticweb: {}, tempauth: {'user_a_b': 'k'}, tempurl: {}}


@pytest.fixture(scope='module')
def swift_dir(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp('swift'))
    make_rings(directory, [{'device': 'd1', 'port': 6200}], replicas=1)
    return directory


@pytest.mark.parametrize('module', FILTERS, ids=lambda module: module.__name__.rpartition('.')[2])
@pytest.mark.parametrize('path', BAD)
def test_no_path_breaks_a_filter(module, path, swift_dir):
    app = module.filter_factory({'swift_dir': swift_dir}, **FILTERS[module])(Store('c'))
    query = '?temp_url_sig=' + '0' * 64 + '&temp_url_expires=9999999999'
    for method in ('GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'HEAD'):
        for more in ('', query):
            headers = {'Content-Type': 'multipart/form-data; boundary=x'} if method == 'POST' else {}
            assert call(app, path + more, method, cache=Cache(), **headers).status_int < 500


@pytest.mark.parametrize('path, expected', [
    ('/v1/a', ['v1', 'a', None, None]), ('/v1/a/', ['v1', 'a', None, None]), ('/v1/a/c', ['v1', 'a', 'c', None]),
    ('/v1/a/c/', ['v1', 'a', 'c', None]), ('/v1/a/c/o', ['v1', 'a', 'c', 'o']), ('/v1/a/c//', ['v1', 'a', 'c', '/']),
    ('/v1/a/c/o/p/', ['v1', 'a', 'c', 'o/p/'])])
def test_names_of_a_path(path, expected):
    assert paths.account_path({'PATH_INFO': path}) == expected


@pytest.mark.parametrize('path', ['', 'v1/a', '/v1', '//a', '/v1//c', '/v1/a//o', '/v1/a\0', '/v1/\xff'])
def test_what_is_no_path(path):
    with pytest.raises(ValueError, match=r'.'):
        paths.account_path({'PATH_INFO': path})
