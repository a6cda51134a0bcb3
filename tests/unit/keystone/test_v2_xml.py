"""v2.0 in XML, and the requests of the guides of 2012 as they stand there."""
import shlex
from xml.etree import ElementTree

import pytest
import webob

from essex.exception import BadRequest
from keystone.api.v2.xml import from_xml, to_xml
from tests.unit.keystone.conftest import PASSWORD

NS = '{http://docs.openstack.org/identity/api/v2.0}'
XML = {'Accept': 'application/xml'}


@pytest.fixture
def curl(cloud, api, admin_api):
    """curl('curl -d ... http://localhost:5000/v2.0/...') -> the answer, of the port that is named."""
    def call(command):
        words = shlex.split(command)[1:]
        method, headers, body, url = None, {}, None, None
        while words:
            word = words.pop(0)
            if word == '-X':
                method = words.pop(0)
            elif word in ('-H', '--header'):
                name, _, value = words.pop(0).partition(':')
                headers[name] = value.strip()
            elif word in ('-d', '--data'):
                body = words.pop(0)
            elif not word.startswith('-'):
                url = word
        app = (admin_api if ':35357' in url else api).app
        # As curl sends it.
        if body is not None and not any(name.lower() == 'content-type' for name in headers):
            headers['Content-Type'] = 'application/x-www-form-urlencoded'
        request = webob.Request.blank(url, method=method or ('GET' if body is None else 'POST'), headers=headers)
        if body is not None:
            request.body = body.encode()
        return request.get_response(app)
    return call


def parsed(answer):
    assert answer.content_type == 'application/xml', answer.body
    return ElementTree.fromstring(answer.body)


class TestGuides:
    """The requests of the Essex guides, with their quoting."""

    def test_a_token(self, curl, cloud):
        answer = curl('curl -d \'{"auth": {"tenantName": "demo", "passwordCredentials":{"username": "owner", '
                      f'"password": "{PASSWORD}"}}}}}}\' -H "Content-type: application/json" http://localhost:35357/v2.0/tokens')
        assert answer.status_int == 200 and answer.json['access']['token']['tenant']['name'] == 'demo'
        answer = curl('curl -k -X \'POST\' -v http://localhost:5000/v2.0/tokens -d \'{"auth":{"passwordCredentials":'
                      f'{{"username":"owner", "password":"{PASSWORD}"}}}}}}\' -H \'Content-type: application/json\'')
        token = answer.json['access']['token']['id']
        assert answer.status_int == 200
        answer = curl(f'curl -H "X-Auth-Token:{token}" http://localhost:5000/v2.0/tenants')
        assert [tenant['name'] for tenant in answer.json['tenants']] == ['demo']
        answer = curl('curl -k -D - -H "X-Auth-Token: ' + cloud.admin_token + '" -H "Content-type: application/json" '
                      f'"http://localhost:35357/v2.0/tokens/{token}?belongsTo={cloud.project["id"]}"')
        assert answer.status_int == 401   # unscoped

    def test_administration(self, curl, cloud):
        admin = cloud.admin_token
        answer = curl(f'curl -X POST -H "X-Auth-Token: {admin}" -H "Content-type: application/json" '
                      'http://localhost:35357/v2.0/tenants -d \'{"tenant": {"name": "openstackDemo", "description": '
                      '"Default Tenant", "enabled": true}}\'')
        tenant = answer.json['tenant']
        assert answer.status_int == 200 and tenant['enabled'] is True and tenant['description'] == 'Default Tenant'
        answer = curl(f'curl -H "X-Auth-Token: {admin}" -H "Content-type: application/json" -d \'{{"user": {{"name": '
                      f'"adminUser", "password": "secret", "enabled": true, "email": "a@b.c", "tenantId": '
                      f'"{tenant["id"]}"}}}}\' http://localhost:35357/v2.0/users')
        user = answer.json['user']
        assert answer.status_int == 200 and user['tenantId'] == tenant['id'] and 'password' not in user
        role = curl(f'curl -H "X-Auth-Token: {admin}" -H "Content-type: application/json" -d \'{{"role": {{"name": '
                    '"memberRole"}}\' http://localhost:35357/v2.0/OS-KSADM/roles').json['role']
        path = f'http://localhost:35357/v2.0/tenants/{tenant["id"]}/users/{user["id"]}/roles'
        assert curl(f'curl -X PUT -H "X-Auth-Token: {admin}" {path}/OS-KSADM/{role["id"]}').json['role'] == role
        names = [each['name'] for each in curl(f'curl -H "X-Auth-Token: {admin}" {path}').json['roles']]
        assert 'memberRole' in names

    def test_a_content_type_nobody_understands(self, curl):
        answer = curl('curl -d \'{"auth": {}}\' http://localhost:5000/v2.0/tokens')
        assert answer.status_int == 400 and 'application/json' in answer.json['error']['message']


