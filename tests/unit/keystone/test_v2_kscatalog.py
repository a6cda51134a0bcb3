"""OS-KSCATALOG: endpoint templates, and which of them a tenant has."""
from xml.etree import ElementTree

import pytest

from keystone.db.records import Hints

MEMBER = 'OS-KSCATALOG:endpointTemplate'
PATH = '/OS-KSCATALOG/endpointTemplates'
NS = '{http://docs.openstack.org/identity/api/v2.0}'
EXT = '{http://docs.openstack.org/identity/api/ext/OS-KSCATALOG/v1.0}'
XML = {'Content-Type': 'application/xml', 'Accept': 'application/xml'}
TEMPLATE = {'id': 1, 'region': 'North', 'global': True, 'type': 'compute',
            'publicURL': 'https://compute.north.public.com/v1', 'internalURL': 'https://compute.north.internal.com/v1',
            'versionId': '1', 'versionInfo': 'https://compute.north.public.com/v1/',
            'versionList': 'https://compute.north.public.com/', 'enabled': True}


@pytest.fixture
def compute(cloud):
    return cloud.managers.catalog.create_service({'type': 'compute', 'name': 'Compute'})


@pytest.fixture
def new(admin, compute):
    """new(id=...) -> the template that is made."""
    def call(status=201, **values):
        answer = admin('POST', PATH, {MEMBER: {**TEMPLATE, **values}})
        assert answer.status_int == status, answer.text
        return answer.json.get(MEMBER)
    return call


@pytest.fixture
def seen(cloud):
    """seen(project) -> the public URLs of its catalog's compute endpoints."""
    def call(project):
        found = {each['type']: each['endpoints'] for each in cloud.managers.catalog.catalog('u', project['id'])}
        return sorted(each['url'] for each in found.get('compute', ()) if each['interface'] == 'public')
    return call


def test_a_template_comes_changes_and_goes(admin, new, compute, cloud):
    made = new()
    assert made == {**TEMPLATE, 'id': '1', 'name': 'Compute', 'serviceId': compute['id']}
    assert admin('GET', f'{PATH}/1').json == {MEMBER: made}
    assert admin('POST', PATH, {MEMBER: TEMPLATE}).status_int == 409
    listed = admin('GET', PATH).json
    assert made in listed[f'{MEMBER}s'] and listed[f'{MEMBER}s_links'] == []
    assert len(listed[f'{MEMBER}s']) == 2   # beside the one of Keystone, which v3 made
    assert admin('GET', f'{PATH}?serviceId={compute["id"]}').json[f'{MEMBER}s'] == [made]
    # To the other APIs it is endpoints.
    assert {each['interface'] for each in cloud.managers.catalog.list_endpoints(Hints().add('region_id', 'North'))} == {
        'public', 'internal'}
    assert [each['publicurl'] for each in admin('GET', '/endpoints').json['endpoints'] if each['id'] == '1'] == [
        TEMPLATE['publicURL']]
    change = {'publicURL': 'https://new', 'internalURL': None, 'adminURL': 'https://admin', 'enabled': False,
              'versionId': None, 'region': 'South'}
    changed = admin('PUT', f'{PATH}/1', {MEMBER: change}).json[MEMBER]
    assert changed == {name: value for name, value in {**made, **change}.items() if value is not None}
    assert admin('DELETE', f'{PATH}/1').status_int == 204
    for method, body in (('GET', None), ('DELETE', None), ('PUT', {MEMBER: change})):
        assert admin(method, f'{PATH}/1', body).status_int == 404


def test_those_that_are_not_global_are_for_who_was_given_them(admin, new, cloud, seen):
    new(publicURL='https://all')
    cloud.managers.catalog.create_endpoint({'service_id': new(id='2', publicURL='https://$(tenant_id)s')['serviceId'],
                                            'interface': 'public', 'url': 'https://v3'})
    private = new(id='3', publicURL='https://few/$(tenant_id)s', **{'global': False})
    assert private['global'] is False
    demo, elsewhere = cloud.project, cloud.elsewhere
    everybody = [f'https://{demo["id"]}', 'https://all', 'https://v3']
    assert seen(demo) == sorted(everybody)
    path = f'/tenants/{demo["id"]}/OS-KSCATALOG/endpoints'
    assert admin('GET', f'{path}/3').status_int == 404 and admin('DELETE', f'{path}/3').status_int == 404
    given = admin('POST', path, {MEMBER: {'id': '3'}})
    assert given.status_int == 201 and given.json['endpoint']['publicURL'] == f'https://few/{demo["id"]}'
    assert given.json['endpoint']['tenantId'] == demo['id'] and given.json['endpoint']['versionId'] == '1'
    assert admin('GET', f'{path}/3').json == given.json
    assert {each['id'] for each in admin('GET', path).json['endpoints']} >= {'1', '2', '3'}
    # It adds, and takes nothing away; nobody else sees it, nor does a token for no tenant.
    assert seen(demo) == sorted([*everybody, f'https://few/{demo["id"]}'])
    assert 'https://few' not in str(seen(elsewhere)) and 'https://few' not in str(seen({'id': None}))
    for key, status in (('3', 409), ('1', 409), ('none', 404)):
        assert admin('POST', path, {MEMBER: {'id': key}}).status_int == status
    assert admin('DELETE', f'{path}/1').status_int == 403
    assert admin('DELETE', f'{path}/3').status_int == 204 and seen(demo) == sorted(everybody)
    for method, body in (('GET', None), ('POST', {MEMBER: {'id': '3'}})):
        assert admin(method, '/tenants/none/OS-KSCATALOG/endpoints', body).status_int == 404


