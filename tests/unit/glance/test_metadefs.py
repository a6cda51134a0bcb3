"""Definitions of metadata: /v2/metadefs."""
import pytest

from essex import db

SPACES = '/v2/metadefs/namespaces'
CPU = {'title': 'CPUs', 'type': 'integer', 'minimum': 1}


@pytest.fixture
def admin(cloud):
    return cloud.admin


@pytest.fixture
def space(admin):
    """A public namespace with something of everything."""
    answer = admin('POST', SPACES, {
        'namespace': 'OS::Compute::Test', 'display_name': 'Test', 'description': 'For tests', 'visibility': 'public',
        'resource_type_associations': [{'name': 'OS::Glance::Image', 'prefix': 'hw_'},
                                       {'name': 'OS::Nova::Flavor', 'prefix': 'hw:', 'properties_target': None}],
        'properties': {'cpu': CPU}, 'objects': [{'name': 'pair', 'description': 'Two', 'required': ['cpu'],
                                                 'properties': {'cpu': CPU}}], 'tags': [{'name': 'blue'}]})
    assert answer.status_int == 201, answer.text
    assert answer.headers['Location'] == 'http://images.test:9292/v2/metadefs/namespaces/OS::Compute::Test' or (
        answer.headers['Location'].endswith('OS%3A%3ACompute%3A%3ATest'))
    return SPACES + '/OS::Compute::Test'


def test_a_namespace_with_all_it_defines(admin, space):
    shown = admin('GET', space).json
    assert shown['namespace'] == 'OS::Compute::Test' and shown['owner'] == 'admin-project'
    assert shown['visibility'] == 'public' and shown['protected'] is False
    assert shown['properties'] == {'cpu': {'name': 'cpu', **CPU}} and shown['tags'] == [{'name': 'blue'}]
    assert shown['objects'][0]['properties'] == {'cpu': CPU} and shown['objects'][0]['required'] == ['cpu']
    assert [(each['name'], each['prefix']) for each in shown['resource_type_associations']] == [
        ('OS::Glance::Image', 'hw_'), ('OS::Nova::Flavor', 'hw:')]
    assert shown['schema'] == '/v2/schemas/metadefs/namespace'
    there = admin('GET', f'{space}?resource_type=OS::Nova::Flavor').json
    assert there['properties'] == {'hw:cpu': {'name': 'hw:cpu', **CPU}}
    assert there['objects'][0]['required'] == ['hw:cpu']
    assert admin('GET', f'{space}?resource_type=OS::Other').json['properties'] == {'cpu': {'name': 'cpu', **CPU}}


def test_who_sees_and_who_writes(cloud, space):
    private = {'namespace': 'secret', 'owner': 'alpha'}
    assert cloud.admin('POST', SPACES, private).status_int == 201
    names = {name: [each['namespace'] for each in getattr(cloud, name)('GET', SPACES).json['namespaces']]
             for name in ('admin', 'owner', 'stranger')}
    assert names == {'admin': ['secret', 'OS::Compute::Test'], 'owner': ['secret', 'OS::Compute::Test'],
                     'stranger': ['OS::Compute::Test']}
    assert cloud.owner('GET', f'{SPACES}/secret').status_int == 200
    for path in ('', '/properties', '/objects/x', '/tags', '/resource_types'):
        assert cloud.stranger('GET', f'{SPACES}/secret{path}').status_int == 404
    assert cloud.nobody('GET', SPACES).status_int == 401
    for caller in (cloud.owner, cloud.member, cloud.reader):
        for method, path, body in (
                ('POST', SPACES, {'namespace': 'mine'}), ('PUT', space, {'namespace': 'x'}), ('DELETE', space, None),
                ('POST', f'{space}/properties', {'name': 'p', **CPU}), ('DELETE', f'{space}/properties/cpu', None),
                ('POST', f'{space}/objects', {'name': 'o'}), ('DELETE', f'{space}/objects/pair', None),
                ('POST', f'{space}/tags', {'tags': []}), ('POST', f'{space}/tags/t', None),
                ('PUT', f'{space}/tags/blue', {'name': 'red'}), ('DELETE', f'{space}/tags', None),
                ('POST', f'{space}/resource_types', {'name': 'r'}),
                ('DELETE', f'{space}/resource_types/OS::Nova::Flavor', None)):
            assert caller(method, path, body).status_int == 403, (method, path)
        assert caller('GET', space).status_int == 200


