"""Logging in by an identity provider's assertion: whom it leads to, what it gives, whom it is believed from."""
import datetime

import pytest

from essex import config, db
from keystone.assignment.grants import Grant
from keystone.db.models import ExpiringMembership
from keystone.federation import dashboards
from keystone.identity.public_ids import public_id

AUTH = '/v3/OS-FEDERATION/identity_providers/acme/protocols/mapped/auth'
RULES = [{'remote': [{'type': 'OIDC_sub'}, {'type': 'OIDC_name'}],
          'local': [{'user': {'id': '{0}', 'name': '{1}'}}]},
         {'remote': [{'type': 'OIDC_groups'}], 'local': [{'groups': '{0}', 'domain': {'name': 'Default'}}]}]
BOB = {'OIDC_sub': 'bob@acme', 'OIDC_name': 'Bob', 'OIDC_iss': 'https://acme'}


@pytest.fixture
def acme(cloud, conf):
    """The provider acme with the protocol mapped; a group devs that may work on the project demo."""
    managers = cloud.managers
    managers.mappings.create('m', {'rules': RULES})
    managers.providers.create_provider('acme', {'enabled': True, 'remote_ids': ['https://acme']})
    managers.providers.create_protocol('acme', 'mapped', {'mapping_id': 'm'})
    group = managers.groups.create_group({'name': 'devs', 'domain_id': 'default'})
    managers.grants.add(Grant('group', group['id'], 'project', cloud.project['id']), cloud.roles['member'])
    conf.set('remote_id_attribute', 'OIDC_iss', 'federation')
    return group


def change_rules(cloud, *rules, version='1.0'):
    cloud.managers.mappings.update('m', {'rules': list(rules), 'schema_version': version})


@pytest.fixture
def log_in(api):
    """log_in(**variables) -> the answer."""
    def call(path=AUTH, headers=None, method='POST', **variables):
        return api(method, path, headers=headers, environ={**BOB, **variables})
    return call


def rescope(api, token, **scope):
    return api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['token'], 'token': {'id': token}},
                                                    'scope': scope}})


class TestToken:

    def test_from_assertion_to_project(self, api, log_in, acme, cloud):
        answer = log_in(OIDC_groups='devs;unknown')
        token, unscoped = answer.headers['X-Subject-Token'], answer.json['token']
        provider = cloud.managers.providers.get_provider('acme')
        assert answer.status_int == 201 and unscoped['methods'] == ['mapped']
        assert unscoped['user'] == {
            'id': public_id(provider['domain_id'], 'user', 'bob%40acme'), 'name': 'Bob', 'password_expires_at': None,
            'domain': {'id': provider['domain_id'], 'name': provider['domain_id']},
            'OS-FEDERATION': {'groups': [{'id': acme['id']}], 'identity_provider': {'id': 'acme'},
                              'protocol': {'id': 'mapped'}}}
        assert not {'project', 'roles', 'catalog'} & set(unscoped)
        for path in ('/v3/OS-FEDERATION/projects', '/v3/auth/projects'):
            assert [each['id'] for each in api('GET', path, token=token).json['projects']] == [cloud.project['id']]
        assert api('GET', '/v3/OS-FEDERATION/domains', token=token).json['domains'] == []
        scoped = rescope(api, token, project={'id': cloud.project['id']})
        assert scoped.status_int == 201 and scoped.json['token']['user'] == unscoped['user']
        assert 'member' in [role['name'] for role in scoped.json['token']['roles']]
        again = api('GET', '/v3/auth/tokens', token=scoped.headers['X-Subject-Token'],
                    subject=scoped.headers['X-Subject-Token'])
        assert again.json['token']['roles'] == scoped.json['token']['roles']
        assert rescope(api, token, project={'id': cloud.elsewhere['id']}).status_int == 401
        body = {'auth': {'identity': {'methods': ['mapped'], 'mapped': {'id': token}},
                         'scope': {'project': {'id': cloud.project['id']}}}}
        assert api('POST', '/v3/auth/tokens', body).status_int == 201

    def test_the_user_comes_back_and_may_be_renamed_elsewhere(self, log_in, acme, cloud, as_admin):
        first = log_in().json['token']['user']['id']
        again = log_in(OIDC_name='Robert').json['token']['user']
        assert (again['id'], again['name']) == (first, 'Robert')
        # A name that is somebody else's already is only for show.
        other = log_in(OIDC_sub='bob2', OIDC_name='Robert').json['token']['user']
        assert other['id'] != first and other['name'] == other['id']
        cloud.managers.identity.update_user(first, {'enabled': False})
        assert log_in().status_int == 401

    def test_by_get_and_by_the_method(self, api, log_in, acme):
        assert log_in(method='GET').status_int == 201
        identity = {'methods': ['mapped'], 'mapped': {'identity_provider': 'acme', 'protocol': 'mapped'}}
        assert api('POST', '/v3/auth/tokens', {'auth': {'identity': identity}}, environ=BOB).status_int == 201
        assert api('POST', '/v3/auth/tokens', {'auth': {'identity': {'methods': ['mapped'], 'mapped': {}}}},
                   environ=BOB).status_int == 400

    def test_tokens_end_with_their_provider(self, api, log_in, acme, cloud):
        token = log_in().headers['X-Subject-Token']
        cloud.managers.providers.update_provider('acme', {'enabled': False})
        assert api('GET', '/v3/auth/projects', token=token).status_int == 401 and log_in().status_int == 403
        cloud.managers.providers.update_provider('acme', {'enabled': True})
        assert api('GET', '/v3/auth/projects', token=token).status_int == 200
        cloud.managers.providers.delete_protocol('acme', 'mapped')
        assert api('GET', '/v3/auth/projects', token=token).status_int == 401 and log_in().status_int == 404
        assert log_in(path=AUTH.replace('acme', 'none')).status_int == 404


