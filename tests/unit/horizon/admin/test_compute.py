"""Overview, instances, flavors, images, hypervisors, aggregates, default quotas, services, system information."""
import csv
import io

import pytest

from horizon.admin.services.tables import key_of

EVIL = '<img src=x onerror=alert(1)>'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def admin(browse):
    return browse('admin')


def calls(cloud, method=None):
    return [path for verb, _, path, _ in cloud.calls if method in (None, verb)]


def act(admin, page, table, action, key):
    return admin.post(page, {'table': table, 'action': action, 'keys': [key], 'confirmed': '1'}, follow=True)


# Overview

def test_overview_by_project_with_names_in_three_calls(admin, cloud):
    cloud.add_servers(2)
    cloud.add_server('theirs', 'other')
    cloud.calls.clear()
    answer = admin.get('/admin/overview/')
    assert {row.data['name']: row.data['instances'] for row in answer.context['table'].rows} == {'demo': 2, 'other': 1}
    assert len(cloud.calls) == 3
    assert 'Capacity' in text(answer)


def test_usage_as_a_file(admin, cloud):
    cloud.add_project('=cmd()')
    cloud.add_server('a', '=cmd()', who='admin')
    cloud.add_server('b')
    answer = admin.get('/admin/overview/?format=csv')
    assert answer['Content-Disposition'] == 'attachment; filename="usage.csv"'
    rows = list(csv.reader(io.StringIO(text(answer))))
    assert rows[2] == ['Tenant', 'VCPUs', 'RamMB', 'DiskGB', 'Usage(Hours)']
    assert sorted(row[0] for row in rows[3:]) == ["'=cmd()", 'demo']


@pytest.mark.parametrize('period', ['start=x&end=y', 'start=2026-02-10&end=2026-02-01',
                                    'start=2999-01-01&end=2999-01-02'])
def test_a_period_that_cannot_be_is_explained(admin, period):
    answer = admin.get(f'/admin/overview/?{period}')
    assert answer.status_code == 200
    assert 'field-error' in text(answer)


def test_capacity_that_cannot_be_had_keeps_nothing_else_away(admin, cloud):
    cloud.add_server('web')
    cloud.fail('compute', 'GET', '/os-hypervisors/*', 500)
    answer = admin.get('/admin/overview/')
    assert 'demo' in text(answer)
    assert 'os-hypervisors/statistics' in text(answer)


# Instances

def test_instances_of_all_projects_with_names_in_four_calls(admin, cloud):
    cloud.add_servers(30)
    cloud.add_server('theirs', 'other')
    cloud.calls.clear()
    rows = admin.get('/admin/instances/').context['table'].rows
    assert len(rows) == 31
    assert {row.data['project'] for row in rows} == {'demo', 'other'}
    assert {row.data['flavor_name'] for row in rows} == {'m1.tiny'}
    assert len(cloud.calls) == 4


def test_instances_are_paged_and_filtered_by_compute(admin, cloud, conf):
    conf.set('page_size', 5, 'horizon')
    cloud.add_servers(7)
    cloud.add_server('broken', 'other', status='ERROR')
    first = admin.get('/admin/instances/').context['table']
    assert len(first.rows) == 5
    second = admin.get('/admin/instances/' + first.page.next).context['table']
    assert len(second.rows) == 3
    assert not {row.key for row in first.rows} & {row.key for row in second.rows}
    for query in ({'status': 'ERROR'}, {'q': 'broken'}, {'project': cloud.project_id('other')}):
        assert [row.title for row in admin.get('/admin/instances/', query).context['table'].rows] == ['broken']


