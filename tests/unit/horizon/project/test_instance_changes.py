"""Forms that change a server."""
import pytest

from horizon.api import client

INDEX = '/project/instances/'
EVIL = '<script>alert(1)</script>'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


@pytest.fixture
def server(cloud):
    return cloud.add_server('web')


def page(server, form=''):
    return f'{INDEX}{server["id"]}/{form}'


@pytest.mark.parametrize('form', ['rename', 'snapshot', 'resize', 'rebuild', 'associate', 'groups', 'metadata',
                                  'attach', 'detach'])
def test_a_stranger_changes_nothing(browse, cloud, server, form):
    stranger, before = browse('stranger'), dict(server)
    assert stranger.post(page(server, f'{form}/'), {
        'name': 'x', 'flavor': '2', 'image': 'x', 'address': 'x', 'pairs': 'a = b', 'volume': 'x'}).status_code == 404
    assert server == before


def test_rename(member, cloud, server):
    assert 'value="web"' in text(member.get(page(server, 'rename/')))
    assert member.post(page(server, 'rename/'), {'name': EVIL}).url == page(server)
    assert server['name'] == EVIL
    assert EVIL not in text(member.get(page(server)))


def test_snapshot(member, cloud, server):
    assert 'value="web 2' in text(member.get(page(server, 'snapshot/')))
    answer = member.post(page(server, 'snapshot/'), {'name': 'kept'}, follow=True)
    assert 'Taking the snapshot kept.' in text(answer)
    assert 'Copy the disk' in text(answer) or 'taking a snapshot' in text(answer)
    cloud.finish()
    assert 'kept' in [each['name'] for each in cloud.images.values()]


def test_resize_and_both_ends(member, cloud, server):
    form = member.get(page(server, 'resize/'))
    assert 'Now: m1.tiny' in text(form)
    assert '1' not in [value for value, _ in form.context['form'].fields['flavor'].choices]
    assert member.post(page(server, 'resize/'), {'flavor': '2'}).url == page(server)
    cloud.finish()
    shown = text(member.get(page(server)))
    assert 'Keep it' in shown
    member.post(page(server), {'table': 'servers', 'action': f'confirm:{server["id"]}'})
    cloud.finish()
    assert server['vm_state'] == 'active'
    assert server['flavor']['id'] == '2'


def test_a_resize_beyond_the_quota_is_explained_in_the_form(member, cloud, server):
    cloud.set_quota('demo', ram=600)
    answer = member.post(page(server, 'resize/'), {'flavor': '2'})
    assert answer.status_code == 403
    assert 'Quota exceeded' in text(answer)


def test_rebuild(member, cloud, server):
    image = cloud.add_image('other')
    assert 'What is on its disk now is lost.' in text(member.get(page(server, 'rebuild/')))
    assert member.post(page(server, 'rebuild/'), {'image': image['id']}).url == page(server)
    assert server['image_id'] == image['id']


def test_a_free_address_is_given(member, cloud, server):
    free = cloud.add_floating_ip()
    member.post(page(server, 'associate/'), {'address': free['ip']})
    assert free['instance_id'] == server['id']


def test_an_address_is_allocated_in_the_same_step(member, cloud, server):
    form = member.get(page(server, 'associate/')).context['form']
    first = form.fields['address'].choices[0][0]
    assert first == 'new:nova'
    assert member.post(page(server, 'associate/'), {'address': first}).url == page(server)
    assert [each['instance_id'] for each in cloud.floating_ips.values()] == [server['id']]


def test_addresses_in_use_and_others_are_no_choice(member, cloud, server):
    used = cloud.add_floating_ip(server=cloud.add_server('other'))
    theirs = cloud.add_floating_ip('other')
    for each in (used, theirs):
        assert member.post(page(server, 'associate/'), {'address': each['ip']}).status_code == 422


def test_groups(member, cloud, server):
    cloud.add_security_group('web')
    form = member.get(page(server, 'groups/')).context['form']
    assert form['groups'].value() == ['default']
    member.post(page(server, 'groups/'), {'groups': ['web']})
    assert server['groups'] == ['web']
    cloud.calls.clear()
    member.post(page(server, 'groups/'), {'groups': ['web']})
    assert not cloud.calls_of('compute', 'POST')


def test_metadata(member, cloud, server):
    server['metadata'] = {'role': 'db'}
    assert 'role = db' in text(member.get(page(server, 'metadata/')))
    member.post(page(server, 'metadata/'), {'pairs': 'a = b = c\n\nempty=\n'})
    assert server['metadata'] == {'a': 'b = c', 'empty': ''}


@pytest.mark.parametrize('pairs', ['nothing', '= x', 'a=1\na=2', f'{"k" * 256} = x', f'k = {"v" * 256}'])
def test_what_is_no_metadata(member, server, pairs):
    assert member.post(page(server, 'metadata/'), {'pairs': pairs}).status_code == 422
    assert server['metadata'] == {}


def test_volumes_come_and_go(member, cloud, server):
    volume = cloud.add_volume('data')
    assert 'data' in text(member.get(page(server, 'attach/')))
    assert member.post(page(server, 'attach/'), {'volume': volume['id']}).url == page(server)
    cloud.finish()
    assert 'data' in text(member.get(page(server)))
    assert 'data' in text(member.get(page(server, 'detach/')))
    assert member.post(page(server, 'detach/'), {'volume': volume['id']}).url == page(server)
    assert member.post(page(server, 'attach/'), {'volume': volume['id'], 'device': '../x'}).status_code == 422


def test_a_refusal_is_shown_in_the_form(member, cloud, server):
    cloud.fail('compute', 'POST', '/servers/*/action', 409)
    for form, values in (('snapshot/', {'name': 'kept'}), ('rebuild/', {'image': next(iter(cloud.images))})):
        answer = member.post(page(server, form), values)
        assert answer.status_code == 409
        assert 'Wait for it, then try again.' in text(answer)


@pytest.mark.parametrize('what', ['attach', 'detach'])
def test_a_cloud_without_volumes_has_no_forms_for_them(browse, cloud, monkeypatch, what):
    server = cloud.add_server('web')
    member, has = browse('member'), client.Client.has
    monkeypatch.setattr(client.Client, 'has', lambda self, service: service != 'volumev3' and has(self, service))
    for answer in (member.get(f'/project/instances/{server["id"]}/{what}/'),
                   member.post(f'/project/instances/{server["id"]}/{what}/', {})):
        assert answer.status_code == 404
        assert 'This cloud has no volumes.' in answer.content.decode()
    assert cloud.calls == []