class TestMapped:

    def test_a_local_user(self, log_in, acme, cloud):
        remote = [{'type': 'OIDC_sub'}]
        change_rules(cloud, {'remote': remote, 'local': [
            {'user': {'name': 'owner', 'type': 'local', 'domain': {'id': 'default'}}}]})
        user = log_in().json['token']['user']
        assert user['id'] == cloud.owner['id'] and 'OS-FEDERATION' not in user
        change_rules(cloud, {'remote': remote, 'local': [{'user': {'id': 'none', 'type': 'local'}}]})
        assert log_in().status_int == 401

    def test_remote_user_stands_in(self, log_in, acme, cloud):
        change_rules(cloud, {'remote': [{'type': 'OIDC_sub'}], 'local': [{'group': {'id': acme['id']}}]})
        assert log_in().status_int == 401
        assert log_in(REMOTE_USER='alice').json['token']['user']['name'] == 'alice'

    def test_groups_that_are_not_there(self, log_in, acme, cloud):
        change_rules(cloud, {'remote': [{'type': 'OIDC_sub'}], 'local': [{'user': {'name': '{0}'}},
                                                                         {'group': {'id': 'none'}}]})
        assert log_in().status_int == 401

    def test_projects_are_made(self, api, log_in, acme, cloud):
        rule = {'remote': [{'type': 'OIDC_sub'}], 'local': [{
            'user': {'name': '{0}'}, 'projects': [{'name': 'lab of {0}', 'roles': [{'name': 'member'}]}]}]}
        change_rules(cloud, rule)
        for _ in range(2):
            token = log_in().headers['X-Subject-Token']
            (project,) = api('GET', '/v3/auth/projects', token=token).json['projects']
        provider = cloud.managers.providers.get_provider('acme')
        assert project['name'] == 'lab of bob@acme' and project['domain_id'] == provider['domain_id']
        assert rescope(api, token, project={'id': project['id']}).status_int == 201
        rule['local'][0]['projects'][0]['domain'] = {'name': 'Default'}
        change_rules(cloud, rule, version='2.0')
        log_in()
        assert len(api('GET', '/v3/auth/projects', token=token).json['projects']) == 2
        rule['local'][0]['projects'][0]['roles'] = [{'name': 'none'}]
        change_rules(cloud, rule, version='2.0')
        assert log_in().status_int == 401

    def test_groups_last_for_the_ttl(self, api, log_in, acme, cloud):
        cloud.managers.providers.update_provider('acme', {'authorization_ttl': 10})
        user = log_in(OIDC_groups='devs').json['token']['user']
        assert cloud.managers.grants.projects_of(user['id'])[0]['id'] == cloud.project['id']
        log_in(OIDC_groups='devs')
        with db.writer() as session:
            past = db.utcnow() - datetime.timedelta(seconds=1)
            session.execute(ExpiringMembership.__table__.update().values(expires_at=past))
        assert cloud.managers.grants.projects_of(user['id']) == []
        log_in(OIDC_groups='devs')
        log_in()
        assert cloud.managers.grants.projects_of(user['id']) == []


