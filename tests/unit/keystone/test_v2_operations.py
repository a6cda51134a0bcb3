"""Every operation of v2.0: path, who may, status, what the answer holds, in JSON and in XML; on both ports."""
from xml.etree import ElementTree

import pytest

from keystone.api.v2.app import ALL
from keystone.db.records import Hints

EC2, S3, TEMPLATE = 'OS-KSEC2:ec2Credentials', 'OS-KSS3:s3Credentials', 'OS-KSCATALOG:endpointTemplate'
SERVICE = 'OS-KSADM:service'
ADMIN, OWN, ANY, ALL_COME = {'admin'}, {'admin', 'owner'}, {'admin', 'owner', 'stranger'}, {
    'admin', 'owner', 'stranger', 'nobody'}
_TENANT = {'id', 'name', 'description', 'enabled'}
_USER = {'id', 'name', 'username', 'email', 'enabled', 'tenantId'}
_ROLE, _REF = {'id', 'name'}, {'id', 'roleId', 'tenantId', 'userId'}
_ENDPOINT = {'id', 'region', 'service_id', 'publicurl', 'internalurl', 'adminurl'}
_SERVICE = {'id', 'name', 'type', 'description', 'enabled'}
_PAIR = {'access', 'secret', 'user_id', 'tenant_id'}
_OF_TEMPLATE = {'id', 'region', 'type', 'name', 'publicURL', 'serviceId', 'global', 'enabled'}
_OF_TENANT = {'id', 'tenantId', 'region', 'type', 'name', 'publicURL'}
_ACCESS = {'token', 'user', 'serviceCatalog', 'metadata'}
_PASSWORD = {'user': {'id': '{spare}', 'password': 'new'}}
_CREDENTIALS = '/users/{{owner}}/{base}/credentials{more}'


def _pairs(base, member, one):
    """The operations of key pairs at one base path."""
    path, single = _CREDENTIALS.format(base=base, more=''), _CREDENTIALS.format(base=base, more=f'/{one}')
    shown = {'access', 'secret', 'key', 'userId', 'tenantId'} | ({'username'} if member == S3 else set())
    return [('POST', path, {member: {'secret': 'word', 'tenantId': '{project}'}}, ADMIN, 201, (member, shown)),
            ('GET', path, None, ADMIN, 200, ('credentials', None)),
            ('POST', single, {member: {'secret': 'other'}}, ADMIN, 200, (member, shown)),
            ('GET', single, None, ADMIN, 200, (member, shown)), ('DELETE', single, None, ADMIN, 204, None)]


