"""One transaction id finds what the proxy and the storage servers did."""
import orjson
import pytest
import webob

from essex import trace, trace_files
from swift.middleware import backend_trace, catch_errors


@pytest.fixture
def directory(tmp_path):
    trace.CONF.set_override('directory', str(tmp_path), 'trace')
    yield tmp_path
    trace.CONF.clear_override('directory', 'trace')


def test_spans_of_a_storage_server_hang_below_the_proxys(directory):
    storage = backend_trace.filter_factory({})(webob.Response(status=201))

    def proxy(environ, start_response):
        asked = webob.Request.blank('/sda1/0/a/c/o', headers={'X-Trans-Id': environ['swift.trans_id'],
                                                              'X-Essex-Span': trace.span_id()})
        assert asked.get_response(storage).status_int == 201
        return webob.Response(status=200)(environ, start_response)

    done = webob.Request.blank('/v1/a/c/o').get_response(catch_errors.filter_factory({})(proxy))
    found = trace_files.find(done.headers['X-Trans-Id'], str(directory))
    assert [(span['name'], span['status']) for span in found] == [('GET /v1/a/c/o', 200), ('GET /sda1/0/a/c/o', 201)]
    assert found[1]['parent'] == found[0]['id']
    assert orjson.dumps(found)


def test_where_nothing_is_recorded_there_is_no_filter():
    app = webob.Response(status=201)
    assert backend_trace.filter_factory({})(app) is app