def test_what_administrators_do_with_instances(admin, cloud):
    server = cloud.add_server('stuck', status='BUILD')
    page = '/admin/instances/'
    assert 'State reset: stuck' in text(act(admin, page, 'servers', 'reset-error', server['id']))
    assert cloud.servers[server['id']]['vm_state'] == 'error'
    assert 'Locked: stuck' in text(act(admin, page, 'servers', 'lock', server['id']))
    assert 'Unlocked: stuck' in text(act(admin, page, 'servers', 'unlock', server['id']))
    asked = admin.post(page, {'table': 'servers', 'action': f'force-delete:{server["id"]}'})
    assert 'whatever is being done to it' in text(asked)
    assert 'Being deleted: stuck' in text(act(admin, page, 'servers', 'force-delete', server['id']))
    cloud.finish()
    assert server['id'] not in cloud.servers


def test_an_instance_of_any_project_has_a_page(admin, cloud):
    server = cloud.add_server('theirs', 'other', status='ERROR')
    cloud.calls.clear()
    answer = admin.get(f'/admin/instances/{server["id"]}/')
    assert 'No valid host was found' in text(answer)
    assert 'stranger' in text(answer)
    assert len(cloud.calls) == 4
    gone = admin.post(f'/admin/instances/{server["id"]}/', {'table': 'servers', 'action': f'delete:{server["id"]}',
                                                            'confirmed': '1'})
    assert gone.url == '/admin/instances/'


# Flavors

FLAVOR = {'name': 'new', 'vcpus': 2, 'ram': 1024, 'disk': 10, 'ephemeral': 0, 'swap': 0}


def flavor(cloud, name):
    return next(each for each in cloud.flavors.values() if each['name'] == name)


def test_flavors_in_one_call(admin, cloud):
    cloud.add_flavor('secret', public=False)
    cloud.calls.clear()
    rows = admin.get('/admin/flavors/').context['table'].rows
    assert 'secret' in [row.title for row in rows]
    assert calls(cloud) == ['/flavors/detail']


def test_a_flavor_is_proposed_and_made(admin, cloud):
    form = admin.get('/admin/flavors/create/').context['form']
    assert form.initial['vcpus'] == 1
    assert admin.get('/admin/flavors/create/?vcpus=8').context['form']['vcpus'].value() == '8'
    admin.post('/admin/flavors/create/', {**FLAVOR, 'public': 'on', 'specs': 'ssd=true\nzone = fast'})
    assert flavor(cloud, 'new')['ram'] == 1024
    assert flavor(cloud, 'new')['specs'] == {'ssd': 'true', 'zone': 'fast'}


def test_a_private_flavor_and_who_may_use_it(admin, cloud):
    demo, other = cloud.project_id('demo'), cloud.project_id('other')
    admin.post('/admin/flavors/create/', {**FLAVOR, 'projects': [demo]})
    key = flavor(cloud, 'new')['id']
    page = admin.get(f'/admin/flavors/{key}/edit/')
    assert page.context['form'].initial['projects'] == [demo]
    admin.post(f'/admin/flavors/{key}/edit/', {'projects': [other], 'specs': 'a=b'})
    page = admin.get(f'/admin/flavors/{key}/edit/')
    assert page.context['form'].initial == {'specs': {'a': 'b'}, 'projects': [other]}


@pytest.mark.parametrize('wrong', [{'vcpus': 0}, {'ram': 'x'}, {'name': ''}, {'specs': 'no equals sign'},
                                   {'disk': 2 ** 40}], ids=str)
def test_flavors_that_cannot_be(admin, cloud, wrong):
    answer = admin.post('/admin/flavors/create/', {**FLAVOR, 'public': 'on', **wrong})
    assert answer.status_code == 422
    assert calls(cloud, 'POST') == []


def test_a_flavor_is_deleted(admin, cloud):
    assert 'Deleted: m1.nano' in text(act(admin, '/admin/flavors/', 'flavors', 'delete', '42'))


# Images

def test_images_of_all_projects_in_two_calls(admin, cloud):
    cloud.add_image('golden', 'other')
    cloud.calls.clear()
    rows = admin.get('/admin/images/').context['table'].rows
    assert {row.title: row.data['project'] for row in rows} == {'blank': 'admin', 'golden': 'other'}
    assert len(cloud.calls) == 2
    assert [row.title for row in admin.get('/admin/images/?q=GOLD').context['table'].rows] == ['golden']