# method, path, body, who may, status, (member of the answer, what it, or each thing in it, holds). In an order in which
# the administrator can do all of them.
OPERATIONS = [
    ('POST', '/tokens', {'auth': {'passwordCredentials': {'username': 'owner', 'password': 'the-password'},
                                  'tenantName': 'demo'}}, ALL_COME, 200, ('access', _ACCESS)),
    ('GET', '/tokens/{token}', None, ADMIN, 200, ('access', _ACCESS - {'serviceCatalog'})),
    ('HEAD', '/tokens/{token}', None, ADMIN, 200, None),
    ('GET', '/tokens/{token}/endpoints', None, ADMIN, 200, (
        'endpoints', {'id', 'name', 'type', 'region', 'publicURL', 'internalURL', 'adminURL', 'tenantId'})),
    ('GET', '/OS-KSVALIDATE/token/validate', None, ADMIN, 200, ('access', _ACCESS - {'serviceCatalog'})),
    ('HEAD', '/OS-KSVALIDATE/token/validate', None, ADMIN, 200, None),
    ('GET', '/OS-KSVALIDATE/token/endpoints', None, ADMIN, 200, ('endpoints', None)),
    ('GET', '/tokens/revoked', None, set(), 403, None),
    ('DELETE', '/tokens/{token}', None, ADMIN, 204, None),
    ('POST', '/tenants', {'tenant': {'name': 'x'}}, ADMIN, 200, ('tenant', _TENANT)),
    ('GET', '/tenants/{project}', None, ADMIN, 200, ('tenant', _TENANT)),
    ('PUT', '/tenants/{project}', {'tenant': {'description': 'x'}}, ADMIN, 200, ('tenant', _TENANT)),
    ('POST', '/tenants/{project}', {'tenant': {'description': 'x'}}, ADMIN, 200, ('tenant', _TENANT)),
    ('GET', '/tenants/{project}/users', None, ADMIN, 200, ('users', _USER)),
    ('GET', '/tenants/{project}/users/{owner}/roles', None, ADMIN, 200, ('roles', _ROLE)),
    ('POST', '/users', {'user': {'name': 'x', 'password': 'p', 'email': 'e', 'enabled': True,
                                 'tenantId': '{project}'}}, ADMIN, 200, ('user', _USER)),
    ('GET', '/users', None, ADMIN, 200, ('users', _USER)),
    ('GET', '/users/{spare}', None, ADMIN, 200, ('user', _USER)),
    ('PUT', '/users/{spare}', {'user': {'id': '{spare}', 'email': 'x'}}, ADMIN, 200, ('user', _USER)),
    *[('PUT', f'/users/{{spare}}/{prefix}password', _PASSWORD, ADMIN, 200, ('user', _USER))
      for prefix in ('', 'OS-KSADM/')],
    *[('PUT', f'/users/{{spare}}/{prefix}enabled', {'user': {'id': '{spare}', 'enabled': True}}, ADMIN, 200,
       ('user', _USER)) for prefix in ('', 'OS-KSADM/')],
    *[('PUT', f'/users/{{spare}}/{prefix}tenant', {'user': {'id': '{spare}', 'tenantId': '{project}'}}, ADMIN, 200,
       ('user', _USER)) for prefix in ('', 'OS-KSADM/')],
    ('GET', '/users/{spare}/roles', None, ADMIN, 501, None),
    ('PUT', '/users/{spare}/roles/OS-KSADM/{reader}', None, ADMIN, 501, None),
    ('DELETE', '/users/{spare}/roles/OS-KSADM/{reader}', None, ADMIN, 501, None),
    ('POST', '/users/{spare}/roleRefs', {'role': {'tenantId': '{project}', 'roleId': '{reader}'}}, ADMIN, 200,
     ('role', _ROLE)),
    ('GET', '/users/{spare}/roleRefs', None, ADMIN, 200, ('roles', _REF)),
    ('DELETE', '/users/{spare}/roleRefs/roleId={reader}&tenantId={project}&userId={spare}', None, ADMIN, 204, None),
    ('PUT', '/tenants/{project}/users/{spare}/roles/OS-KSADM/{reader}', None, ADMIN, 200, ('role', _ROLE)),
    ('DELETE', '/tenants/{project}/users/{spare}/roles/OS-KSADM/{reader}', None, ADMIN, 204, None),
    ('GET', '/OS-KSADM/services', None, ADMIN, 200, ('OS-KSADM:services', _SERVICE)),
    ('POST', '/OS-KSADM/services', {SERVICE: {'name': 'n', 'type': 't', 'description': 'd'}}, ADMIN, 200,
     (SERVICE, _SERVICE)),
    ('GET', '/OS-KSADM/services/{service}', None, ADMIN, 200, (SERVICE, _SERVICE)),
    ('GET', '/endpoints', None, ADMIN, 200, ('endpoints', _ENDPOINT)),
    ('POST', '/endpoints', {'endpoint': {'region': 'R', 'service_id': '{service}', 'publicurl': 'http://p',
                                         'internalurl': 'http://i', 'adminurl': 'http://a'}}, ADMIN, 200,
     ('endpoint', _ENDPOINT)),
    ('GET', '/OS-KSADM/roles', None, ADMIN, 200, ('roles', _ROLE)),
    ('POST', '/OS-KSADM/roles', {'role': {'name': 'x'}}, ADMIN, 200, ('role', _ROLE)),
    ('GET', '/OS-KSADM/roles/{reader}', None, ADMIN, 200, ('role', _ROLE)),
    ('POST', '/users/{owner}/credentials/OS-EC2', {'tenant_id': '{project}'}, OWN, 200, ('credential', _PAIR)),
    ('GET', '/users/{owner}/credentials/OS-EC2', None, OWN, 200, ('credentials', _PAIR)),
    ('GET', '/users/{owner}/credentials/OS-EC2/{access}', None, OWN, 200, ('credential', _PAIR)),
    ('DELETE', '/users/{owner}/credentials/OS-EC2/{access}', None, OWN, 204, None),
    ('POST', '/ec2tokens', {'credentials': {'access': 'x', 'signature': 'x', 'params': {'SignatureVersion': '0'}}},
     set(), 401, None),
    ('POST', '/s3tokens', {'credentials': {'access': 'x', 'token': 'eA', 'signature': 'x'}}, set(), 401, None),
    ('POST', '/OS-KSCATALOG/endpointTemplates', {TEMPLATE: {
        'id': 'one', 'serviceId': '{service}', 'region': 'R', 'publicURL': 'http://p', 'global': False}}, ADMIN, 201,
     (TEMPLATE, _OF_TEMPLATE)),
    ('GET', '/OS-KSCATALOG/endpointTemplates', None, ADMIN, 200, (f'{TEMPLATE}s', None)),
    ('GET', '/OS-KSCATALOG/endpointTemplates/one', None, ADMIN, 200, (TEMPLATE, _OF_TEMPLATE)),
    ('PUT', '/OS-KSCATALOG/endpointTemplates/one', {TEMPLATE: {'publicURL': 'http://q'}}, ADMIN, 200,
     (TEMPLATE, _OF_TEMPLATE)),
    ('POST', '/tenants/{project}/OS-KSCATALOG/endpoints', {TEMPLATE: {'id': 'one'}}, ADMIN, 201,
     ('endpoint', _OF_TENANT)),
    ('GET', '/tenants/{project}/OS-KSCATALOG/endpoints', None, ADMIN, 200, ('endpoints', None)),
    ('GET', '/tenants/{project}/OS-KSCATALOG/endpoints/one', None, ADMIN, 200, ('endpoint', _OF_TENANT)),
    ('DELETE', '/tenants/{project}/OS-KSCATALOG/endpoints/one', None, ADMIN, 204, None),
    ('DELETE', '/OS-KSCATALOG/endpointTemplates/one', None, ADMIN, 204, None),
    *_pairs('OS-KSADM', EC2, EC2), *_pairs('OS-KSADM', S3, S3), *_pairs('OS-KSS3', S3, 's3credentials'),
    *_pairs('OS-OS-KSS3', S3, 's3credentials'),
    ('GET', '/OS-STATS/stats', None, ADMIN, 200, ('OS-STATS:stats', {'type', 'extra'})),
    ('DELETE', '/OS-STATS/stats', None, ADMIN, 204, None),
    ('GET', '/extensions', None, ALL_COME, 200, ('extensions', {'values'})),
    ('GET', '/extensions/OS-EC2', None, ALL_COME, 200, (
        'extension', {'name', 'namespace', 'alias', 'updated', 'description', 'links'})),
    ('GET', '/tenants', None, ANY, 200, ('tenants', _TENANT)),
    ('DELETE', '/users/{spare}', None, ADMIN, 204, None),
    ('DELETE', '/endpoints/{endpoint}', None, ADMIN, 204, None),
    ('DELETE', '/OS-KSADM/services/{service}', None, ADMIN, 204, None),
    ('DELETE', '/OS-KSADM/roles/{gone}', None, ADMIN, 204, None),
    ('DELETE', '/tenants/{empty}', None, ADMIN, 204, None),
    ('PATCH', '/OS-KSCRUD/users/{owner}', {'user': {'password': 'p', 'original_password': 'the-password'}}, {'owner'},
     200, ('access', _ACCESS - {'serviceCatalog'})),
]
# Which stay as they are whoever asks: the administrator asks too.
SAME = {'/tokens/revoked', '/ec2tokens', '/s3tokens'}


