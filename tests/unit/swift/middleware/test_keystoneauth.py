"""keystoneauth: the decision table, by role and project."""
import pytest

from essex.middleware import auth_token
from swift.middleware import keystoneauth
from tests.unit.swift.middleware.kit import Cache, Store, call


def token(user='u', project='test', roles='member', domain='default', **more):
    return {'user': {'id': user, 'name': user + 'name', 'domain': {'id': domain}},
            'project': {'id': project, 'name': project + 'name', 'domain': {'id': domain}},
            'roles': [{'name': role} for role in roles.split(',')], 'expires_at': '2099-01-01T00:00:00.000000Z', **more}


class Tokens:
    """Stands where Keystone is: a token's text says what it holds, `user=u project=p roles=a,b`."""

    def validate(self, text, allow_expired=False):
        if text == 'bad':
            return False
        made = dict(pair.split('=') for pair in text.split())
        system = made.pop('system', None)
        return auth_token.Validated({'token': token(**made, **({'system': {'all': True}} if system else {}))})


class Service:
    """auth_token and keystoneauth over a store."""

    def __init__(self, **conf):
        self.store, self.cache = Store('c'), Cache()
        self.store.add_object('c/o', b'x')
        filtered = keystoneauth.filter_factory({}, **conf)(self.store)
        self.app = auth_token.AuthToken(filtered, True, Tokens())

    def call(self, token, path='/v1/AUTH_test/c/o', method='GET', **headers):
        if token:
            headers['X_Auth_Token'] = token
        return call(self.app, path, method, cache=self.cache, **headers).status_int


OPERATOR = 'roles=swiftoperator'
MEMBER = 'roles=member'
STRANGER = 'user=s project=other roles=admin'


@pytest.fixture
def service(conf):
    return Service()


class TestOwner:
    @pytest.mark.parametrize('role', ['admin', 'swiftoperator', 'Admin', 'SwiftOperator'])
    def test_an_operator_role_owns_the_projects_account(self, service, role):
        assert service.call('roles=' + role) == 200
        assert service.store.last('GET')['swift_owner'] is True
        assert service.call('roles=' + role, '/v1/AUTH_test/new', 'PUT') == 201

    def test_an_owner_who_may_also_read_by_role_stays_the_owner(self, conf):
        service = Service(project_reader_roles='reader')
        assert service.call('roles=swiftoperator,reader') == 200
        assert service.store.last('GET')['swift_owner'] is True
        assert service.call('roles=reader') == 200
        assert service.store.last('GET')['swift_owner'] is False

    def test_no_other_role_does_unless_it_is_configured(self, service):
        assert service.call(MEMBER) == 403
        assert Service(operator_roles='admin, member').call(MEMBER) == 200

    def test_nobody_owns_another_projects(self, service):
        for account in ('AUTH_other', 'AUTH_testx', 'AUTH_te', 'AUTH_', 'test', 'AUTH_AUTH_test', '.test', 'SERVICE_x'):
            assert service.call(OPERATOR, f'/v1/{account}') == 403, account
        assert service.call(STRANGER) == 403

    def test_a_token_without_a_project_owns_nothing(self, service):
        assert service.call('project= roles=admin', '/v1/AUTH_') == 403

    def test_may_not_make_or_delete_the_account(self, service):
        assert service.call(OPERATOR, '/v1/AUTH_test', 'DELETE') == 403
        assert service.call(OPERATOR, '/v1/AUTH_test', 'PUT') == 403
        assert service.call(OPERATOR, '/v1/AUTH_test', 'POST') == 204

    def test_the_resellers_admin_may_everything_of_the_prefix(self, service):
        admin = 'user=a project=cloud roles=ReSellerAdmin'
        assert service.call(admin) == 200
        assert service.store.last('GET')['reseller_request'] is True
        assert service.call(admin, '/v1/AUTH_test', 'DELETE') == 204
        assert service.call(admin, '/v1/OTHER_test') == 403