def test_beside_filters_of_v3(admin, new, cloud, seen, as_admin, conf):
    new(publicURL='https://all')
    new(id='3', publicURL='https://few', **{'global': False})
    other = cloud.managers.catalog.create_endpoint({'service_id': new(id='2', publicURL='https://two')['serviceId'],
                                                    'interface': 'public', 'url': 'https://v3'})
    project = cloud.project
    # Who was given some of v3's sees no others of v3's, and what is said to be everybody's.
    as_admin('PUT', f'/OS-EP-FILTER/projects/{project["id"]}/endpoints/{other["id"]}')
    assert seen(project) == ['https://all', 'https://two', 'https://v3']
    as_admin('DELETE', f'/OS-EP-FILTER/projects/{project["id"]}/endpoints/{other["id"]}')
    conf.set('return_all_endpoints_if_no_filter', False, 'endpoint_filter')
    assert seen(project) == ['https://all', 'https://two']
    admin('POST', f'/tenants/{project["id"]}/OS-KSCATALOG/endpoints', {MEMBER: {'id': '3'}})
    assert seen(project) == ['https://all', 'https://few', 'https://two']


def test_in_xml(admin, compute, cloud):
    made = admin('POST', PATH, headers=XML, POST=b"""<?xml version="1.0" encoding="UTF-8"?>
        <endpointTemplate xmlns="http://docs.openstack.org/identity/api/ext/OS-KSCATALOG/v1.0" id="1" region="North"
        global="false" type="compute" name="Compute" publicURL="https://service-public.com/v1"
        internalURL="https://service-internal.com/v1" enabled="true">
        <version id="1" info="https://compute.north.public.com/v1/" list="https://compute.north.public.com/" />
        </endpointTemplate>""")
    assert made.status_int == 201, made.text
    root = ElementTree.fromstring(made.body)
    assert root.tag == f'{EXT}endpointTemplate' and root.get('publicURL') == 'https://service-public.com/v1'
    assert root.get('global') == 'false' and root.get('enabled') == 'true'
    version = next(each for each in root if each.tag.endswith('}version'))
    assert version.attrib == {'id': '1', 'info': 'https://compute.north.public.com/v1/',
                              'list': 'https://compute.north.public.com/'}
    listed = ElementTree.fromstring(admin('GET', PATH, headers=XML).body)
    assert listed.tag == f'{EXT}endpointTemplates' and '1' in [each.get('id') for each in listed]
    path = f'/tenants/{cloud.project["id"]}/OS-KSCATALOG/endpoints'
    given = admin('POST', path, headers=XML, POST=b"""<endpointTemplate id="1"
        xmlns="http://docs.openstack.org/identity/api/ext/OS-KSCATALOG/v1.0"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="EndpointTemplateWithOnlyId"/>""")
    root = ElementTree.fromstring(given.body)
    assert given.status_int == 201 and root.tag == f'{NS}endpoint' and root.get('tenantId') == cloud.project['id']
    assert root.find(f'{NS}version').get('id') == '1'
    assert ElementTree.fromstring(admin('GET', path, headers=XML).body).tag == f'{NS}endpoints'


@pytest.mark.parametrize('values', [
    {'publicURL': None}, {'publicURL': 'https://$(password)s'}, {'type': 'nothing'}, {'type': 5}, {'enabled': 'maybe'},
    {'global': 3}, {'id': ''}, {'id': 'x' * 65}, {'id': 'a/b'}, {'id': {}}, {'versionId': []}, {'serviceId': 5},
    {'region': 5}])
def test_bad_templates_are_400(new, values):
    new(400, **values)


def test_the_service_is_one(new, admin, cloud, compute):
    assert new(type='compute', serviceId='none', status=404) is None
    second = cloud.managers.catalog.create_service({'type': 'compute', 'name': 'Other'})
    new(400)
    assert new(name='Other')['serviceId'] == second['id']
    body = {MEMBER: {'publicURL': 'https://x'}}
    made = admin('POST', f'{PATH}?serviceId={compute["id"]}', body)
    assert made.status_int == 201 and made.json[MEMBER]['serviceId'] == compute['id']
    moved = admin('PUT', f'{PATH}/1', {MEMBER: {'serviceId': compute['id']}}).json[MEMBER]
    assert (moved['serviceId'], moved['name']) == (compute['id'], 'Compute')


def test_administrators_alone(cloud, admin_api, new):
    new()
    tenant = f'/tenants/{cloud.project["id"]}/OS-KSCATALOG/endpoints'
    for method, path, body in (
            ('GET', PATH, None), ('POST', PATH, {MEMBER: TEMPLATE}), ('GET', f'{PATH}/1', None),
            ('PUT', f'{PATH}/1', {MEMBER: {'enabled': False}}), ('DELETE', f'{PATH}/1', None), ('GET', tenant, None),
            ('POST', tenant, {MEMBER: {'id': '1'}}), ('GET', f'{tenant}/1', None), ('DELETE', f'{tenant}/1', None)):
        for who, token in cloud.cast().items():
            if who != 'admin':
                status = admin_api(method, f'/v2.0{path}', body, token=token).status_int
                assert status == (401 if who == 'nobody' else 403), (method, path, who)
    assert {'OS-KSCATALOG', 'OS-KSS3'} <= {each['alias'] for each in admin_api(
        'GET', '/v2.0/extensions').json['extensions']['values']}
