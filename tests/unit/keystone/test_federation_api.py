"""/v3/OS-FEDERATION: identity providers, protocols, mappings and service providers."""
import pytest

RULE = {'local': [{'user': {'name': '{0}'}}], 'remote': [{'type': 'UserName'}]}
ROOT = '/OS-FEDERATION'
LINK = f'http://keystone.test:5000/v3{ROOT}'


@pytest.fixture
def put(as_admin):
    """put(path, kind, values) -> the answer."""
    def call(path, kind, values):
        return as_admin('PUT', f'{ROOT}/{path}', {kind: values})
    return call


class TestIdentityProviders:

    def test_life(self, as_admin, put):
        answer = put('identity_providers/acme', 'identity_provider', {'remote_ids': ['b', 'a'], 'enabled': True})
        made = answer.json['identity_provider']
        assert answer.status_int == 201 and made['remote_ids'] == ['a', 'b']
        assert made['links'] == {'self': f'{LINK}/identity_providers/acme'}
        assert {**made, 'links': 0, 'domain_id': 0} == {
            'id': 'acme', 'enabled': True, 'description': None, 'authorization_ttl': None, 'domain_id': 0, 'links': 0,
            'remote_ids': ['a', 'b']}
        domain = as_admin('GET', f'/domains/{made["domain_id"]}').json['domain']
        assert domain['name'] == domain['id'] and 'acme' in domain['description']
        path = f'{ROOT}/identity_providers/acme'
        assert as_admin('GET', path).json['identity_provider'] == made
        changed = as_admin('PATCH', path, {'identity_provider': {'remote_ids': ['c'], 'description': 'd',
                                                                 'authorization_ttl': 5}}).json['identity_provider']
        assert (changed['remote_ids'], changed['description'], changed['authorization_ttl']) == (['c'], 'd', 5)
        listing = as_admin('GET', f'{ROOT}/identity_providers').json
        (listed,) = listing['identity_providers']
        assert listed.pop('links')['protocols'] == f'{LINK}/identity_providers/acme/protocols'
        assert listed == {key: value for key, value in changed.items() if key != 'links'}
        assert listing['links']['self'].endswith('/v3/OS-FEDERATION/identity_providers')
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404
        assert as_admin('DELETE', path).status_int == as_admin('PATCH', path, {'identity_provider': {
            'enabled': True}}).status_int == 404

    def test_filters(self, as_admin, put):
        put('identity_providers/on', 'identity_provider', {'enabled': True})
        put('identity_providers/off', 'identity_provider', {})
        for query, ids in (('', ['off', 'on']), ('?enabled=True', ['on']), ('?enabled=False', ['off']),
                           ('?id=off', ['off']), ('?id=x', [])):
            found = as_admin('GET', f'{ROOT}/identity_providers{query}').json['identity_providers']
            assert [each['id'] for each in found] == ids

    def test_domains(self, as_admin, put):
        assert put('identity_providers/a', 'identity_provider', {'domain_id': 'none'}).status_int == 404
        made = put('identity_providers/a', 'identity_provider', {'domain_id': 'default'})
        assert made.json['identity_provider']['domain_id'] == 'default'
        assert put('identity_providers/b', 'identity_provider', {'domain_id': 'default'}).status_int == 201
        domain_id = put('identity_providers/c', 'identity_provider', {'domain_id': None}).json[
            'identity_provider']['domain_id']
        as_admin('PATCH', f'/domains/{domain_id}', {'domain': {'enabled': False}})
        assert as_admin('DELETE', f'/domains/{domain_id}').status_int == 204
        assert as_admin('GET', f'{ROOT}/identity_providers/c').status_int == 404

    def test_conflicts(self, as_admin, put):
        domains = len(as_admin('GET', '/domains').json['domains'])
        assert put('identity_providers/a', 'identity_provider', {'remote_ids': ['r']}).status_int == 201
        assert put('identity_providers/a', 'identity_provider', {}).status_int == 409
        answer = put('identity_providers/b', 'identity_provider', {'remote_ids': ['r']})
        assert answer.status_int == 409 and 'Duplicate remote ID: r' in answer.json['error']['message']
        # What failed leaves no domain behind.
        assert len(as_admin('GET', '/domains').json['domains']) == domains + 1
        put('identity_providers/b', 'identity_provider', {})
        taken = {'identity_provider': {'remote_ids': ['r']}}
        assert as_admin('PATCH', f'{ROOT}/identity_providers/b', taken).status_int == 409
        own = {'identity_provider': {'remote_ids': ['r', 's']}}
        assert as_admin('PATCH', f'{ROOT}/identity_providers/a', own).status_int == 200

    @pytest.mark.parametrize('values', [
        {'enabled': 'yes'}, {'id': 'x'}, {'protocols': []}, {'remote_ids': 'x'}, {'remote_ids': ['x', 'x']},
        {'remote_ids': [1]}, {'authorization_ttl': -1}, {'authorization_ttl': 'x'}, {'description': 3}, {'more': 1}])
    def test_bad_values(self, as_admin, put, values):
        assert put('identity_providers/a', 'identity_provider', values).status_int == 400
        put('identity_providers/a', 'identity_provider', {})
        assert as_admin('PATCH', f'{ROOT}/identity_providers/a', {'identity_provider': values}).status_int == 400

    def test_an_id_fits_its_column(self, put):
        assert put('identity_providers/' + 'x' * 65, 'identity_provider', {}).status_int == 400
        assert put('identity_providers/' + 'x' * 64, 'identity_provider', {}).status_int == 201