class TestBelief:
    """A client can say much; only a front the operator set up is believed."""

    def test_no_header_is_an_assertion(self, api, acme, cloud):
        change_rules(cloud, {'remote': [{'type': 'HTTP_OIDC_SUB'}], 'local': [{'user': {'name': '{0}'}}]})
        headers = {'OIDC-Sub': 'admin', 'OIDC-Iss': 'https://acme', 'OIDC_iss': 'https://acme', 'Remote-User': 'admin'}
        assert api('POST', AUTH, headers=headers).status_int == 401
        assert api('POST', AUTH, headers=headers, environ={'OIDC_iss': 'https://acme'}).status_int == 401

    def test_headers_of_a_proxy_the_operator_named(self, api, acme, cloud, conf):
        conf.set('remote_id_attribute', None, 'federation')
        conf.set('trusted_proxies', ['192.0.2.0/24', '127.0.0.1'], 'federation')
        change_rules(cloud, {'remote': [{'type': 'HTTP_X_SUB'}], 'local': [{'user': {'name': '{0}'}}]})
        headers = {'X-Sub': 'Zoë'.encode().decode('latin-1')}
        for address, status in (('127.0.0.1', 201), ('192.0.2.7', 201), ('127.0.0.2', 401), ('::1', 401), ('', 401)):
            answer = api('POST', AUTH, headers=headers, environ={'REMOTE_ADDR': address})
            assert answer.status_int == status
        answer = api('POST', AUTH, headers=headers, environ={'REMOTE_ADDR': '127.0.0.1'})
        assert answer.json['token']['user']['name'] == 'Zoë'
        # An address that X-Forwarded-For claims is not the other end's.
        environ = {'REMOTE_ADDR': '127.0.0.1', 'essex.peer_address': '10.0.0.1'}
        assert api('POST', AUTH, headers=headers, environ=environ).status_int == 401

    def test_another_providers_assertion(self, log_in, acme):
        assert log_in(OIDC_iss='https://other').status_int == 403

    def test_an_assertion_without_its_providers_id(self, api, acme):
        assert api('POST', AUTH, environ={'OIDC_sub': 'bob', 'OIDC_name': 'Bob'}).status_int == 401

    def test_the_attribute_of_a_protocol_counts_first(self, log_in, acme, cloud, conf):
        cloud.managers.providers.update_protocol('acme', 'mapped', {'remote_id_attribute': 'OTHER'})
        assert log_in().status_int == 401
        assert log_in(OTHER='https://acme').status_int == 201

    def test_made_up_protocols_leave_nothing_behind(self, api):
        assert api('GET', '/v3/auth/OS-FEDERATION/websso/made_up?origin=x').status_int == 401
        assert 'made_up' not in config.CONF

    def test_users_with_long_names_are_not_one(self, log_in, acme, cloud):
        names = ['é' * 60 + letter for letter in 'ab']
        ids = {log_in(OIDC_sub=name, OIDC_name=name).json['token']['user']['id'] for name in names}
        assert len(ids) == 2
        assert log_in(OIDC_sub=names[0], OIDC_name='x').json['token']['user']['id'] in ids

    def test_another_provider_of_the_domain_cannot_say_he_is_bob(self, log_in, acme, cloud):
        providers = cloud.managers.providers
        log_in()
        providers.create_provider('evil', {'enabled': True, 'remote_ids': ['https://evil'],
                                           'domain_id': providers.get_provider('acme')['domain_id']})
        providers.create_protocol('evil', 'mapped', {'mapping_id': 'm'})
        path = AUTH.replace('/acme/', '/evil/')
        assert log_in(path, OIDC_iss='https://evil').status_int == 401
        assert log_in(path, OIDC_iss='https://evil', OIDC_sub='eve', OIDC_name='Eve').status_int == 201

    def test_prefix(self, log_in, acme, conf):
        conf.set('assertion_prefix', 'MELLON_', 'federation')
        assert log_in().status_int == 401

    def test_the_requests_own_variables_say_nothing(self, log_in, acme, cloud):
        for name in ('PATH_INFO', 'QUERY_STRING', 'wsgi.url_scheme', 'CONTENT_TYPE'):
            change_rules(cloud, {'remote': [{'type': name}], 'local': [{'user': {'name': '{0}'}}]})
            assert log_in(path=f'{AUTH}?x=y').status_int == 401


