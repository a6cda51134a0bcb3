"""Random requests on every route of both faces: whatever comes, never a 5xx, and errors in the API's own form."""
import os
import random
import re

import orjson
import pytest
import webob
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keystone.api.app import V3
from keystone.api.v2.app import ALL as V2

TEXT = st.one_of(st.text(max_size=20), st.text(min_size=60, max_size=300),
                 st.sampled_from(['default', 'admin', 'RegionOne', 'public', 'http://x/$(project_id)s', "'", '%',
                                  '\\', '../x',
                                  'a\0b', '\ud800', '𝄞', ' ', '']))
VALUE = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
                     lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
                     max_leaves=6)
QUERY = st.lists(st.tuples(st.sampled_from(['name', 'enabled', 'limit', 'marker', 'domain_id', 'name__contains',
                                            'tags', 'id',
                                            'effective', 'include_names', 'user.id', 'scope.system', 'nocatalog',
                                            'parent_id', 'sort_key', 'sort_dir', 'password_expires_at', 'type',
                                            'user_id']),
                           TEXT), max_size=3)
# More for a long run: KEYSTONE_FUZZ_EXAMPLES=5000.
EXAMPLES = int(os.environ.get('KEYSTONE_FUZZ_EXAMPLES', '150'))
# 501 is the documented answer to roles without a tenant.
ALLOWED_5XX = {501}


def routes():
    """(method, path, JSON schema or None) of everything both faces answer."""
    found = []
    for prefix, controllers in (('/v3', V3), ('/v2.0', V2)):
        for controller in controllers:
            for name in dir(controller):
                found += [(route.method, prefix + route.path, route.schema)
                          for route in getattr(getattr(controller, name), 'routes', ())]
    return sorted(found, key=str)


ROUTES = routes()


@st.composite
def likely(draw, schema):
    """A value that mostly follows a schema: right names, often right types, sometimes anything."""
    if not isinstance(schema, dict) or draw(st.integers(0, 9)) == 0:
        return draw(VALUE)
    if 'enum' in schema:
        return draw(st.sampled_from(schema['enum']))
    if 'anyOf' in schema and 'properties' not in schema:
        return draw(likely(draw(st.sampled_from(schema['anyOf']))))
    kinds = schema.get('type', 'object')
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    if kind == 'object':
        names = [name for name in schema.get('properties', {})
                 if name in schema.get('required', ()) or draw(st.booleans())]
        return {**{name: draw(likely(schema['properties'][name])) for name in names},
                **draw(st.one_of(st.just({}), st.dictionaries(TEXT, VALUE, max_size=1)))}
    simple = {'string': TEXT, 'boolean': st.booleans(), 'null': st.none(), 'integer': st.integers()}
    return draw(st.lists(likely(schema.get('items')), max_size=3) if kind == 'array' else simple[kind])


def encoded(value):
    """JSON bytes; what JSON cannot say (lone surrogates, huge integers) goes over the wire all the same."""
    try:
        return orjson.dumps(value)
    except TypeError:
        import json
        return json.dumps(value).encode('utf-8', 'surrogatepass')


@pytest.mark.parametrize('seed', range(4))
def test_no_request_is_a_5xx(api, admin_api, cloud, conf, seed):
    # Holds even when a request has disabled the administrator or his domain.
    conf.set('admin_token', 'fuzz')
    tokens = ['fuzz', cloud.admin_token]
    cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    ids = [cloud.owner['id'], cloud.project['id'], 'default', 'RegionOne', cloud.roles['member'], 'none', 'x' * 300]
    generator = random.Random(seed)

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                                     HealthCheck.data_too_large])
    @given(st.data())
    def run(data):
        method, path, schema = data.draw(st.sampled_from(ROUTES[seed::4]))
        path = re.sub(r'<any\(([^,]+),[^)]*\):\w+>', r'\1', path)
        path = re.sub(r'<\w+>', lambda match: data.draw(st.sampled_from(ids)), path)
        request = webob.Request.blank(path, method=method, headers={'X-Auth-Token': generator.choice(tokens)})
        query = data.draw(QUERY)
        request.query_string = '&'.join(f'{name}={value}' for name, value in query).encode(
            'utf-8', 'surrogatepass').decode('latin-1')
        if method in ('POST', 'PUT', 'PATCH'):
            request.body = encoded(data.draw(likely(schema)))
            request.content_type = 'application/json'
        port = generator.choice([api, admin_api])
        answer = request.get_response(port.app)
        assert answer.status_int < 500 or answer.status_int in ALLOWED_5XX, (method, path, query, request.body,
                                                                             answer.body)
        if answer.status_int >= 400 and method != 'HEAD':
            error = answer.json['error']
            # OAuth 2.0 has a form of its own: RFC 6749, 5.2.
            assert isinstance(error, str) and 'OS-OAUTH2' in path or (error['code'] == answer.status_int
                                                                      and error['message'])
    run()