class TestProtocols:

    @pytest.fixture(autouse=True)
    def provider(self, put):
        put('identity_providers/acme', 'identity_provider', {})
        put('mappings/m', 'mapping', {'rules': [RULE]})

    def test_life(self, as_admin, put):
        path = f'{ROOT}/identity_providers/acme/protocols'
        answer = put('identity_providers/acme/protocols/saml2', 'protocol', {'mapping_id': 'm'})
        made = answer.json['protocol']
        assert answer.status_int == 201 and made == {
            'id': 'saml2', 'mapping_id': 'm',
            'links': {'self': f'{LINK}/identity_providers/acme/protocols/saml2',
                      'identity_provider': f'{LINK}/identity_providers/acme'}}
        assert as_admin('GET', f'{path}/saml2').json['protocol'] == made
        assert as_admin('GET', path).json['protocols'] == [{**made, 'idp_id': 'acme', 'remote_id_attribute': None}]
        assert as_admin('GET', f'{path}?id=x').json['protocols'] == []
        changed = as_admin('PATCH', f'{path}/saml2', {'protocol': {'mapping_id': 'm', 'remote_id_attribute': 'x'}})
        assert changed.status_int == 200 and changed.json['protocol']['remote_id_attribute'] == 'x'
        assert as_admin('DELETE', f'{path}/saml2').status_int == 204
        for method, body in (('GET', None), ('DELETE', None), ('PATCH', {'protocol': {'mapping_id': 'm'}})):
            assert as_admin(method, f'{path}/saml2', body).status_int == 404

    def test_refusals(self, as_admin, put):
        path = 'identity_providers/acme/protocols/p'
        assert put(path, 'protocol', {}).status_int == 400
        assert put(path, 'protocol', {'mapping_id': 'none'}).status_int == 400
        assert put(path, 'protocol', {'mapping_id': 'm', 'more': 1}).status_int == 400
        assert put('identity_providers/none/protocols/p', 'protocol', {'mapping_id': 'm'}).status_int == 404
        assert as_admin('GET', f'{ROOT}/identity_providers/none/protocols').status_int == 404
        assert put(path, 'protocol', {'mapping_id': 'm'}).status_int == 201
        assert put(path, 'protocol', {'mapping_id': 'm'}).status_int == 409
        assert as_admin('PATCH', f'{ROOT}/{path}', {'protocol': {'mapping_id': 'none'}}).status_int == 400


