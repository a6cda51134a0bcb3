"""/v3/policies and OS-ENDPOINT-POLICY."""
import pytest


@pytest.fixture
def place(as_admin):
    """A service with an endpoint in a region below RegionOne."""
    service = as_admin('POST', '/services', {'service': {'type': 'image'}}).json['service']['id']
    as_admin('PUT', '/regions/south', {'region': {'parent_region_id': 'RegionOne'}})
    endpoint = as_admin('POST', '/endpoints', {'endpoint': {'service_id': service, 'interface': 'public',
                                                            'url': 'http://g', 'region_id': 'south'}})
    return {'service': service, 'endpoint': endpoint.json['endpoint']['id']}


@pytest.fixture
def policy(as_admin):
    """policy(blob) -> the created policy."""
    def call(blob='{}'):
        answer = as_admin('POST', '/policies', {'policy': {'blob': blob, 'type': 'application/json', 'more': 1}})
        assert answer.status_int == 201, answer.body
        return answer.json['policy']
    return call


def test_life_of_a_policy(as_admin, policy):
    made = policy('{"x": "role:y"}')
    path = f'/policies/{made["id"]}'
    assert made['more'] == 1 and made['links']['self'].endswith(f'/v3{path}')
    assert as_admin('GET', path).json['policy'] == made
    assert as_admin('GET', '/policies?type=application/json').json['policies'] == [made]
    assert as_admin('GET', '/policies?type=x').json['policies'] == []
    assert as_admin('PATCH', path, {'policy': {'blob': 'z'}}).json['policy']['blob'] == 'z'
    assert as_admin('HEAD', path).status_int == 200
    assert as_admin('DELETE', path).status_int == 204
    for method, body in (('GET', None), ('PATCH', {'policy': {'blob': 'z'}}), ('DELETE', None)):
        assert as_admin(method, path, body).status_int == 404


@pytest.mark.parametrize('values', [{}, {'blob': 'x'}, {'type': 'x'}, {'blob': {}, 'type': 'x'},
                                    {'blob': 'x', 'type': 'x' * 256}])
def test_bad_policies_are_400(as_admin, values):
    assert as_admin('POST', '/policies', {'policy': values}).status_int == 400


@pytest.mark.parametrize('where', ['endpoints/{endpoint}', 'services/{service}', 'services/{service}/regions/south'])
def test_a_policy_is_put_in_force(as_admin, policy, place, where):
    root = f'/policies/{policy()["id"]}/OS-ENDPOINT-POLICY'
    path = f'{root}/{where.format(**place)}'
    assert as_admin('GET', path).status_int == 404
    for _ in range(2):
        assert as_admin('PUT', path).status_int == 204
    assert as_admin('GET', path).status_int == as_admin('HEAD', path).status_int == 204
    found = as_admin('GET', f'{root}/endpoints').json['endpoints']
    assert [each['id'] for each in found] == [place['endpoint']]
    assert found[0]['region_id'] and 'region' not in found[0]
    assert as_admin('DELETE', path).status_int == 204 and as_admin('DELETE', path).status_int == 404
    assert as_admin('GET', f'{root}/endpoints').json['endpoints'] == []
    for missing in ('endpoints/none', 'services/none', f'services/{place["service"]}/regions/none'):
        assert as_admin('PUT', f'{root}/{missing}').status_int == 404
    assert as_admin('PUT', path.replace(root, '/policies/none/OS-ENDPOINT-POLICY')).status_int == 404


def test_the_closest_policy_holds(as_admin, policy, place):
    path = f'/endpoints/{place["endpoint"]}/OS-ENDPOINT-POLICY/policy'
    assert as_admin('GET', path).status_int == 404
    for where in ('services/{service}', 'services/{service}/regions/RegionOne', 'services/{service}/regions/south',
                  'endpoints/{endpoint}'):
        made = policy()['id']
        as_admin('PUT', f'/policies/{made}/OS-ENDPOINT-POLICY/{where.format(**place)}')
        assert as_admin('GET', path).json['policy']['id'] == made, where
        assert len(as_admin('GET', f'/policies/{made}/OS-ENDPOINT-POLICY/endpoints').json['endpoints']) == 1
    newer = policy()['id']
    as_admin('PUT', f'/policies/{newer}/OS-ENDPOINT-POLICY/endpoints/{place["endpoint"]}')
    assert as_admin('GET', path).json['policy']['id'] == newer
    assert as_admin('GET', f'/policies/{made}/OS-ENDPOINT-POLICY/endpoints/{place["endpoint"]}').status_int == 404
    as_admin('DELETE', f'/policies/{newer}')
    assert as_admin('HEAD', path).status_int == 200
    assert as_admin('DELETE', f'/services/{place["service"]}').status_int == 204
