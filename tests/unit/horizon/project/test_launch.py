"""Launching: defaults, the estimate, what is sent, refusals in place."""
import base64
import json

import pytest

INDEX, LAUNCH, ESTIMATE = '/project/instances/', '/project/instances/launch/', '/project/instances/launch/estimate/'
HTMX = {'HX-Request': 'true'}


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def filled(browser, **values):
    """What a browser sends of the page as it comes, with some values typed."""
    form = browser.get(LAUNCH).context['form']
    return {**{name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}, **values}


def sent(cloud, monkeypatch):
    """The bodies of creates to come."""
    bodies = []
    compute = type(cloud.services['compute'])
    real = compute._checked
    monkeypatch.setattr(compute, '_checked', lambda self, req, asked: bodies.append(asked) or real(self, req, asked))
    return bodies


def test_who_may(browse, stranger_to_all):
    assert browse('member').get(LAUNCH).status_code == browse('stranger').get(LAUNCH).status_code == 200
    assert browse('nobody').get(LAUNCH).status_code == 404
    assert '/auth/login/' in stranger_to_all.get(LAUNCH).url


def test_calls_of_the_page(member, cloud):
    member.get(LAUNCH)
    assert sorted(path for _, _, path, _ in cloud.calls) == [
        '/flavors/detail', '/limits', '/os-availability-zone', '/os-keypairs', '/os-security-groups',
        '/os-tenant-networks', '/snapshots/detail', '/v2/images', '/volumes/detail']


def test_a_name_is_enough(member, cloud):
    cloud.add_keypair('mine')
    answer = member.post(LAUNCH, filled(member, name='web'))
    server = next(iter(cloud.servers.values()))
    assert answer.url == f'{INDEX}{server["id"]}/'
    assert server['name'] == 'web'
    assert server['key_name'] == 'mine'
    assert server['groups'] == ['default']
    assert server['flavor']['name'] == 'm1.micro'


def test_everything_chosen_is_sent(member, cloud, monkeypatch):
    bodies = sent(cloud, monkeypatch)
    cloud.add_security_group('web')
    image = cloud.add_image('mine')
    answer = member.post(LAUNCH, filled(
        member, name='web', count='2', flavor='2', source=f'image:{image["id"]}', zone='nova', config_drive='on',
        user_data='#!/bin/sh\r\necho <hello>\r\n', groups=['default', 'web']))
    assert answer.url == INDEX
    body = bodies[0]
    assert base64.b64decode(body.pop('user_data')) == b'#!/bin/sh\necho <hello>\n'
    assert body == {'name': 'web', 'flavorRef': '2', 'imageRef': image['id'], 'min_count': 2, 'max_count': 2,
                    'availability_zone': 'nova', 'config_drive': True,
                    'security_groups': [{'name': 'default'}, {'name': 'web'}]}
    assert [each['name'] for each in cloud.servers.values()] == ['web-1', 'web-2']


def test_networks_are_a_choice_when_there_are_several(member, cloud, monkeypatch):
    bodies = sent(cloud, monkeypatch)
    assert 'networks' not in member.get(LAUNCH).context['form'].fields
    first = next(iter(cloud.networks.values()))
    cloud.networks['other'] = {**first, 'id': 'other', 'label': 'other'}
    member.post(LAUNCH, filled(member, name='web', networks=['other']))
    assert bodies[0]['networks'] == [{'uuid': 'other'}]


def test_a_new_volume_and_volumes_to_boot_from(member, cloud, monkeypatch):
    bodies = sent(cloud, monkeypatch)
    image = next(iter(cloud.images))
    member.post(LAUNCH, filled(member, name='web', new_volume='3', delete_volume='on'))
    assert bodies[0]['block_device_mapping_v2'] == [{
        'boot_index': 0, 'uuid': image, 'source_type': 'image', 'destination_type': 'volume', 'volume_size': 3,
        'delete_on_termination': True}]
    assert '/limits' in {path for _, _, path, _ in cloud.calls}


def test_kernels_and_what_is_not_active_boot_nothing(member, cloud):
    cloud.add_image('a-kernel', container_format='aki', disk_format='aki')
    cloud.add_image('a-queued', data=None)
    shown = text(member.get(LAUNCH))
    assert 'a-kernel' not in shown
    assert 'a-queued' not in shown


def test_an_image_of_the_address_is_chosen(member, cloud):
    image = cloud.add_image('zebra', min_ram=4000)
    form = member.get(f'{LAUNCH}?image={image["id"]}').context['form']
    assert form['source'].value() == f'image:{image["id"]}'
    assert form['flavor'].value() == '3'
    assert member.get(f'{LAUNCH}?image=nonsense').status_code == 200