@pytest.fixture
def names(cloud):
    """What the paths and bodies of OPERATIONS are filled with."""
    managers = cloud.managers
    return {'project': cloud.project['id'], 'owner': cloud.owner['id'], 'empty': cloud.new_project('empty')['id'],
            'spare': cloud.new_user('spare')['id'], 'token': cloud.token(cloud.member, cloud.project),
            'reader': cloud.roles['reader'], 'gone': managers.roles.create_role({'name': 'gone'})['id'],
            'service': managers.catalog.create_service({'type': 'compute', 'name': 'nova'})['id'],
            'endpoint': next(iter(managers.endpoint_templates.list())),
            'access': managers.ec2.create(cloud.owner['id'], cloud.project['id'])['access']}


def filled(value, names):
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return value.format(**names) if isinstance(value, str) else value


def ask(port, operation, names, token, **headers):
    method, path, body = operation[:3]
    subject = names['token'] if 'OS-KSVALIDATE' in path else None
    return port(method, f'/v2.0{path.format(**names)}', filled(body, names), token=token, subject=subject,
                headers=headers)


def test_each_is_for_whom_it_is_and_answers_as_it_should(admin_api, cloud, names):
    cast = cloud.cast()
    for operation in OPERATIONS:
        method, path, _, who, status, holds = operation
        for person in ('nobody', 'stranger', 'owner', 'admin'):
            if person in who or (person == 'admin' and path in SAME):
                continue
            answer = ask(admin_api, operation, names, cast[person])
            assert answer.status_int == (401 if person == 'nobody' else 403), (method, path, person, answer.text)
        answer = ask(admin_api, operation, names, cast['owner' if who == {'owner'} else 'admin'])
        assert answer.status_int == status, (method, path, answer.text)
        assert answer.headers['Vary'] == 'X-Auth-Token'
        if holds is None:
            assert status >= 400 or answer.body == b''
        else:
            check(path, answer.json, *holds)