class TestWebSso:

    PAGE = '/v3/auth/OS-FEDERATION/websso/mapped'
    OWN = '/v3/auth/OS-FEDERATION/identity_providers/acme/protocols/mapped/websso'

    @pytest.fixture(autouse=True)
    def dashboard(self, conf, acme):
        conf.set('trusted_dashboard', ['https://d/websso/'], 'federation')

    @pytest.mark.parametrize('path', [PAGE, OWN])
    def test_page(self, api, log_in, path):
        answer = log_in(path=f'{path}?origin=https://d/websso/', method='GET')
        assert answer.status_int == 200 and answer.content_type == 'text/html'
        assert 'action="https://d/websso/"' in answer.text
        token = answer.text.split('name="token" id="token" value="')[1].split('"')[0]
        assert api('GET', '/v3/auth/projects', token=token).status_int == 200

    @pytest.mark.parametrize('path', [PAGE, OWN])
    def test_refusals(self, api, log_in, path):
        assert log_in(path=path).status_int == 400
        for origin in ('https://d/websso', 'https://evil/', 'https://d/websso/x'):
            assert log_in(path=f'{path}?origin={origin}').status_int == 401
        assert api('GET', f'{path}?origin=https://d/websso/').status_int == 401

    def test_an_unknown_provider(self, log_in):
        assert log_in(path=f'{self.PAGE}?origin=https://d/websso/', OIDC_iss='https://x').status_int == 404

    def test_template(self, conf, tmp_path):
        (tmp_path / 'page').write_text('<$host|$token>')
        conf.set('sso_callback_template', str(tmp_path / 'page'), 'federation')
        assert dashboards.page('https://d/"', 'abc') == '<https://d/&quot;|abc>'


def test_a_cloud_that_believes_this_one_is_in_tokens(api, cloud):
    values = {'auth_url': 'https://sp/v3', 'sp_url': 'https://sp/ecp', 'enabled': True}
    cloud.managers.service_providers.create('sp', values)
    cloud.managers.service_providers.create('off', {**values, 'enabled': False})
    token = cloud.token(cloud.owner, cloud.project)
    shown = api('GET', '/v3/auth/tokens', token=token, subject=token).json['token']
    assert shown['service_providers'] == [{'id': 'sp', 'auth_url': 'https://sp/v3', 'sp_url': 'https://sp/ecp'}]
    cloud.managers.service_providers.delete('sp')
    assert 'service_providers' not in api('GET', '/v3/auth/tokens', token=token, subject=token).json['token']