def test_a_flavor_too_small_for_the_image_is_said_before(member, cloud):
    image = cloud.add_image('large', min_ram=4000)
    answer = member.post(LAUNCH, filled(member, name='web', source=f'image:{image["id"]}', flavor='1'))
    assert answer.status_code == 422
    assert 'at least 4000 MB of memory' in text(answer)
    assert not cloud.servers


@pytest.mark.parametrize('wrong', [
    {'name': ''}, {'name': 'x' * 256}, {'count': '0'}, {'count': 'many'}, {'flavor': 'none'}, {'source': 'image:x'},
    {'source': 'x'}, {'user_data': 'x' * 16385}, {'key': 'not mine'}, {'groups': ['nobody']}, {'zone': 'mars'}])
def test_what_is_wrong_is_said_in_the_form(member, cloud, wrong):
    answer = member.post(LAUNCH, filled(member, **{'name': 'web', **wrong}))
    assert answer.status_code == 422
    assert 'field-error' in text(answer)
    assert not cloud.servers


def test_a_refusal_is_shown_in_place_and_what_was_typed_stays(member, cloud):
    cloud.set_quota('demo', instances=0)
    answer = member.post(LAUNCH, filled(member, name='web-<b>1', user_data='#!/bin/mine'))
    assert answer.status_code == 403
    for each in ('Quota exceeded for instances', 'POST /servers', 'req-', 'value="web-&lt;b&gt;1"', '#!/bin/mine',
                 'ask an administrator for a larger quota'):
        assert each in text(answer)
    assert '<details class="more" open>' in text(answer)


def test_the_estimate_comes_with_the_page(member, cloud):
    cloud.add_servers(2)
    estimate = member.get(LAUNCH).context['estimate']
    assert [(each['label'], each['used'], each['more'], each['limit']) for each in estimate['meters']] == [
        ('Instances', 2, 1, 10), ('vCPUs', 2, 1, 20), ('Memory', 1024, 128, 51200)]
    assert estimate['left'] == 7
    assert 'Then 7 more of this size fit.' in text(member.get(LAUNCH))


def test_the_estimate_follows(member, cloud):
    answer = member.get(ESTIMATE, {'flavor': '5', 'count': '3'}, headers=HTMX)
    assert '24 / 20' in text(answer)
    assert 'more than is left of the quota' in text(answer)
    assert len(cloud.calls) == 2
    image = cloud.add_image('large', min_disk=10)
    answer = member.get(ESTIMATE, {'flavor': '1', 'count': 'x', 'source': f'image:{image["id"]}'}, headers=HTMX)
    assert 'at least 10 GB' in text(answer)
    assert 'Choose a flavor' in text(member.get(ESTIMATE, {'flavor': 'none', 'source': 'image:../x'}))


def test_the_estimate_without_javascript(member, cloud):
    answer = member.post(LAUNCH, filled(member, name='web', flavor='4', count='3', recalculate='1'))
    assert answer.status_code == 200
    assert '12 / 20' in text(answer)
    assert 'value="web"' in text(answer)
    assert not cloud.servers


def test_a_quota_without_limits(member, cloud):
    cloud.set_quota('demo', instances=-1, cores=-1, ram=-1)
    estimate = member.get(LAUNCH).context['estimate']
    assert estimate['left'] is None
    assert 'no limit' in text(member.get(LAUNCH))


def test_what_only_helps_may_be_missing(member, cloud):
    for path in ('/limits', '/os-availability-zone', '/os-keypairs', '/os-security-groups', '/os-tenant-networks'):
        cloud.fail('compute', 'GET', path, 500)
    cloud.refuse('block-storage')
    member.post(LAUNCH, filled(member, name='web'))
    assert len(cloud.servers) == 1


def test_without_images_there_is_nothing_to_launch(member, cloud):
    cloud.images.clear()
    assert 'There is no image to boot from.' in text(member.get(LAUNCH))
    cloud.refuse('image')
    assert member.get(LAUNCH).status_code == 503


def test_html_does_no_harm(member, cloud):
    evil = '<script>alert(1)</script>'
    cloud.add_image(evil)
    cloud.add_flavor(evil)
    cloud.add_keypair(evil)
    cloud.add_security_group(evil)
    assert evil not in text(member.get(LAUNCH))
    assert evil not in text(member.post(LAUNCH, filled(member, name=evil, user_data=f'{evil}"', zone=evil)))


def test_what_was_typed_survives_a_log_in(member, cloud):
    groups = json.dumps(['default', 'web'])
    cloud.add_security_group('web')
    answer = member.post(LAUNCH, {'_restore': '1', 'name': 'kept', 'groups': json.loads(groups), 'flavor': '2'})
    assert 'value="kept"' in text(answer)
    assert answer.context['form']['groups'].value() == ['default', 'web']
    assert answer.context['form']['flavor'].value() == '2'
