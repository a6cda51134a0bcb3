"""Volumes and their snapshots."""
import pytest

INDEX, CREATE, SNAPSHOTS = '/project/volumes/', '/project/volumes/create/', '/project/snapshots/'
EVIL = '<script>alert(1)</script>'


def text(answer):
    return answer.content.decode()


def calls(cloud):
    return sorted((method, service, path) for method, service, path, _ in cloud.calls)


@pytest.fixture
def member(browse):
    return browse('member')


@pytest.fixture
def volume(cloud):
    return cloud.add_volume('data', size=5)


def page(row, form=''):
    return f'{INDEX}{row["id"]}/{form}'


def row_of(browser, key):
    return next(row for row in browser.get(INDEX).context['table'].rows if row.key == key)


class TestList:
    def test_two_calls_however_many_there_are(self, member, cloud):
        server = cloud.add_server('web')
        cloud.add_volumes(20)
        cloud.add_volume('of-web', server=server)
        cloud.calls.clear()
        shown = member.get(INDEX)
        assert calls(cloud) == [('GET', 'block-storage', '/volumes/detail'), ('GET', 'compute', '/servers')]
        assert len(shown.context['table'].rows) == 21
        assert f'<a href="/project/instances/{server["id"]}/">web</a>' in text(shown)

    def test_more_than_a_page_of_the_api(self, member, cloud, monkeypatch):
        from horizon.api import volumes
        monkeypatch.setattr(volumes, '_MOST', 3)
        cloud.add_volumes(7)
        assert len(member.get(INDEX).context['table'].rows) == 7

    def test_without_compute_it_still_says_what_there_is(self, member, cloud, volume):
        cloud.fail('compute', 'GET', '/servers', 503)
        assert 'data' in text(member.get(INDEX))

    def test_block_storage_down_is_said_in_place_of_the_table(self, member, cloud):
        cloud.fail('block-storage', 'GET', '/volumes/detail', 503)
        assert 'Block Storage' in text(member.get(INDEX))

    def test_names_are_text(self, member, cloud):
        volume = cloud.add_volume(EVIL, description=EVIL)
        cloud.add_snapshot(volume, EVIL, description=EVIL)
        for address in (INDEX, page(volume), page(volume, 'edit/'), page(volume, 'snapshot/'), CREATE, SNAPSHOTS):
            assert EVIL not in text(member.get(address))
            assert '&lt;script&gt;' in text(member.get(address))

    @pytest.mark.parametrize(('status', 'actions'), [
        ('available', ['attach', 'extend', 'snapshot', 'copy', 'edit', 'delete']),
        ('in-use', ['detach', 'snapshot', 'edit']), ('error', ['edit', 'delete']), ('creating', ['edit']),
        ('deleting', [])])
    def test_what_its_state_allows(self, member, cloud, status, actions):
        server = cloud.add_server('web') if status == 'in-use' else None
        volume = cloud.add_volume(status=status, server=server)
        assert [each.name for each in row_of(member, volume['id']).actions] == actions

    def test_a_bootable_one_launches(self, member, cloud):
        volume = cloud.add_volume(bootable=True)
        assert 'launch' in [each.name for each in row_of(member, volume['id']).actions]

    def test_the_row_of_one_being_made_is_live(self, member, cloud):
        member.post(CREATE, {'name': 'new', 'size': '2'})
        table = member.get(INDEX).context['table']
        assert table.poll
        cloud.finish()
        changed = member.get(INDEX, {'table': 'volumes', 'poll': table.poll}, headers={'HX-Request': 'true'})
        assert 'available' in text(changed)