def test_a_namespace_is_changed_and_removed(admin, space):
    changed = admin('PUT', space, {'namespace': 'renamed', 'description': 'new', 'protected': True,
                                   'resource_type_associations': [{'name': 'OS::Cinder::Volume'}]})
    assert changed.status_int == 200 and changed.json['description'] == 'new' and changed.json['protected'] is True
    assert [each['name'] for each in changed.json['resource_type_associations']] == ['OS::Cinder::Volume']
    assert admin('GET', space).status_int == 404
    renamed = f'{SPACES}/renamed'
    assert admin('GET', renamed).json['properties'] == {'cpu': {'name': 'cpu', **CPU}}
    for path in ('', '/properties/cpu', '/objects', '/tags/blue', '/resource_types/OS::Cinder::Volume'):
        answer = admin('DELETE', renamed + path)
        assert answer.status_int == 403 and 'protected' in answer.text
    assert admin('PUT', renamed, {'namespace': 'renamed', 'protected': False}).status_int == 200
    assert admin('DELETE', renamed).status_int == 204 and admin('GET', renamed).status_int == 404
    with db.reader() as session:
        for table in ('metadef_items', 'metadef_associations'):
            assert session.connection().exec_driver_sql(f'SELECT count(*) FROM {table}').scalar() == 0


def test_names_are_taken_once(admin, space):
    assert admin('POST', SPACES, {'namespace': 'OS::Compute::Test'}).status_int == 409
    assert admin('POST', SPACES, {'namespace': 'other'}).status_int == 201
    assert admin('PUT', space, {'namespace': 'other'}).status_int == 409
    assert admin('POST', f'{space}/properties', {'name': 'cpu', **CPU}).status_int == 409
    assert admin('POST', f'{space}/properties', {'name': 'ram', **CPU}).status_int == 201
    assert admin('PUT', f'{space}/properties/ram', {'name': 'cpu', **CPU}).status_int == 409
    assert admin('POST', f'{space}/objects', {'name': 'pair'}).status_int == 409
    assert admin('POST', f'{space}/tags/blue').status_int == 409
    assert admin('POST', f'{space}/resource_types', {'name': 'OS::Nova::Flavor'}).status_int == 409
    # All or nothing.
    twice = {'namespace': 'half', 'objects': [{'name': 'a'}, {'name': 'a'}]}
    assert admin('POST', SPACES, twice).status_int == 409 and admin('GET', f'{SPACES}/half').status_int == 404


def test_properties(admin, space):
    made = admin('POST', f'{space}/properties', {'name': 'mode', 'title': 'Mode', 'type': 'string', 'enum': ['a', 'b'],
                                                 'operators': ['<in>'], 'default': 'a'})
    assert made.status_int == 201 and made.json['name'] == 'mode' and made.json['enum'] == ['a', 'b']
    assert set(admin('GET', f'{space}/properties').json['properties']) == {'cpu', 'mode'}
    assert admin('GET', f'{space}/properties/cpu').json == {'name': 'cpu', **CPU}
    assert admin('GET', f'{space}/properties/hw:cpu?resource_type=OS::Nova::Flavor').json == {'name': 'hw:cpu', **CPU}
    assert admin('GET', f'{space}/properties/cpu?resource_type=OS::Nova::Flavor').status_int == 404
    changed = admin('PUT', f'{space}/properties/mode', {'name': 'kind', 'title': 'Kind', 'type': 'string'})
    assert changed.json == {'name': 'kind', 'title': 'Kind', 'type': 'string'}
    assert admin('GET', f'{space}/properties/mode').status_int == 404
    assert admin('DELETE', f'{space}/properties/kind').status_int == 204
    assert admin('DELETE', f'{space}/properties/kind').status_int == 404
    assert admin('DELETE', f'{space}/properties').status_int == 204
    assert admin('GET', f'{space}/properties').json == {'properties': {}}


def test_objects(admin, space):
    made = admin('POST', f'{space}/objects', {'name': 'o', 'properties': {'x': CPU}})
    assert made.status_int == 201 and made.json['schema'] == '/v2/schemas/metadefs/object'
    assert made.json['self'].endswith('/objects/o') and made.json['required'] == []
    body = admin('GET', f'{space}/objects').json
    assert [each['name'] for each in body['objects']] == ['o', 'pair']
    assert body['schema'] == '/v2/schemas/metadefs/objects'
    # A client sends back what it was shown.
    assert admin('PUT', f'{space}/objects/o', {**made.json, 'description': 'd'}).json['description'] == 'd'
    assert admin('DELETE', f'{space}/objects/o').status_int == 204
    assert admin('GET', f'{space}/objects/o').status_int == 404
    assert admin('DELETE', f'{space}/objects').status_int == 204


def test_tags(admin, space):
    answer = admin('POST', f'{space}/tags', {'tags': [{'name': 'c'}, {'name': 'a'}, {'name': 'b'}]})
    assert answer.status_int == 201 and len(answer.json['tags']) == 3
    assert admin('GET', f'{space}/tags').json == {'tags': [{'name': 'a'}, {'name': 'b'}, {'name': 'c'}]}
    admin('POST', f'{space}/tags', {'tags': [{'name': 'a'}, {'name': 'd'}]}, {'X-Openstack-Append': 'True'})
    assert [each['name'] for each in admin('GET', f'{space}/tags?limit=2&marker=b').json['tags']] == ['c', 'd']
    assert admin('GET', f'{space}/tags?marker=zz').status_int == 400
    assert admin('POST', f'{space}/tags/e').status_int == 201
    assert admin('PUT', f'{space}/tags/e', {'name': 'f'}).json['name'] == 'f'
    assert admin('GET', f'{space}/tags/f').json['name'] == 'f' and admin('GET', f'{space}/tags/e').status_int == 404
    assert admin('DELETE', f'{space}/tags/f').status_int == 204
    assert admin('DELETE', f'{space}/tags').status_int == 204 and admin('GET', f'{space}/tags').json == {'tags': []}
    assert admin('POST', f'{space}/tags/{"x" * 81}').status_int == 400