def test_images_are_paged_by_glance(admin, cloud, conf):
    conf.set('page_size', 5, 'horizon')
    cloud.add_images(7)
    first = admin.get('/admin/images/').context['table']
    second = admin.get('/admin/images/' + first.page.next).context['table']
    assert (len(first.rows), len(second.rows)) == (5, 3)


def test_an_image_is_edited_deactivated_deleted(admin, cloud):
    image = cloud.add_image('golden', 'other')
    url = f'/admin/images/{image["id"]}/edit/'
    assert 'other' in text(admin.get(url))
    admin.post(url, {'name': 'gold', 'visibility': 'public', 'protected': 'on', 'min_ram': 64, 'min_disk': 0})
    kept = cloud.images[image['id']]
    assert (kept['name'], kept['visibility'], kept['protected'], kept['min_ram']) == ('gold', 'public', True, 64)
    assert 'not possible now' in text(act(admin, '/admin/images/', 'images', 'delete', image['id']))
    act(admin, '/admin/images/', 'images', 'deactivate', image['id'])
    assert cloud.images[image['id']]['status'] == 'deactivated'
    act(admin, '/admin/images/', 'images', 'reactivate', image['id'])
    admin.post(url, {'name': 'gold', 'visibility': 'public', 'min_ram': 64, 'min_disk': 0})
    assert 'Deleted: gold' in text(act(admin, '/admin/images/', 'images', 'delete', image['id']))


# Hypervisors, aggregates

def test_hypervisors_with_their_capacity_in_one_call(admin, cloud):
    cloud.add_host('node9')
    cloud.service_down('node9')
    cloud.calls.clear()
    answer = admin.get('/admin/hypervisors/')
    assert {row.title: row.level for row in answer.context['table'].rows}['node9'] == 'bad'
    assert text(answer).count('class="meter ') == 3 * len(answer.context['table'].rows)
    assert len(cloud.calls) == 1


def test_a_hypervisor_with_its_servers(admin, cloud):
    server = cloud.add_server('web')
    key = next(each['id'] for each in cloud.hypervisors.values() if each['host'] == server['host'])
    cloud.calls.clear()
    answer = admin.get(f'/admin/hypervisors/{key}/')
    assert 'web' in text(answer)
    assert 'demo' in text(answer)
    assert len(cloud.calls) == 3


def test_aggregates(admin, cloud):
    cloud.add_host('node9')
    page = '/admin/aggregates/'
    made = admin.post(f'{page}create/', {'name': 'fast', 'zone': 'ssd', 'hosts': ['node9'], 'metadata': 'disk=ssd'})
    assert made.status_code == 302
    key = next(iter(cloud.aggregates))
    assert cloud.aggregates[key]['hosts'] == ['node9']
    assert cloud.aggregates[key]['metadata'] == {'availability_zone': 'ssd', 'disk': 'ssd'}
    cloud.calls.clear()
    tables = admin.get(page).context['tables']
    assert len(cloud.calls) == 2
    assert 'ssd' in [row.title for row in tables[1].rows]
    admin.post(f'{page}{key}/', {'name': 'faster', 'zone': 'ssd', 'metadata': 'gpu=yes'})
    assert cloud.aggregates[key]['name'] == 'faster'
    assert (cloud.aggregates[key]['hosts'], cloud.aggregates[key]['metadata']) == (
        [], {'availability_zone': 'ssd', 'gpu': 'yes'})
    cloud.aggregates[key]['hosts'] = ['node9']
    assert 'Deleted: faster' in text(act(admin, page, 'aggregates', 'delete', str(key)))
    assert cloud.aggregates == {}


# Default quotas