class TestReaders:
    def test_of_the_project(self, conf):
        service = Service(project_reader_roles='reader')
        assert service.call('roles=reader') == 200
        assert service.call('roles=reader', '/v1/AUTH_test') == 204
        assert service.call('roles=reader', method='PUT') == 403
        assert service.call('project=other roles=reader') == 403

    def test_of_the_system(self, conf):
        service = Service(system_reader_roles='reader')
        assert service.call('project=x roles=reader system=1') == 200
        assert service.call('project=x roles=reader') == 403
        assert service.call('project=x roles=reader system=1', method='PUT') == 403
        assert service.call('project=x roles=reader', OpenStack_System_Scope='all') == 403


class TestContainerLists:
    @pytest.mark.parametrize('entry', ['other:s', 'other:*', '*:s', '*:*', 'othername:sname', 'other:sname',
                                       'othername:s', 'othername:*', '*:sname'])
    def test_another_projects_user(self, service, entry):
        service.store.add_container('c', X_Container_Read=entry)
        assert service.call(STRANGER) == 200
        assert service.store.last('GET')['swift_owner'] is False
        assert service.call(STRANGER, method='PUT') == 403
        assert service.call(STRANGER, '/v1/AUTH_test/c') == 200
        assert service.call(STRANGER, '/v1/AUTH_test/c', 'POST') == 403

    @pytest.mark.parametrize('entry', ['other:x', 'test:s', 'other', 's', ':s', 'other:', 'Other:s', 'admin'])
    def test_somebody_else_is_not_meant(self, service, entry):
        service.store.add_container('c', X_Container_Read=entry)
        assert service.call(STRANGER) == 403

    def test_writers(self, service):
        service.store.add_container('c', X_Container_Write='other:*')
        assert service.call(STRANGER, '/v1/AUTH_test/c/p', 'PUT') == 201
        assert service.call(STRANGER) == 403

    @pytest.mark.parametrize('path', ['/v1/AUTH_test', '/v1/AUTH_test/d', '/v1/AUTH_test/d/o'])
    def test_only_that_container_is_open(self, service, path):
        service.store.add_container('c', X_Container_Read='*:*')
        assert service.call(STRANGER, path) == 403

    def test_a_role_of_the_own_project(self, service):
        service.store.add_container('c', X_Container_Read='Member')
        assert service.call(MEMBER) == 200
        assert service.call('project=other roles=member') == 403

    def test_names_count_in_the_default_domain_only(self, service):
        service.store.add_container('c', X_Container_Read='othername:sname')
        assert service.call(STRANGER + ' domain=d2') == 403
        service.store.add_container('c', X_Container_Read='other:s')
        assert service.call(STRANGER + ' domain=d2') == 200

    @pytest.mark.parametrize('domain, status', [('default', 200), ('d2', 403), ('_unknown', 403)])
    def test_nor_for_the_account_of_another_domain(self, conf, domain, status):
        service = Service()
        service.store.add_container('c', X_Container_Read='othername:sname')
        service.store.add_account('/v1/AUTH_test', X_Account_Sysmeta_Project_Domain_Id=domain)
        assert service.call(STRANGER) == status

    def test_names_may_be_turned_off(self, conf):
        service = Service(allow_names_in_acls='no')
        service.store.add_container('c', X_Container_Read='othername:sname')
        assert service.call(STRANGER) == 403


