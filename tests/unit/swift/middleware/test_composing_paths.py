"""Whatever the path, the filters that compose objects answer or pass it on."""
import io

import pytest
import webob

from swift.middleware import bulk, container_sync, copy, dlo, slo, symlink, versioned_writes

MODULES = (symlink, versioned_writes, dlo, slo, copy, bulk, container_sync)


def proxy(environ, start_response):
    return webob.Response(status=412)(environ, start_response)


@pytest.fixture(scope='module')
def app():
    made = proxy
    for module in MODULES:
        made = module.filter_factory({'swift_dir': '/nonexistent', 'max_file_size': '10'},
                                     allow_versioned_writes='true', allow_object_versioning='true')(made)
    return made


@pytest.mark.parametrize('path', ['', '/', '/v1', '/v1/', '/v1/a', '/v1/a/', '/v1//c/o', '/v1/a//o', '/v1/a/c/',
                                  '/v2/a/c/o', '/v1/a/c/\xff', '/v1/a/\xff/o', '/v1/\xff', '/v1/a/c/\0',
                                  '/v1/a/\0versions\0c/\0o\0'])
@pytest.mark.parametrize('query', ['', 'multipart-manifest=put', 'multipart-manifest=get', 'multipart-manifest=delete',
                                   'versions', 'version-id=1.0', 'bulk-delete', 'extract-archive=tar', 'format=json',
                                   'symlink=get', 'part-number=1', 'multipart-manifest=put&a=%FF', 'bulk-delete&%FF',
                                   'extract-archive=%FF', 'versions&limit=%FF', 'version-id=%FF', '%FF', 'a&&=;'])
def test_no_path_breaks_a_filter(app, path, query):
    for method in ('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'COPY', 'OPTIONS'):
        for headers in ({}, {'Destination': 'c/o', 'X-Symlink-Target': 'c/x', 'X-Object-Manifest': 'c/x'},
                        {'X-Container-Sync-Auth': 'a b c', 'X-Timestamp': '1', 'X-Versions-Enabled': 'true'}):
            environ = webob.Request.blank('/', method=method, headers=headers).environ
            environ.update({'PATH_INFO': path, 'QUERY_STRING': query, 'wsgi.input': io.BytesIO(),
                            'CONTENT_LENGTH': '0'})
            response = webob.Request(environ).get_response(app)
            assert response.body is not None and response.status_int < 500