class TestUsers:

    def test_users_know_who_they_are_elsewhere(self, as_admin, log_in, acme, named, cloud):
        user_id = log_in().json['token']['user']['id']
        identity = [{'idp_id': 'acme', 'protocols': [{'protocol_id': 'mapped', 'unique_id': 'bob%40acme'}]}]
        assert as_admin('GET', f'/users/{user_id}').json['user']['federated'] == identity
        assert 'federated' not in as_admin('GET', f'/users/{cloud.owner["id"]}').json['user']
        assert named('/users?idp_id=acme') == ['Bob'] and named('/users?idp_id=x') == []
        assert named('/users?protocol_id=mapped&unique_id=bob%2540acme') == ['Bob']
        assert named('/users?idp_id=acme&unique_id=x') == []
        assert as_admin('DELETE', f'/users/{user_id}').status_int == 204 and named('/users?idp_id=acme') == []

    def test_a_domains_manager_says_so_for_its_own_providers(self, api, acme, cloud):
        domain = cloud.managers.domains.create_domain({'name': 'd'})
        cloud.managers.providers.create_provider('own', {'enabled': True, 'domain_id': domain['id']})
        cloud.managers.providers.create_protocol('own', 'mapped', {'mapping_id': 'm'})
        manager = cloud.new_user('boss', domain_id=domain['id'])
        cloud.grant(manager, 'manager', domain_id=domain['id'])
        token = cloud.token(manager, domain_id=domain['id'])
        user = {'name': 'u', 'domain_id': domain['id'], 'password': 'p'}

        def identity(idp):
            return {'federated': [{'idp_id': idp, 'protocols': [{'protocol_id': 'mapped', 'unique_id': 'bob'}]}]}
        # Bob's groups and projects would be given to a user whose password the manager knows.
        assert api('POST', '/v3/users', {'user': {**user, **identity('acme')}}, token=token).status_int == 403
        made = api('POST', '/v3/users', {'user': {**user, **identity('own')}}, token=token)
        assert made.status_int == 201
        path = f'/v3/users/{made.json["user"]["id"]}'
        assert api('PATCH', path, {'user': identity('acme')}, token=token).status_int == 403

    def test_an_administrator_says_who_somebody_will_be(self, as_admin, log_in, acme, cloud):
        def identity(unique_id='bob%40acme', idp='acme', protocol='mapped'):
            return {'federated': [{'idp_id': idp, 'protocols': [{'protocol_id': protocol, 'unique_id': unique_id}]}]}
        answer = as_admin('POST', '/users', {'user': {'name': 'bobby', **identity()}})
        user = answer.json['user']
        assert answer.status_int == 201 and user['federated'] == identity()['federated']
        found = log_in().json['token']['user']
        assert (found['id'], found['name']) == (user['id'], 'bobby')
        assert as_admin('POST', '/users', {'user': {'name': 'other', **identity()}}).status_int == 409
        assert as_admin('GET', '/users?name=other').json['users'] == []
        path = f'/users/{user["id"]}'
        changed = as_admin('PATCH', path, {'user': identity('else')}).json['user']
        assert changed['federated'] == identity('else')['federated']
        for values in (identity(idp='none'), identity(protocol='none'), {'federated': 'x'},
                       {'federated': [{'idp_id': 'acme'}]}):
            assert as_admin('PATCH', path, {'user': values}).status_int == 400
        assert 'federated' not in as_admin('PATCH', path, {'user': {'federated': []}}).json['user']

    def test_who_loses_a_race_for_an_identity_leaves_nothing_behind(self, as_admin, log_in, acme, cloud, monkeypatch):
        log_in()
        identity = [{'idp_id': 'acme', 'protocols': [{'protocol_id': 'mapped', 'unique_id': 'bob%40acme'}]}]
        # As the slower of two requests sees it: nobody has that identity when it looks.
        monkeypatch.setattr(cloud.managers.shadows, 'check_identities', lambda *args: None)
        assert as_admin('POST', '/users', {'user': {'name': 'late', 'federated': identity}}).status_int == 409
        assert as_admin('GET', '/users?name=late').json['users'] == []
        values = {'enabled': False, 'email': 'x@test', 'federated': identity}
        assert as_admin('PATCH', f'/users/{cloud.owner["id"]}', {'user': values}).status_int == 409
        user = as_admin('GET', f'/users/{cloud.owner["id"]}').json['user']
        assert user['enabled'] and 'email' not in user and 'federated' not in user


def test_a_remembered_token_is_looked_up_again_in_time(log_in, acme, cloud):
    token = log_in(OIDC_groups='devs').headers['X-Subject-Token']
    cloud.managers.tokens.validate(token)
    with db.count_statements() as counter:
        cloud.managers.tokens.validate(token)
        assert counter.total == 0
        cloud.managers.tokens.cache.get(token).looked_up_at -= 601
        cloud.managers.tokens.validate(token)
        assert counter.total > 0


def test_two_requests_of_somebody_new_at_once(log_in, acme, cloud, monkeypatch):
    user_id = log_in().json['token']['user']['id']
    # As the slower request sees it: nobody there when it looks, somebody when it writes.
    monkeypatch.setattr('keystone.federation.shadow.users.full', lambda session, key: None)
    provider = cloud.managers.providers.get_provider('acme')
    assert cloud.managers.shadows._made(provider, 'mapped', 'bob%40acme', 'Bob', None) == user_id