class TestCreate:
    def test_five_calls_and_what_is_left(self, member, cloud):
        cloud.add_volumes(3, size=4)
        cloud.calls.clear()
        shown = member.get(CREATE)
        assert calls(cloud) == [('GET', 'block-storage', '/limits'), ('GET', 'block-storage', '/snapshots/detail'),
                                ('GET', 'block-storage', '/types'), ('GET', 'block-storage', '/volumes/detail'),
                                ('GET', 'image', '/v2/images')]
        assert '13 / 1000 GB' in text(shown)

    def test_empty(self, member, cloud):
        answer = member.post(CREATE, {'name': 'new', 'size': '7', 'description': 'of mine'})
        [row] = cloud.volumes.values()
        assert answer.url == page(row)
        assert (row['name'], row['size'], row['description']) == ('new', 7, 'of mine')

    def test_of_a_volume_a_snapshot_and_an_image(self, member, cloud, volume):
        snapshot = cloud.add_snapshot(volume)
        image = next(iter(cloud.images.values()))
        for source, field in ((f'volume:{volume["id"]}', 'source_volid'),
                              (f'snapshot:{snapshot["id"]}', 'snapshot_id')):
            form = member.get(CREATE, {'source': source}).context['form']
            assert form['size'].value() == 5
            url = member.post(CREATE, {'name': 'copy', 'source': source, 'size': ''}).url
            assert cloud.volumes[url.split('/')[-2]][field] == source.split(':')[1]
            assert cloud.volumes[url.split('/')[-2]]['size'] == 5
        made = member.post(CREATE, {'name': 'boots', 'source': f'image:{image["id"]}', 'size': '1'}, follow=True)
        assert made.context['bootable']

    def test_too_small_for_its_source(self, member, cloud, volume):
        answer = member.post(CREATE, {'name': 'x', 'source': f'volume:{volume["id"]}', 'size': '4'})
        assert answer.status_code == 422
        assert 'This needs at least 5 GB.' in text(answer)

    @pytest.mark.parametrize('size', ['0', '-1', 'x', '99999999999'])
    def test_a_size_that_cannot_be(self, member, cloud, size):
        assert member.post(CREATE, {'name': 'x', 'size': size}).status_code == 422
        assert not cloud.volumes

    def test_beyond_the_quota_is_explained_in_the_form(self, member):
        answer = member.post(CREATE, {'name': 'x', 'size': '2000'})
        assert answer.status_code == 413
        assert 'Quota exceeded for gigabytes' in text(answer)
        assert 'This is more than is left of the quota.' in text(answer)
        assert 'value="2000"' in text(answer)

    def test_a_type_is_asked_for_where_there_are_several(self, member, cloud):
        assert 'kind' not in member.get(CREATE).context['form'].fields
        cloud.add_volume_type('fast')
        member.post(CREATE, {'name': 'x', 'size': '1', 'kind': 'fast'})
        assert [each['volume_type'] for each in cloud.volumes.values()] == ['fast']

    def test_the_estimate(self, member, cloud, volume):
        cloud.calls.clear()
        assert '12 / 1000 GB' in text(member.get(INDEX + 'estimate/', {'size': '7'}))
        assert calls(cloud) == [('GET', 'block-storage', '/limits')]
        assert '10 / 1000 GB' in text(member.get(INDEX + 'estimate/', {'size': '', 'source': f'volume:{volume["id"]}'}))
        assert '6 / 1000 GB' in text(member.get(INDEX + 'estimate/', {'size': '6', 'now': '5'}))
        small = member.get(INDEX + 'estimate/', {'size': '2', 'source': f'volume:{volume["id"]}'})
        assert 'What it is made of needs at least 5 GB.' in text(small)
        for strange in ('x', '-1', '9' * 50, '²'):
            assert member.get(INDEX + 'estimate/', {'size': strange}).status_code == 200