def check(path, body, member, keys):
    """Whether an answer is one member beside links, and it, or each thing in it, holds just these keys."""
    assert {name for name in body if not name.endswith('_links')} == {member}, (path, body)
    found = body[member] if isinstance(body[member], list) else [body[member]]
    assert found, path
    for each in found:
        assert keys is None or set(each) == keys, (path, each)


def test_the_public_port_shows_no_more(api, cloud, names):
    cast = cloud.cast()
    for operation in OPERATIONS:
        for person in ('nobody', 'stranger', 'owner'):
            if person not in operation[3]:
                answer = ask(api, operation, names, cast[person])
                assert answer.status_int == (401 if person == 'nobody' else 403), (operation, person)


def test_each_answers_in_xml_too(admin_api, cloud, names):
    cast = cloud.cast()
    for operation in OPERATIONS:
        method, path, _, who, status, holds = operation
        answer = ask(admin_api, operation, names, cast['owner' if who == {'owner'} else 'admin'],
                     Accept='application/xml')
        assert answer.status_int == status, (path, answer.text)
        if answer.body:
            root = ElementTree.fromstring(answer.body)
            space, _, name = root.tag[1:].partition('}')
            prefix, _, member = (holds[0] if holds else 'error').rpartition(':')
            assert space == (f'http://docs.openstack.org/identity/api/ext/{prefix}/v1.0' if prefix else
                             'http://docs.openstack.org/identity/api/v2.0') and name == member, path


def test_none_is_left_out():
    """What a route is for stands in OPERATIONS."""
    names = dict.fromkeys(('project', 'owner', 'spare', 'token', 'reader', 'gone', 'service', 'endpoint', 'access',
                           'empty'), '<>')
    listed = {(method, path.format_map(names)) for method, path, *_ in OPERATIONS}
    listed = {(method, path.replace('roleId=<>&tenantId=<>&userId=<>', '<>').replace('/one', '/<>').replace(
        '/extensions/OS-EC2', '/extensions/<>')) for method, path in listed}
    there = set()
    for controller in ALL:
        for route, _ in controller(None, None, True).handlers():
            path = '/'.join('<>' if part.startswith('<') else part for part in route.path.split('/'))
            there.add((route.method, path))
    assert there == {(method, path) for method, path in listed if method != 'HEAD'}