READ = [
    ('<tenant enabled="false" name="x"/>', {'tenant': {'enabled': False, 'name': 'x'}}),
    ('<tenant enabled="TRUE"/>', {'tenant': {'enabled': True}}),
    ('<tenant><enabled>true</enabled><name>x</name></tenant>', {'tenant': {'enabled': True, 'name': 'x'}}),
    ('<tenant name="x"><description>A text</description></tenant>', {'tenant': {'name': 'x', 'description': 'A text'}}),
    ('<a><b x="1"/><b y="2"/></a>', {'a': {'b': {'x': '1', 'y': '2'}}}), ('<a>text</a>', {'a': 'text'}),
    ('<a/>', {'a': ''}),
    ('<auth xmlns="http://docs.openstack.org/identity/api/v2.0" tenantName="t"><token id="1"/></auth>',
     {'auth': {'tenantName': 't', 'token': {'id': '1'}}})]
# XMLNS stands for the namespace.
WRITTEN = [
    ({'tenant': {'name': 'x', 'enabled': True, 'description': 'd', 'gone': None}},
     '<tenant XMLNS name="x" enabled="true"><description>d</description></tenant>'),
    ({'tenants': [{'id': '1'}, {'id': '2'}], 'tenants_links': []},
     '<tenants XMLNS><tenant id="1"/><tenant id="2"/></tenants>'),
    ({'versions': {'values': [{'id': 'v2.0'}]}}, '<versions XMLNS><version id="v2.0"/></versions>'),
    ({'version': {'id': 'v', 'links': [{'href': 'h'}], 'media-types': [{'base': 'b'}]}},
     '<version XMLNS id="v"><link href="h"/><media-types><media-type base="b"/></media-types></version>'),
    ({'access': {'serviceCatalog': [{'name': 'n', 'endpoints': [{'region': 'R'}], 'endpoints_links': []}],
                 'user': {'id': 'u', 'roles_links': [], 'roles': [{'name': 'r'}]}}},
     '<access XMLNS><serviceCatalog><service name="n"><endpoint region="R"/></service></serviceCatalog>'
     '<user id="u"><role name="r"/></user></access>'),
    ({'error': {'code': 404, 'title': 'Not Found', 'message': 'm'}},
     '<error XMLNS code="404" title="Not Found" message="m"/>')]


@pytest.mark.parametrize('text, value', READ)
def test_how_it_is_read(text, value):
    assert from_xml(text.encode()) == value


@pytest.mark.parametrize('value, text', WRITTEN)
def test_how_it_is_written(value, text):
    expected = text.replace('XMLNS', 'xmlns="http://docs.openstack.org/identity/api/v2.0"')
    assert ElementTree.canonicalize(to_xml(value)) == ElementTree.canonicalize(expected)


