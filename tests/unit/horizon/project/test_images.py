"""Images: listed, uploaded, fetched, edited, shared, deleted."""
import io

import pytest

INDEX, CREATE = '/project/images/', '/project/images/create/'


def text(answer):
    return answer.content.decode()


def fields(**changed):
    return {'name': 'mine', 'visibility': 'private', 'source': 'file', 'min_ram': '0', 'min_disk': '0', **changed}


def calls(cloud):
    return [(method, path) for method, _, path, _ in cloud.calls]


@pytest.fixture
def member(browse):
    return browse('member')


def names(browser):
    return [row.title for row in browser.get(INDEX).context['table'].rows]


def test_the_list_takes_one_call_and_is_paged(member, cloud, conf):
    conf.set('page_size', 5, 'horizon')
    cloud.add_images(12)
    cloud.calls.clear()
    first = member.get(INDEX)
    assert calls(cloud) == [('GET', '/v2/images')]
    assert len(first.context['table'].rows) == 5
    second = member.get(INDEX + first.context['table'].page.next)
    assert not {row.key for row in first.context['table'].rows} & {row.key for row in second.context['table'].rows}


class TestCreate:
    def file(self, data=b'some disk', name='disk.img'):
        found = io.BytesIO(data)
        found.name = name
        return found

    def test_without_scripts_the_file_comes_with_the_form(self, member, cloud):
        answer = member.post(CREATE, fields(file=self.file()))
        assert answer.status_code == 302
        page = member.get(answer.url)
        assert page.context['image']['disk_format'] == 'raw'
        assert page.context['image']['size'] == 9

    def test_with_scripts_the_record_comes_first(self, member):
        made = member.post(CREATE, fields(filename='x.qcow2'), headers={'Accept': 'application/json'})
        assert made.status_code == 201
        where = made.json()
        done = member.put(where['upload'], b'q' * 300_000, content_type='application/octet-stream')
        assert done.status_code == 200, text(done)
        image = member.get(where['done']).context['image']
        assert (image['disk_format'], image['size'], image['status']) == ('qcow2', 300_000, 'active')

    def test_a_refused_upload_says_why(self, member, cloud):
        made = member.post(CREATE, fields(filename='x.qcow2'), headers={'Accept': 'application/json'}).json()
        cloud.fail('image', 'PUT', '/v2/images/*/file', 413)
        done = member.put(made['upload'], b'q', content_type='application/octet-stream')
        assert done.status_code == 413
        assert set(done.json()) == {'message', 'advice', 'request_id'}

    def test_larger_than_the_operator_allows(self, member, cloud, conf):
        conf.set('upload_megabytes', 1, 'horizon')
        made = member.post(CREATE, fields(filename='x.qcow2'), headers={'Accept': 'application/json'}).json()
        cloud.calls.clear()
        done = member.put(made['upload'], b'q' * (1 << 21), content_type='application/octet-stream')
        assert done.status_code == 413
        assert 'up to 1 MB' in done.json()['message']
        assert cloud.calls == []

    def test_a_failed_file_leaves_no_empty_image(self, member, cloud):
        before = names(member)
        cloud.fail('image', 'PUT', '/v2/images/*/file', 503)
        answer = member.post(CREATE, fields(file=self.file()))
        assert answer.status_code == 502
        assert names(member) == before

    def test_of_an_address(self, member, cloud):
        answer = member.post(CREATE, fields(source='url', url='https://images.test/a/disk.qcow2?x=1'))
        assert answer.status_code == 302
        assert calls(cloud) == [('POST', '/v2/images'), ('POST', f'/v2/images/{answer.url.split("/")[3]}/import')]

    @pytest.mark.parametrize(('given', 'field'), [
        ({}, 'file'), ({'source': 'url', 'url': 'file:///etc/passwd'}, 'url'), ({'name': ''}, 'name'),
        ({'filename': 'disk'}, 'disk_format'), ({'filename': 'a.raw', 'visibility': 'public'}, 'visibility'),
        ({'filename': 'a.raw', 'min_ram': '-1'}, 'min_ram')])
    def test_what_cannot_be(self, member, cloud, given, field):
        answer = member.post(CREATE, fields(**given))
        assert answer.status_code == 422
        assert field in answer.context['form'].errors
        assert cloud.calls == []

    def test_administrators_make_public_ones(self, browse):
        answer = browse('admin').post(CREATE, fields(file=self.file(), visibility='public'))
        assert answer.status_code == 302


class TestOne:
    @pytest.fixture
    def image(self, cloud):
        return cloud.add_image('mine <b>', os_distro='<i>debian</i>')

    def test_its_page_takes_one_call(self, member, cloud, image):
        cloud.calls.clear()
        page = text(member.get(f'{INDEX}{image["id"]}/'))
        assert len(cloud.calls) == 1
        assert '&lt;i&gt;debian' in page
        assert '<b>' not in page.split('<h1>')[1].split('</h1>')[0]

    def test_edit(self, member, image):
        answer = member.post(f'{INDEX}{image["id"]}/edit/', {'name': 'new', 'visibility': 'shared', 'min_ram': '64',
                                                             'min_disk': '', 'protected': 'on'})
        assert answer.status_code == 302
        shown = member.get(f'{INDEX}{image["id"]}/').context['image']
        assert (shown['name'], shown['visibility'], shown['min_ram'], shown['protected']) == ('new', 'shared', 64, True)

    def test_delete_from_its_page(self, member, image):
        address = f'{INDEX}{image["id"]}/'
        assert 'cannot be rebuilt' in text(member.post(address, {'table': 'images', 'action': 'delete',
                                                                  'keys': image['id']}))
        gone = member.post(address, {'table': 'images', 'action': 'delete', 'keys': image['id'], 'confirmed': '1'})
        assert gone.url == INDEX
        assert member.get(address).status_code == 404

    def test_share_and_accept(self, browse, member, cloud, image):
        address, stranger = f'{INDEX}{image["id"]}/', browse('stranger')
        assert stranger.get(address).status_code == 404
        member.post(address + 'share/', {'project': cloud.cast['stranger'].project_id})
        assert 'offers this image' in text(stranger.get(address))
        stranger.post(address, {'accept': ''})
        assert 'mine <b>' in names(stranger)
        project = cloud.cast['stranger'].project_id
        member.post(address + 'share/', {'table': 'members', 'action': f'stop:{project}'})
        assert stranger.get(address).status_code == 404

    def test_strangers_find_nothing(self, browse, image):
        stranger = browse('stranger')
        for part in ('', 'edit/', 'share/'):
            assert stranger.get(f'{INDEX}{image["id"]}/{part}').status_code == 404
        assert stranger.put(f'{INDEX}{image["id"]}/data/', b'x', content_type='x/y').status_code == 404

    def test_members_do_not_change_public_ones(self, member, cloud):
        public = cloud.add_image('theirs', project='admin', visibility='public')
        row = next(row for row in member.get(INDEX).context['table'].rows if row.key == public['id'])
        assert [each.name for each in row.actions] == ['launch']


def test_nobody(browse, stranger_to_all):
    assert browse('nobody').get(INDEX).status_code == 404
    assert stranger_to_all.get(CREATE).status_code == 302