WRONG = [
    # What is not there, or there already, or of another form.
    ('GET', '/tokens/none', None, 404), ('DELETE', '/tokens/none', None, 404), ('GET', '/tenants/none', None, 404),
    ('PUT', '/tenants/none', {'tenant': {'name': 'x'}}, 404), ('DELETE', '/tenants/none', None, 404),
    ('GET', '/tenants/none/users', None, 404), ('GET', '/tenants/{project}/users/none/roles', None, 404),
    ('GET', '/tenants/none/users/{owner}/roles', None, 404), ('GET', '/users/none', None, 404),
    ('PUT', '/users/none', {'user': {'email': 'x'}}, 404), ('DELETE', '/users/none', None, 404),
    ('PUT', '/users/none/password', {'user': {'password': 'x'}}, 404),
    ('PUT', '/users/none/enabled', {'user': {'enabled': False}}, 404),
    ('PUT', '/users/none/tenant', {'user': {'tenantId': '{project}'}}, 404),
    ('PUT', '/users/{owner}/tenant', {'user': {'tenantId': 'none'}}, 404),
    ('POST', '/users', {'user': {'name': 'owner'}}, 409), ('POST', '/tenants', {'tenant': {'name': 'demo'}}, 409),
    ('POST', '/OS-KSADM/roles', {'role': {'name': 'admin'}}, 409), ('GET', '/users/none/roleRefs', None, 404),
    ('POST', '/users/{owner}/roleRefs', {'role': {'tenantId': 'none', 'roleId': '{reader}'}}, 404),
    ('POST', '/users/{owner}/roleRefs', {'role': {'tenantId': '{project}', 'roleId': 'none'}}, 404),
    ('PUT', '/tenants/none/users/{owner}/roles/OS-KSADM/{reader}', None, 404),
    ('PUT', '/tenants/{project}/users/none/roles/OS-KSADM/{reader}', None, 404),
    ('PUT', '/tenants/{project}/users/{owner}/roles/OS-KSADM/none', None, 404),
    ('DELETE', '/tenants/{project}/users/{owner}/roles/OS-KSADM/{reader}', None, 404),
    ('GET', '/OS-KSADM/services/none', None, 404), ('DELETE', '/OS-KSADM/services/none', None, 404),
    ('DELETE', '/endpoints/none', None, 404), ('GET', '/OS-KSADM/roles/none', None, 404),
    ('POST', '/endpoints', {'endpoint': {'service_id': 'none', 'publicurl': 'http://x'}}, 404),
    ('DELETE', '/OS-KSADM/roles/none', None, 404), ('GET', '/extensions/none', None, 404),
    ('POST', '/users/{owner}/credentials/OS-EC2', {'tenant_id': 'none'}, 404),
    ('GET', '/users/{owner}/credentials/OS-EC2/none', None, 404),
    ('DELETE', '/users/{owner}/credentials/OS-EC2/none', None, 404), ('GET', '/nothing', None, 404),
    ('POST', '/tenants', {'tenant': {}}, 400), ('POST', '/tenants', {}, 400), ('POST', '/users', {'user': {}}, 400),
    ('PUT', '/users/{owner}/enabled', {'user': {'enabled': 'x'}}, 400),
    ('PUT', '/users/{owner}/password', {'user': {'id': '{owner}'}}, 400),
    ('POST', '/OS-KSADM/services', {'service': {'type': 'x'}}, 400), ('POST', '/OS-KSADM/roles', {'role': {}}, 400),
    ('POST', '/users/{owner}/credentials/OS-EC2', {}, 400), ('POST', '/tenants', None, 400),
    ('GET', '/tokens', None, 405), ('PATCH', '/users', {}, 405), ('DELETE', '/tenants', None, 405),
]