def test_resource_types(admin, space):
    added = admin('POST', f'{space}/resource_types', {'name': 'OS::Cinder::Volume', 'prefix': 'v_'})
    assert added.status_int == 201 and added.json['prefix'] == 'v_' and 'created_at' in added.json
    listed = admin('GET', f'{space}/resource_types').json['resource_type_associations']
    assert [each['name'] for each in listed] == ['OS::Cinder::Volume', 'OS::Glance::Image', 'OS::Nova::Flavor']
    assert admin('DELETE', f'{space}/resource_types/OS::Cinder::Volume').status_int == 204
    assert admin('DELETE', f'{space}/resource_types/OS::Cinder::Volume').status_int == 404
    known = [each['name'] for each in admin('GET', '/v2/metadefs/resource_types').json['resource_types']]
    assert known == ['OS::Cinder::Volume', 'OS::Glance::Image', 'OS::Nova::Flavor']


def test_lists_are_paged_sorted_and_filtered(admin):
    for number in range(5):
        admin('POST', SPACES, {'namespace': f'n{number}', 'visibility': 'public' if number % 2 else 'private',
                               'resource_type_associations': [{'name': f'R{number % 2}'}]})

    def names(query):
        return [each['namespace'] for each in admin('GET', f'{SPACES}?{query}').json['namespaces']]
    assert names('sort_key=namespace&sort_dir=asc') == ['n0', 'n1', 'n2', 'n3', 'n4']
    assert names('') == ['n4', 'n3', 'n2', 'n1', 'n0']
    assert names('visibility=public') == ['n3', 'n1'] and names('resource_types=R0,R9') == ['n4', 'n2', 'n0']
    first = admin('GET', f'{SPACES}?limit=2').json
    assert [each['namespace'] for each in first['namespaces']] == ['n4', 'n3']
    second = admin('GET', first['next']).json
    assert [each['namespace'] for each in second['namespaces']] == ['n2', 'n1']
    assert 'next' not in admin('GET', second['next']).json
    for bad in ('sort_key=id', 'sort_dir=up', 'visibility=odd', 'limit=-1', 'limit=x', 'marker=none'):
        assert admin('GET', f'{SPACES}?{bad}').status_int == 400, bad
    with db.count_statements() as counter:
        admin('GET', SPACES)
    assert counter.total == 2


@pytest.mark.parametrize('body', [
    {}, [], {'namespace': ''}, {'namespace': 'x' * 81}, {'namespace': 1}, {'namespace': 'x', 'visibility': 'shared'},
    {'namespace': 'x', 'description': 'd' * 501}, {'namespace': 'x', 'more': 1},
    {'namespace': 'x', 'properties': {'p': {'type': 'string'}}}, {'namespace': 'x', 'objects': [{}]},
    {'namespace': 'x', 'properties': {'p': {'title': 't', 'type': 'odd'}}}, {'namespace': 'x', 'tags': ['t']}])
def test_bad_namespaces_are_refused(admin, body):
    assert admin('POST', SPACES, body).status_int == 400


def test_what_is_not_there_is_404(admin, space):
    for path in (f'{SPACES}/none', f'{SPACES}/{"x" * 200}', f'{space}/properties/none', f'{space}/objects/none',
                 f'{space}/tags/none', f'{SPACES}/none/properties', f'{SPACES}/none/resource_types',
                 '/v2/schemas/metadefs/none'):
        assert admin('GET', path).status_int == 404, path
    assert admin('PUT', f'{space}/tags/none', {'name': 'x'}).status_int == 404
    assert admin('POST', f'{SPACES}/none/tags/t').status_int == 404


def test_every_schema_is_published(cloud):
    for name in ('namespace', 'namespaces', 'resource_type', 'resource_types', 'property', 'properties', 'object',
                 'objects', 'tag', 'tags'):
        document = cloud.owner('GET', f'/v2/schemas/metadefs/{name}').json
        assert document['properties'] and document['name']


def test_where_a_new_namespace_is(cloud):
    answer = cloud.admin('POST', '/v2/metadefs/namespaces', {'namespace': 'Our::Space', 'properties': {'cpu': CPU}})
    assert answer.headers['Location'] == 'http://images.test:9292/v2/metadefs/namespaces/Our::Space'
    assert answer.json['self'] == '/v2/metadefs/namespaces/Our::Space'
    # What is shown can be sent elsewhere as it is.
    assert cloud.admin('DELETE', answer.json['self']).status_int == 204
    assert cloud.admin('POST', '/v2/metadefs/namespaces', answer.json).status_int == 201