class TestXml:

    def test_a_token_in_xml(self, curl, cloud):
        answer = curl('curl -H "Content-Type: application/xml" -H "Accept: application/xml" -d \'<?xml version="1.0" '
                      'encoding="UTF-8"?><auth xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                      'xmlns="http://docs.openstack.org/identity/api/v2.0" tenantName="demo"><passwordCredentials '
                      f'username="owner" password="{PASSWORD}"/></auth>\' http://localhost:5000/v2.0/tokens')
        assert answer.status_int == 200 and answer.headers['Vary'] == 'X-Auth-Token'
        access = parsed(answer)
        assert access.tag == f'{NS}access'
        token, user = access.find(f'{NS}token'), access.find(f'{NS}user')
        assert cloud.managers.tokens.validate(token.get('id')) and token.find(f'{NS}tenant').get('enabled') == 'true'
        assert token.find(f'{NS}tenant/{NS}description') is not None
        assert [role.get('name') for role in user.findall(f'{NS}role')] == ['member', 'reader']
        (service,) = access.find(f'{NS}serviceCatalog')
        assert service.tag == f'{NS}service' and service.get('type') == 'identity'
        assert service.find(f'{NS}endpoint').get('publicURL') == 'http://k:5000'

    def test_lists_versions_extensions_and_errors(self, cloud, api, admin_api):
        admin = cloud.admin_token
        root = parsed(admin_api('GET', '/v2.0/tenants', token=admin, headers=XML))
        assert root.tag == f'{NS}tenants' and {each.get('name') for each in root} == {'admin', 'demo', 'elsewhere'}
        root = parsed(admin_api('GET', '/v2.0/OS-KSADM/services', token=admin, headers=XML))
        assert root[0].get('type') == 'identity' and root.tag.endswith('services')
        root = parsed(api('GET', '/', headers=XML))
        assert [each.get('id') for each in root.findall(f'{NS}version')] == ['v3.14', 'v2.0']
        root = parsed(api('GET', '/v2.0/', headers=XML))
        assert {each.get('base') for each in root.find(f'{NS}media-types')} == {'application/json', 'application/xml'}
        assert len(root.findall(f'{NS}link')) == 3
        root = parsed(admin_api('GET', '/v2.0/extensions', headers=XML))
        assert 'OS-KSADM' in [each.get('alias') for each in root.findall(f'{NS}extension')]
        for answer, code in ((api('GET', '/v2.0/tenants', headers=XML), '401'),
                             (admin_api('GET', '/v2.0/users/none', token=admin, headers=XML), '404'),
                             (api('GET', '/v2.0/nothing', headers=XML), '404')):
            error = parsed(answer)
            assert error.tag == f'{NS}error' and error.get('code') == code == str(answer.status_int)
            assert error.get('title') and error.get('message')

    def test_an_object_made_and_changed_in_xml(self, cloud, admin_api):
        def call(method, path, body):
            headers = {'Content-Type': 'application/xml', **XML}
            return admin_api(method, path, token=cloud.admin_token, headers=headers, POST=body.encode())
        made = parsed(call('POST', '/v2.0/tenants', '<tenant xmlns="http://docs.openstack.org/identity/api/v2.0" '
                           'enabled="false" name="ACME"><description>A description…</description></tenant>'))
        assert made.get('enabled') == 'false' and made.find(f'{NS}description').text == 'A description…'
        path = f'/v2.0/tenants/{made.get("id")}'
        assert parsed(call('PUT', path, '<tenant><enabled>true</enabled></tenant>')).get('enabled') == 'true'
        service = parsed(call('POST', '/v2.0/OS-KSADM/services', '<service xmlns="http://docs.openstack.org/identity/'
                              'api/ext/OS-KSADM/v1.0" name="n" type="compute"/>'))
        assert service.get('type') == 'compute'

    def test_what_the_extensions_documents_have_is_understood(self, cloud, admin_api):
        space = 'http://docs.openstack.org/identity/api/ext/OS-KSADM/v1.0'

        def call(path, body):
            return admin_api('POST', path, token=cloud.admin_token, headers={'Content-Type': 'application/xml', **XML},
                             POST=body.encode())
        answer = call('/v2.0/users', '<?xml version="1.0" encoding="UTF-8"?><user '
                      f'xmlns="http://docs.openstack.org/identity/api/v2.0" xmlns:OS-KSADM="{space}" '
                      'username="jqsmith" email="john@example.com" enabled="true" OS-KSADM:password="secure"/>')
        user = parsed(answer)
        assert user.get('name') == 'jqsmith' and user.get('enabled') == 'true' and 'secure' not in answer.text
        assert cloud.issue({'id': user.get('id')}, password='secure')
        assert parsed(call('/v2.0/OS-KSADM/roles', f'<role xmlns="{space}" name="r"/>')).get('name') == 'r'

    @pytest.mark.parametrize('text', [
        '', '<', '<a', '<a></b>', '{"auth": {}}', '<a>' * 60 + '</a>' * 60,
        '<!DOCTYPE a [<!ENTITY x "y">]><auth>&x;</auth>', '<!DOCTYPE a SYSTEM "http://evil/"><auth/>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><auth>&x;</auth>',
        '<?xml version="1.0" encoding="nonsense"?><a/>', '<a b="1" b="2"/>', '<auth>&undefined;</auth>'])
    def test_what_is_not_plain_xml_is_400(self, api, text):
        if text:
            with pytest.raises(BadRequest):
                from_xml(text.encode())
        answer = api('POST', '/v2.0/tokens', headers={'Content-Type': 'application/xml'}, POST=text.encode())
        assert answer.status_int == 400 and answer.json['error']['code'] == 400

    def test_odd_values_make_no_broken_document(self):
        body = {'user': {'name': 'a\x00\x1b<&>"\ud800', 'bad name': 1, 'xml:lang': 'x', 'a:b': None, 'c:d': 2, '': 3,
                         'description': None, 'list': [1, {'x': 'y'}, [2]], 'deep': {'é': 1, 'ok': {'n': 1.5}}}}
        root = ElementTree.fromstring(to_xml(body))
        assert root.get('name') == 'a<&>"' and 'bad name' not in root.attrib and root.find(f'{NS}deep/{NS}ok').get('n')

    def test_json_stays_what_one_gets(self, api):
        assert api('GET', '/v2.0/', headers={'Accept': '*/*'}).content_type == 'application/json'