def test_what_is_wrong_is_said(admin_api, cloud, names):
    token = cloud.admin_token
    for method, path, body, status in WRONG:
        answer = admin_api(method, f'/v2.0{path.format(**names)}', filled(body, names), token=token)
        assert answer.status_int == status, (method, path, answer.text)
        error = answer.json['error']
        assert error['code'] == status and error['title'] and error['message'] and set(error) == {
            'code', 'title', 'message'}


def test_deleting_takes_along_what_hangs_on_it(admin_api, cloud, names):
    def admin(method, path):
        return admin_api(method, f'/v2.0{path}', token=cloud.admin_token)
    owner, project = cloud.owner['id'], cloud.project['id']
    assert admin('DELETE', f'/users/{owner}').status_int == admin('DELETE', f'/tenants/{project}').status_int == 204
    assert not [item for item in cloud.managers.assignments.list(_everything()) if item.target_id == project]
    service = names['service']
    cloud.managers.endpoint_templates.create({'public': 'http://x'}, {'service_id': service, 'region': 'R'})
    assert admin('DELETE', f'/OS-KSADM/services/{service}').status_int == 204
    assert service not in [each['service_id'] for each in cloud.managers.catalog.list_endpoints(Hints())]


def _everything():
    from keystone.assignment.listing import Wanted
    return Wanted()


@pytest.mark.parametrize('change', [('PUT', '/users/{owner}/password', {'user': {'password': 'n'}}),
                                    ('PUT', '/users/{owner}/enabled', {'user': {'enabled': False}}),
                                    ('PUT', '/users/{owner}/OS-KSADM/password', {'user': {'password': 'n'}}),
                                    ('PUT', '/users/{owner}/OS-KSADM/enabled', {'user': {'enabled': False}}),
                                    ('PUT', '/tenants/{project}', {'tenant': {'enabled': False}}),
                                    ('DELETE', '/users/{owner}', None), ('DELETE', '/tenants/{project}', None)])
def test_what_voids_tokens(admin_api, cloud, names, change):
    token, admin = cloud.token(cloud.owner, cloud.project), cloud.admin_token
    assert admin_api('GET', f'/v2.0/tokens/{token}', token=admin).status_int == 200
    assert ask(admin_api, change, names, admin).status_int in (200, 204)
    assert admin_api('GET', f'/v2.0/tokens/{token}', token=admin).status_int == 404
    assert admin_api('GET', '/v2.0/tenants', token=token).status_int == 401


def test_the_last_role_takes_membership_along(admin_api, cloud, names):
    def admin(method, path, body=None):
        return admin_api(method, f'/v2.0{path.format(**names)}', body, token=cloud.admin_token)
    spare = {'id': names['spare'], 'name': 'spare'}
    refs = '/users/{spare}/roleRefs'
    for take in ('/tenants/{project}/users/{spare}/roles/OS-KSADM/{reader}',
                 f'{refs}/roleId={{reader}}&tenantId={{project}}'):
        assert admin('PUT', '/users/{spare}/tenant', {'user': {'tenantId': names['project']}}).status_int == 200
        token = cloud.token(spare, cloud.project)
        admin('PUT', '/tenants/{project}/users/{spare}/roles/OS-KSADM/{reader}')
        found = admin('GET', '/tenants/{project}/users/{spare}/roles').json['roles']
        assert {role['name'] for role in found} == {'_member_', 'reader'}
        assert admin('DELETE', take).status_int == 204
        assert admin('GET', refs).json == admin('GET', '/tenants/{project}/users/{spare}/roles').json == {'roles': []}
        assert admin('GET', f'/tokens/{token}').status_int == 404
    # Another one is left: he stays.
    for role in ('member', 'reader'):
        admin('PUT', f'/tenants/{{project}}/users/{{spare}}/roles/OS-KSADM/{cloud.roles[role]}')
    admin('DELETE', '/tenants/{project}/users/{spare}/roles/OS-KSADM/{reader}')
    found = admin('GET', '/tenants/{project}/users/{spare}/roles').json['roles']
    assert [role['name'] for role in found] == ['member']