class TestStrangers:
    def test_without_a_valid_token_are_asked_for_one(self, service):
        for each in (None, 'bad'):
            response = call(service.app, '/v1/AUTH_test/c/o', **({'X_Auth_Token': each} if each else {}))
            assert response.status_int == 401
            assert any('Keystone' in value for value in response.headers.getall('WWW-Authenticate'))

    def test_read_what_is_open_to_all(self, service):
        service.store.add_container('c', X_Container_Read='.r:*')
        assert service.call(None) == 200
        assert service.call('bad') == 200
        assert service.call(STRANGER) == 200
        assert service.call(None, '/v1/AUTH_test/c') == 401
        service.store.add_container('c', X_Container_Read='.r:*,.rlistings')
        assert service.call(None, '/v1/AUTH_test/c') == 200
        assert service.call(None, method='PUT') == 401

    @pytest.mark.parametrize('entry', ['*:*', '*', 'member', ''])
    def test_get_nothing_by_other_lists(self, service, entry):
        service.store.add_container('c', X_Container_Read=entry)
        assert service.call(None) == 401

    def test_may_ask_for_options(self, service):
        assert service.call(None, method='OPTIONS') == 200
        assert service.call(STRANGER, method='OPTIONS') == 200

    @pytest.mark.parametrize('name', ['X_Roles', 'x_roles', 'X_Role', 'X_Service_Roles'])
    def test_cannot_name_their_own_roles(self, service, name):
        assert service.call(STRANGER, **{name: 'ResellerAdmin', 'X_Project_Id': 'test', 'X_Tenant_Id': 'test'}) == 403
        assert service.call(None, **{name: 'ResellerAdmin', 'X_Project_Id': 'test', 'X_Identity_Status': 'Confirmed'}
                            ) == 401

    @pytest.mark.parametrize('path', ['/v1/AUTH_other/../AUTH_test/c/o', '/v1/AUTH_other%2f..%2fAUTH_test/c/o',
                                      '/v1/AUTH_other/%2e%2e/AUTH_test/c', '/v1/AUTH_test%00/c/o', '/v1//AUTH_test/c'])
    def test_tricks_with_the_path_reach_no_other_account(self, service, path):
        service.store.containers['/v1/AUTH_test/c'] = {}
        assert service.call('project=other roles=admin', path) in (404, 401, 403)


class TestPrefixes:
    conf = {'reseller_prefix': 'AUTH, SERVICE', 'SERVICE_service_roles': 'service', 'operator_roles': 'member'}

    def test_an_account_that_needs_a_services_consent(self, conf):
        service = Service(**self.conf)
        service.store.add_account('/v1/SERVICE_test')
        path = '/v1/SERVICE_test'
        assert service.call(MEMBER, path) == 403
        assert service.call(MEMBER, path, X_Service_Token='user=n project=services roles=service') == 204
        assert service.call(MEMBER, path, X_Service_Token='user=n project=services roles=other') == 403
        assert service.call(MEMBER, path, X_Service_Token='bad') == 403
        assert service.call(MEMBER, path, X_Service_Roles='service') == 403
        assert service.call('user=n project=services roles=service', path) == 403

    def test_each_prefix_may_have_its_operators(self, conf):
        service = Service(**self.conf, SERVICE_operator_roles='boss')
        service.store.add_account('/v1/SERVICE_test')
        given = 'user=n project=services roles=service'
        assert service.call(MEMBER, '/v1/SERVICE_test', X_Service_Token=given) == 403
        assert service.call('roles=boss', '/v1/SERVICE_test', X_Service_Token=given) == 204


class TestDomainOfTheProject:
    def stored(self, service, method='PUT'):
        return service.store.last(method).get('HTTP_X_ACCOUNT_SYSMETA_PROJECT_DOMAIN_ID')

    def test_is_noted_with_the_account(self, service):
        service.call(OPERATOR + ' domain=d2', '/v1/AUTH_test/new', 'PUT')
        assert self.stored(service) == 'd2'

    def test_is_unknown_to_strangers(self, service):
        service.call('user=a project=cloud roles=ResellerAdmin', '/v1/AUTH_test/new', 'PUT')
        assert self.stored(service) == '_unknown'

    def test_stays_once_it_is_known(self, service):
        service.store.add_account('/v1/AUTH_test', X_Account_Sysmeta_Project_Domain_Id='d2')
        service.call(OPERATOR + ' domain=d3', '/v1/AUTH_test/new', 'PUT')
        assert self.stored(service) is None

    def test_is_shown(self, service):
        service.store.add_account('/v1/AUTH_test', X_Account_Sysmeta_Project_Domain_Id='d2')
        response = call(service.app, X_Auth_Token=OPERATOR)
        assert response.headers['X-Account-Project-Domain-Id'] == 'd2'


def test_a_checked_signature_needs_no_token(service):
    environ = {'swift.authorize_override': True}
    assert call(service.app, '/v1/AUTH_test/c/o', environ=dict(environ)).status_int == 200
    assert call(Service(allow_overrides='no').app, '/v1/AUTH_test/c/o', environ=dict(environ)).status_int == 401