class TestOne:
    def test_four_calls(self, member, cloud, volume):
        cloud.add_snapshot(volume, 'kept')
        cloud.add_snapshot(cloud.add_volume('other'), 'of another')
        cloud.calls.clear()
        shown = text(member.get(page(volume)))
        assert calls(cloud) == [('GET', 'block-storage', '/messages'), ('GET', 'block-storage', '/snapshots/detail'),
                                ('GET', 'block-storage', f'/volumes/{volume["id"]}'), ('GET', 'compute', '/servers')]
        assert 'kept' in shown
        assert 'of another' not in shown
        assert 'First page' not in shown

    def test_why_it_failed(self, member, cloud, volume):
        said = cloud.add_volume_message(volume, f'No host has room for it. {EVIL}')
        cloud.add_volume_message(cloud.add_volume('other'), 'of another')
        shown = text(member.get(page(volume)))
        assert 'No host has room for it. &lt;script&gt;' in shown
        assert said['request_id'] in shown
        assert 'of another' not in shown

    def test_older_block_storage_has_no_messages(self, member, cloud, volume):
        cloud.fail('block-storage', 'GET', '/messages', 404)
        assert member.get(page(volume)).status_code == 200

    def test_edit(self, member, volume):
        assert 'value="data"' in text(member.get(page(volume, 'edit/')))
        assert member.post(page(volume, 'edit/'), {'name': 'disk', 'description': 'd', 'bootable': 'on'}).url == \
            page(volume)
        assert (volume['name'], volume['description'], volume['bootable']) == ('disk', 'd', True)

    def test_extend(self, member, cloud, volume):
        cloud.calls.clear()
        assert '6 / 1000 GB' in text(member.get(page(volume, 'extend/')))
        assert len(cloud.calls) == 2
        assert member.post(page(volume, 'extend/'), {'size': '5'}).status_code == 422
        assert member.post(page(volume, 'extend/'), {'size': '9'}).url == page(volume)
        cloud.finish()
        assert volume['size'] == 9

    def test_extending_beyond_the_quota_is_explained(self, member, volume):
        answer = member.post(page(volume, 'extend/'), {'size': '5000'})
        assert answer.status_code == 413
        assert 'Quota exceeded' in text(answer)

    def test_attach_and_detach(self, member, cloud, volume):
        server = cloud.add_server('web')
        cloud.calls.clear()
        assert 'web' in text(member.get(page(volume, 'attach/')))
        assert len(cloud.calls) == 2
        assert member.post(page(volume, 'attach/'), {'server': server['id'], 'device': '/dev/vdc'}).url == page(volume)
        cloud.finish()
        assert 'as <code>/dev/vdc</code>' in text(member.get(page(volume)))
        asked = member.post(INDEX, {'table': 'volumes', 'action': f'detach:{volume["id"]}'})
        assert 'The server loses this disk at once.' in text(asked)
        member.post(INDEX, {'table': 'volumes', 'action': 'detach', 'keys': volume['id'], 'confirmed': '1'})
        cloud.finish()
        assert volume['status'] == 'available'

    @pytest.mark.parametrize('device', ['vdc', '/dev/../x', '/dev/VDC'])
    def test_no_device(self, member, cloud, volume, device):
        server = cloud.add_server('web')
        answer = member.post(page(volume, 'attach/'), {'server': server['id'], 'device': device})
        assert 'device' in answer.context['form'].errors

    def test_a_refused_attachment_is_explained_in_the_form(self, member, cloud, volume):
        server = cloud.add_server('web')
        volume['status'] = 'in-use'
        answer = member.post(page(volume, 'attach/'), {'server': server['id']})
        assert answer.status_code == 400
        assert 'is in-use, not available' in text(answer)

    def test_snapshot_and_a_volume_of_it(self, member, cloud, volume):
        shown = member.get(page(volume, 'snapshot/'))
        assert 'value="data snapshot"' in text(shown)
        assert member.post(page(volume, 'snapshot/'), {'name': 'kept'}).url == page(volume)
        cloud.finish()
        assert 'kept' in text(member.get(page(volume)))
        cloud.calls.clear()
        row = member.get(SNAPSHOTS).context['table'].rows[0]
        assert len(cloud.calls) == 2
        assert [each.name for each in row.actions] == ['volume', 'edit', 'delete']
        assert row.cells[1][1] == 'data'

    def test_a_snapshot_is_edited_and_deleted(self, member, cloud, volume):
        snapshot = cloud.add_snapshot(volume)
        assert member.post(f'{SNAPSHOTS}{snapshot["id"]}/edit/', {'name': 'better'}).url == SNAPSHOTS
        assert snapshot['name'] == 'better'
        member.post(SNAPSHOTS, {'table': 'snapshots', 'action': 'delete', 'keys': snapshot['id'], 'confirmed': '1'})
        cloud.finish()
        assert not cloud.snapshots

    def test_delete_asks_and_leads_to_the_list(self, member, cloud, volume):
        sent = {'table': 'volumes', 'action': 'delete', 'keys': volume['id']}
        asked = member.post(page(volume), sent)
        assert 'What is on it is gone for good.' in text(asked)
        assert member.post(page(volume), {**sent, 'confirmed': '1'}).url == INDEX
        cloud.finish()
        assert not cloud.volumes

    def test_why_it_was_not_deleted(self, member, cloud, volume):
        cloud.add_snapshot(volume)
        done = member.post(INDEX, {'table': 'volumes', 'action': 'delete', 'keys': volume['id'], 'confirmed': '1'},
                           follow=True)
        assert 'has 1 snapshots: delete them first' in text(done)


@pytest.mark.parametrize('form', ['', 'edit/', 'extend/', 'attach/', 'snapshot/'])
def test_a_stranger_finds_nothing(browse, cloud, volume, form):
    stranger, before = browse('stranger'), dict(volume)
    assert stranger.get(page(volume, form)).status_code == 404
    assert stranger.post(page(volume, form), {
        'name': 'x', 'size': '9', 'server': 'x', 'table': 'volumes', 'action': 'delete', 'keys': volume['id'],
        'confirmed': '1'}).status_code == 404
    assert volume == before
    assert stranger.get(INDEX).context['table'].rows == []


def test_an_admin_sees_those_of_his_project(browse, cloud, volume):
    assert browse('admin').get(INDEX).context['table'].rows == []


def test_nobody(browse, stranger_to_all):
    assert browse('nobody').get(INDEX).status_code == 404
    assert stranger_to_all.get(INDEX).status_code == 302


def test_a_cloud_without_volumes_has_no_panel(browse, cloud):
    for kind in ('block-storage', 'volumev3'):
        for service in [each for each in cloud.service_records.values() if each['type'] == kind]:
            del cloud.service_records[service['id']]
            for endpoint in [each for each in cloud.endpoints.values() if each['service_id'] == service['id']]:
                del cloud.endpoints[endpoint['id']]
    member = browse('member')
    assert member.get(INDEX).status_code == 404
    assert INDEX not in text(member.get('/project/images/'))