def test_default_quotas_are_those_of_projects_without_their_own(admin, cloud):
    page = admin.get('/admin/quotas/')
    assert len(cloud.calls) == 2
    fields = {name: field.initial for name, field in page.context['form'].fields.items()}
    assert fields['volumev3.volumes'] == 10
    admin.post('/admin/quotas/', {**fields, 'compute.instances': 3, 'volumev3.volumes': 4})
    assert (cloud.quotas, cloud.volume_quotas) == ({None: {'instances': 3}}, {None: {'volumes': 4}})
    of_demo = admin.get(f'/admin/projects/{cloud.project_id("demo")}/quotas/').context['form']
    assert of_demo.fields['compute.instances'].initial == 3


def test_a_service_without_default_quotas_keeps_the_other_ones(admin, cloud):
    cloud.fail('compute', 'GET', '/os-quota-class-sets/*', 503)
    page = admin.get('/admin/quotas/')
    assert 'os-quota-class-sets/default' in text(page)
    assert 'volumev3.volumes' in page.context['form'].fields


# Services

def test_services_are_looked_at_again(admin, cloud):
    page = admin.get('/admin/services/')
    assert len(cloud.calls) == 2
    table = page.context['tables'][0]
    down = next(row for row in table.rows if row.data['binary'] == 'nova-compute')
    cloud.service_down(down.data['host'])
    seen = admin.get('/admin/services/', {'poll': table.poll, 'table': 'compute'})
    assert 'down' in text(seen)


def test_a_daemon_is_disabled_with_a_reason_and_enabled(admin, cloud):
    row = next(each for each in cloud.compute_services.values() if each['binary'] == 'nova-compute')
    url = f'/admin/services/disable/?kind=compute&binary=nova-compute&host={row["host"]}'
    form = admin.get(url).context['form']
    assert form.initial['host'] == row['host']
    admin.post(url, {'kind': 'compute', 'binary': 'nova-compute', 'host': row['host'], 'reason': 'new disks'})
    assert (row['status'], row['disabled_reason']) == ('disabled', 'new disks')
    key = key_of('compute', 'nova-compute', row['host'])
    assert 'Enabled: nova-compute' in text(act(admin, '/admin/services/', 'compute', 'enable', key))
    assert row['status'] == 'enabled'


def test_the_record_of_a_dead_daemon_goes(admin, cloud):
    cloud.add_host('gone')
    key = key_of('compute', 'nova-compute', 'gone')
    assert 'not possible now' in text(act(admin, '/admin/services/', 'compute', 'forget', key))
    cloud.service_down('gone')
    assert 'Removed: nova-compute @ gone' in text(act(admin, '/admin/services/', 'compute', 'forget', key))


# System information

def test_the_catalog_with_what_answers(admin, cloud):
    answer = admin.get('/admin/system/')
    services = {each['type']: each['endpoints'] for each in answer.context['services']}
    public = {kind: next(each for each in found if 'public' in each['interfaces'])
              for kind, found in services.items()}
    assert 'v2.1' in public['compute']['versions']
    assert 'v3' in public['identity']['versions']
    # Two for the catalog, one for the only host, one for each service.
    assert len(cloud.calls) == 2 + 1 + len(public)
    assert [each['host'] for each in answer.context['hosts']]
    assert answer.context['hosts'][0]['daemons']


def test_a_service_that_does_not_answer_is_marked(admin, cloud):
    cloud.refuse('image')
    answer = admin.get('/admin/system/')
    assert 'no answer' in text(answer)
    assert 'The service does not answer.' in text(answer)


def test_names_with_html_do_no_harm(admin, cloud):
    server, image = cloud.add_server(EVIL), cloud.add_image(EVIL)
    cloud.add_flavor(EVIL)
    cloud.break_server(server['id'], EVIL, details=EVIL)
    for url in ('/admin/instances/', f'/admin/instances/{server["id"]}/', '/admin/images/', '/admin/attention/',
                f'/admin/images/{image["id"]}/edit/', '/admin/flavors/',
                f'/admin/flavors/{flavor(cloud, EVIL)["id"]}/edit/'):
        page = text(admin.get(url))
        assert '<img' not in page, url
        assert '&lt;img' in page, url