class TestMappings:

    def test_life(self, as_admin, put):
        answer = put('mappings/m', 'mapping', {'rules': [RULE]})
        made = answer.json['mapping']
        assert answer.status_int == 201
        assert made == {'id': 'm', 'rules': [RULE], 'schema_version': '1.0', 'links': {'self': f'{LINK}/mappings/m'}}
        assert as_admin('GET', f'{ROOT}/mappings/m').json['mapping'] == made
        assert as_admin('GET', f'{ROOT}/mappings').json['mappings'] == [made]
        other = {**RULE, 'remote': [{'type': 'other'}]}
        changed = as_admin('PATCH', f'{ROOT}/mappings/m', {'mapping': {'rules': [other]}})
        assert changed.json['mapping']['rules'] == [other]
        assert put('mappings/m', 'mapping', {'rules': [RULE]}).status_int == 409
        assert as_admin('DELETE', f'{ROOT}/mappings/m').status_int == 204
        assert as_admin('GET', f'{ROOT}/mappings/m').status_int == 404

    @pytest.mark.parametrize('rules', [
        [], [{}], 'x', [{'local': [], 'remote': []}], [{'local': [{}]}], [{**RULE, 'more': 1}],
        [{**RULE, 'remote': [{'any_one_of': ['x']}]}], [{**RULE, 'remote': [{'type': 1}]}],
        [{**RULE, 'remote': [{'type': 'x', 'any_one_of': 'x'}]}],
        [{**RULE, 'remote': [{'type': 'x', 'any_one_of': ['x'], 'not_any_of': ['y']}]}],
        [{**RULE, 'remote': [{'type': 'x', 'blacklist': ['x'], 'regex': 'yes'}]}],
        [{**RULE, 'local': [{'user': {'type': 'other'}}]}], [{**RULE, 'local': [{'user': {'shoe': '1'}}]}],
        [{**RULE, 'local': [{'group': {'name': 'x'}}]}], [{**RULE, 'local': [{'projects': [{'name': 'x'}]}]}],
        [{**RULE, 'local': [{'projects': [{'name': 'x', 'roles': [], 'domain': {'id': 'd'}}]}]}],
        [{**RULE, 'local': [{'user': {'name': '{0.__class__}'}}]}], [{**RULE, 'local': [{'user': {'name': '{x}'}}]}]])
    def test_bad_rules(self, put, rules):
        assert put('mappings/m', 'mapping', {'rules': rules}).status_int == 400

    def test_versions(self, as_admin, put):
        rule = {**RULE, 'local': [{'projects': [{'name': 'x', 'roles': [{'name': 'r'}], 'domain': {'id': 'd'}}]}]}
        assert put('mappings/m', 'mapping', {'rules': [rule], 'schema_version': '2.0'}).status_int == 201
        assert put('mappings/n', 'mapping', {'rules': [rule], 'schema_version': '3.0'}).status_int == 400
        assert as_admin('PATCH', f'{ROOT}/mappings/m', {'mapping': {'schema_version': '1.0'}}).status_int == 400


class TestServiceProviders:

    VALUES = {'auth_url': 'https://sp/v3/OS-FEDERATION/x', 'sp_url': 'https://sp/Shibboleth.sso/SAML2/ECP'}

    def test_life(self, as_admin, put):
        path = f'{ROOT}/service_providers/sp'
        answer = put('service_providers/sp', 'service_provider', self.VALUES)
        made = answer.json['service_provider']
        assert answer.status_int == 201 and made == {
            **self.VALUES, 'id': 'sp', 'enabled': False, 'description': None, 'relay_state_prefix': 'ss:mem:',
            'links': {'self': f'{LINK}/service_providers/sp'}}
        assert as_admin('GET', path).json['service_provider'] == made
        changed = as_admin('PATCH', path, {'service_provider': {'enabled': True}}).json['service_provider']
        assert changed['enabled'] is True
        for query, ids in (('', ['sp']), ('?enabled=false', []), ('?id=sp', ['sp'])):
            found = as_admin('GET', f'{ROOT}/service_providers{query}').json['service_providers']
            assert [each['id'] for each in found] == ids
        assert put('service_providers/sp', 'service_provider', self.VALUES).status_int == 409
        assert as_admin('DELETE', path).status_int == 204 and as_admin('GET', path).status_int == 404

    @pytest.mark.parametrize('values', [{}, {'auth_url': 'x'}, {**VALUES, 'sp_url': 'nowhere'}, {**VALUES, 'id': 'x'},
                                        {**VALUES, 'enabled': 1}])
    def test_bad_values(self, put, values):
        assert put('service_providers/sp', 'service_provider', values).status_int == 400


def test_only_administrators(api, cloud):
    token = cloud.token(cloud.owner, cloud.project)
    for path in ('identity_providers', 'identity_providers/x', 'identity_providers/x/protocols', 'mappings',
                 'mappings/x', 'service_providers', 'service_providers/x', 'identity_providers/x/protocols/y'):
        assert api('GET', f'/v3{ROOT}/{path}', token=token).status_int == 403
        assert api('GET', f'/v3{ROOT}/{path}').status_int == 401
