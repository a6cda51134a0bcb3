"""What a fake and a real cloud have in common, as tests: images, objects, volumes. See cloud_api.py."""
import hashlib
import hmac
import json
import time

import pytest

from tests.contract.cloud_api import booted, gone, image_of

JSON = {'Accept': 'application/json'}
PATCH = {'Content_Type': 'application/openstack-images-v2.1-json-patch'}
DATA = {'Content_Type': 'application/octet-stream'}


def image(site, **values):
    """The id of a new image of the member, queued."""
    body = {'name': site.name('image'), 'disk_format': 'raw', 'container_format': 'bare', **values}
    return site.member.quiet('POST', 'image', '/v2/images', body).json()['id']


def patch(person, identity, *changes, status=200):
    """A change of an image: (op, path, value) each."""
    body = [{'op': op, 'path': f'/{path}', **({} if op == 'remove' else {'value': value})}
            for op, path, value in changes]
    return person('PATCH', 'image', f'/v2/images/{identity}', data=json.dumps(body), status=status, **PATCH)


class ImageContract:
    """Images."""

    @pytest.mark.parametrize('role, path, status', [
        ('member', '/v2/images?name=blank', 200), ('member', '/v2/images?limit=1&name=blank', 200),
        ('member', '/v2/images?status=active&name=in:blank,foo', 200), ('member', '/v2/images?owner=nope', 200),
        ('member', '/v2/images?sort=name:asc&visibility=private', 200), ('member', '/v2/info/import', 200),
        ('member', '/v2/images?limit=x', 400), ('member', '/v2/images?marker=nope', 400),
        ('member', '/v2/images?sort=foo:asc', 400), ('member', '/v2/images/nope', 404), ('member', '/v2/nope', 404),
        ('admin', '/v2/images?name=blank', 200), ('member', '/', 300), ('member', '/versions', 200)])
    def test_looks(self, site, role, path, status):
        for accept in ('application/json', '*/*'):
            answer = site.cast[role]('GET', 'image', path, status=status, Accept=accept)
        if status >= 400:
            assert answer.headers['Content-Type'].startswith('text/html') and f'<h1>{status} ' in answer.text

    def test_without_a_good_token(self, site):
        for token in (None, 'no token of this cloud'):
            assert '<h1>401 Unauthorized</h1>' in site.member('GET', 'image', '/v2/images', status=401,
                                                              X_Auth_Token=token).text

    def test_an_upload(self, site):
        member = site.member
        body = {'name': site.name('image'), 'disk_format': 'raw', 'container_format': 'bare', 'os_x': 'y',
                'tags': ['one']}
        made = member('POST', 'image', '/v2/images', body, status=201).json()
        path = f'/v2/images/{made["id"]}'
        assert (made['status'], made['visibility'], made['os_x']) == ('queued', 'shared', 'y')
        member('GET', 'image', f'{path}/file', status=204)
        member('PUT', 'image', f'{path}/file', data=b'x', status=415, Content_Type='text/plain')
        member('PUT', 'image', f'{path}/file', data=b'hello', status=204, **DATA)
        member('PUT', 'image', f'{path}/file', data=b'hello', status=409, **DATA)
        shown = member('GET', 'image', path, status=200).json()
        assert (shown['status'], shown['size'], shown['checksum']) == ('active', 5, hashlib.md5(b'hello').hexdigest())
        assert member('GET', 'image', f'{path}/file', status=200).content == b'hello'
        for person, status in ((site.stranger, 404), (site.admin, 200)):
            person('GET', 'image', path, status=status)
        site.stranger('DELETE', 'image', path, status=404)
        member('DELETE', 'image', path, status=204)
        member('GET', 'image', path, status=404)

    @pytest.mark.parametrize('body, status', [
        ({'name': 5}, 400), ({'disk_format': 'nope'}, 400), ({'id': 'nope'}, 400), ({'visibility': 'public'}, 403),
        ({'status': 'active'}, 403), ({'visibility': 'nope'}, 400)])
    def test_what_cannot_be_made(self, site, body, status):
        site.member('POST', 'image', '/v2/images', body, status=status)

    def test_a_change(self, site):
        member, identity = site.member, image(site)
        shown = patch(member, identity, ('replace', 'name', 'new'), ('add', 'colour', 'blue')).json()
        assert (shown['name'], shown['colour']) == ('new', 'blue')
        patch(member, identity, ('remove', 'nothing', None), status=409)
        patch(member, identity, ('replace', 'visibility', 'public'), status=403)
        patch(member, identity, ('replace', 'status', 'active'), status=403)
        patch(member, identity, ('remove', 'colour', None))
        patch(member, identity, ('replace', 'protected', True))
        member('DELETE', 'image', f'/v2/images/{identity}', status=403)
        patch(member, identity, ('replace', 'protected', False))
        for method in ('PUT', 'DELETE'):
            member(method, 'image', f'/v2/images/{identity}/tags/one', status=204)
        member('DELETE', 'image', f'/v2/images/{identity}', status=204)
        blank = image_of(site)
        patch(member, blank, ('replace', 'name', 'mine'), status=403)
        member('DELETE', 'image', f'/v2/images/{blank}', status=403)

    def test_pages(self, site):
        member, tag = site.member, site.name('tag')
        made = [image(site, tags=[tag]) for _ in range(3)]
        first = member('GET', 'image', f'/v2/images?tag={tag}&limit=2', status=200).json()
        assert [each['id'] for each in first['images']] == made[:0:-1]
        second = member.quiet('GET', 'image', first['next']).json()
        assert [each['id'] for each in second['images']] == made[:1] and 'next' not in second
        for identity in made:
            member.quiet('DELETE', 'image', f'/v2/images/{identity}')

    def test_an_image_is_shared(self, site):
        member, stranger, identity = site.member, site.stranger, image(site)
        path = f'/v2/images/{identity}/members'
        member('POST', 'image', path, {'member': stranger.project_id}, status=200)
        member('POST', 'image', path, {'member': stranger.project_id}, status=409)
        member('POST', 'image', path, {}, status=400)
        member('GET', 'image', path, status=200)
        stranger('GET', 'image', f'/v2/images/{identity}', status=200)
        one = f'{path}/{stranger.project_id}'
        assert not stranger('GET', 'image', '/v2/images?visibility=shared', status=200).json()['images']
        member('PUT', 'image', one, {'status': 'accepted'}, status=403)
        stranger('PUT', 'image', one, {'status': 'nope'}, status=400)
        stranger('PUT', 'image', one, {'status': 'accepted'}, status=200)
        assert [each['id'] for each in stranger.quiet('GET', 'image', '/v2/images?visibility=shared').json()[
            'images']] == [identity]
        stranger('DELETE', 'image', f'/v2/images/{identity}', status=403)
        member('GET', 'image', one, status=200)
        member('DELETE', 'image', one, status=204)
        member('GET', 'image', one, status=404)
        stranger('GET', 'image', f'/v2/images/{identity}', status=404)
        member('DELETE', 'image', f'/v2/images/{identity}', status=204)

    def test_an_import_of_what_was_staged(self, site):
        member, identity = site.member, image(site)
        path = f'/v2/images/{identity}'
        member('PUT', 'image', f'{path}/stage', data=b'hello', status=204, **DATA)
        member('POST', 'image', f'{path}/import', {'method': {'name': 'glance-direct'}}, status=202)
        site.until(lambda: member.quiet('GET', 'image', path).json()['status'] == 'active')
        member('GET', 'image', path, status=200)
        member('GET', 'image', f'{path}/tasks', status=200)
        site.admin('POST', 'image', f'{path}/actions/deactivate', status=204)
        member('GET', 'image', f'{path}/file', status=403)
        site.admin('POST', 'image', f'{path}/actions/reactivate', status=204)
        member('DELETE', 'image', path, status=204)
        other = image(site)
        member('POST', 'image', f'/v2/images/{other}/import', {'method': {
            'name': 'web-download', 'uri': 'file:///etc/passwd'}}, status=400)
        member.quiet('DELETE', 'image', f'/v2/images/{other}')


class ObjectContract:
    """Containers and objects."""

    def test_an_account(self, site):
        member, container = site.member, site.name('container')
        member('PUT', 'object-store', f'/{container}', status=201)
        for query in ('?format=json', ''):
            member('GET', 'object-store', query, status=200)
        member('HEAD', 'object-store', '', status=204)
        member('POST', 'object-store', '', status=204, X_Account_Meta_Colour='blue')
        assert member('HEAD', 'object-store', '', status=204).headers['X-Account-Meta-Colour'] == 'blue'
        member('POST', 'object-store', '', status=204, X_Account_Meta_Colour='')
        assert 'X-Account-Meta-Colour' not in member('HEAD', 'object-store', '', status=204).headers
        member('DELETE', 'object-store', f'/{container}', status=204)

    def test_nobody_else_s_account(self, site):
        url = site.url('object-store', site.member.project_id)
        for person, status in ((site.stranger, 403), (site.admin, 403), (site.member, 200)):
            answer = site.session.get(f'{url}?format=json', headers={'X-Auth-Token': person.token}, timeout=30)
            assert answer.status_code == status
            site.note(f'{site.role(person)} GET', answer)
        answer = site.session.get(url, timeout=30)
        assert answer.status_code == 401 and 'Keystone uri=' in answer.headers['WWW-Authenticate']
        site.note('GET', answer)
        info = site.session.get(f'{url.partition("/v1/")[0]}/info', timeout=30)
        assert info.json()['swift']['max_file_size'] > 0 and 'tempurl' in info.json()

    def test_a_container(self, site):
        member, container = site.member, f'/{site.name("container")}'
        member('HEAD', 'object-store', container, status=404)
        member('GET', 'object-store', f'{container}?format=json', status=404)
        member('PUT', 'object-store', container, status=201, X_Container_Meta_A='b')
        member('PUT', 'object-store', container, status=202)
        assert member('HEAD', 'object-store', container, status=204).headers['X-Container-Meta-A'] == 'b'
        assert member('GET', 'object-store', f'{container}?format=json', status=200).json() == []
        member('GET', 'object-store', container, status=204)
        for name in ('a', 'd/x', 'd/y', 'e/f/g', 'z'):
            member('PUT', 'object-store', f'{container}/{name}', data=b'hello', status=201, Content_Type='text/plain')

        def names(query):
            shown = member('GET', 'object-store', f'{container}?format=json{query}', status=200).json()
            return [each.get('name') or each['subdir'] for each in shown]
        assert names('') == ['a', 'd/x', 'd/y', 'e/f/g', 'z']
        assert names('&delimiter=/') == ['a', 'd/', 'e/', 'z']
        assert names('&prefix=d/&delimiter=/') == ['d/x', 'd/y']
        assert names('&limit=2&marker=d/x') == ['d/y', 'e/f/g']
        assert names('&limit=1&delimiter=/&marker=a') == ['d/']
        assert names('&end_marker=d/y') == ['a', 'd/x']
        assert member('GET', 'object-store', container, status=200).text == 'a\nd/x\nd/y\ne/f/g\nz\n'
        member('GET', 'object-store', f'{container}?limit=99999', status=412)
        member('DELETE', 'object-store', container, status=409)
        body = '\n'.join(f'{container}/{name}' for name in ('a', 'd/x', 'd/y', 'e/f/g', 'z', 'none'))
        many = member('POST', 'object-store', '?bulk-delete', data=body, status=200, Content_Type='text/plain', **JSON)
        assert (many.json()['Number Deleted'], many.json()['Number Not Found']) == (5, 1)
        member('DELETE', 'object-store', container, status=204)
        member('DELETE', 'object-store', container, status=404)

    def test_an_object(self, site):
        member, container = site.member, f'/{site.name("container")}'
        path = f'{container}/d/o'
        member('PUT', 'object-store', path, data=b'hello', status=404)
        member.quiet('PUT', 'object-store', container)
        made = member('PUT', 'object-store', path, data=b'hello', status=201, Content_Type='text/plain',
                      X_Object_Meta_Colour='blue')
        assert made.headers['Etag'] == hashlib.md5(b'hello').hexdigest()
        member('PUT', 'object-store', f'{container}/bad', data=b'hello', status=422, ETag='nope')
        for method in ('HEAD', 'GET'):
            answer = member(method, 'object-store', path, status=200)
            assert (answer.headers['X-Object-Meta-Colour'], answer.headers['Content-Length']) == ('blue', '5')
        assert member('GET', 'object-store', path, status=206, Range='bytes=1-2').content == b'el'
        assert member.quiet('GET', 'object-store', path, If_None_Match=made.headers['Etag']).status_code == 304
        member('POST', 'object-store', path, status=202, X_Object_Meta_Size='big')
        headers = member('HEAD', 'object-store', path, status=200).headers
        assert headers['X-Object-Meta-Size'] == 'big' and 'X-Object-Meta-Colour' not in headers
        member('COPY', 'object-store', path, status=201, Destination=f'{container}/copy')
        member('PUT', 'object-store', f'{container}/copy-2', data=b'', status=201, X_Copy_From=path)
        member('COPY', 'object-store', path, status=404, Destination='nowhere/copy')
        assert member('GET', 'object-store', f'{container}/copy', status=200).content == b'hello'
        for name in ('d/o', 'copy', 'copy-2'):
            member('DELETE', 'object-store', f'{container}/{name}', status=204)
        for method in ('GET', 'POST', 'DELETE'):
            member(method, 'object-store', path, status=404)
        member.quiet('DELETE', 'object-store', container)

    def test_a_public_container_and_a_signed_address(self, site):
        member, container = site.member, f'/{site.name("container")}'
        path = f'{container}/o'
        member.quiet('PUT', 'object-store', container)
        member.quiet('PUT', 'object-store', path, data=b'hello')
        member('GET', 'object-store', path, status=401, X_Auth_Token=None)
        key, expires = site.name('key'), int(time.time()) + 600
        member('POST', 'object-store', '', status=204, X_Account_Meta_Temp_URL_Key=key)
        full = f'/v1/AUTH_{member.project_id}{path}'
        signature = hmac.new(key.encode(), f'GET\n{expires}\n{full}'.encode(), 'sha256').hexdigest()
        for sign, status in ((signature, 200), (signature[::-1], 401)):
            member('GET', 'object-store', f'{path}?temp_url_sig={sign}&temp_url_expires={expires}', status=status,
                   X_Auth_Token=None)
        member('POST', 'object-store', container, status=204, X_Container_Read='.r:*,.rlistings')
        assert member('HEAD', 'object-store', container, status=204).headers['X-Container-Read'] == '.r:*,.rlistings'
        assert member('GET', 'object-store', path, status=200, X_Auth_Token=None).content == b'hello'
        member('GET', 'object-store', f'{container}/none', status=404, X_Auth_Token=None)
        member('PUT', 'object-store', path, data=b'x', status=401, X_Auth_Token=None)
        member.quiet('DELETE', 'object-store', path)
        member.quiet('DELETE', 'object-store', container)


class VolumeCalls:
    """What tests of volumes have."""

    def volume(self, site, **values):
        """The path of a new volume that is available."""
        answer = site.member('POST', 'block-storage', '/volumes', {'volume': {
            'name': site.name('volume'), 'size': 1, **values}}, status=202)
        return self.settled(site, f'/volumes/{answer.json()["volume"]["id"]}', 'volume')

    @staticmethod
    def settled(site, path, kind, status='available'):
        """The path, once what it names has that status."""
        site.until(lambda: site.member.quiet('GET', 'block-storage', path).json()[kind]['status'] == status)
        return path

    @staticmethod
    def gone(site, path):
        """Wait until it is."""
        site.until(lambda: site.member.quiet('GET', 'block-storage', path).status_code == 404)


class VolumeContract(VolumeCalls):
    """Volumes."""

    @pytest.mark.parametrize('role, path, status', [
        ('member', '/volumes', 200), ('member', '/volumes/detail', 200), ('member', '/snapshots', 200),
        ('member', '/snapshots/detail', 200), ('member', '/types', 200), ('member', '/limits', 200),
        ('member', '/os-quota-sets/{project}', 200), ('member', '/os-quota-sets/{project}?usage=True', 200),
        ('member', '/os-quota-sets/{project}/defaults', 200), ('member', '/os-availability-zone', 200),
        ('member', '/os-services', 403), ('member', '/os-quota-sets/{other}', 403), ('member', '/volumes/nope', 404),
        ('member', '/snapshots/nope', 404), ('member', '/types/nope', 404), ('member', '/volumes?limit=x', 400),
        ('member', '/nothing', 404), ('admin', '/volumes/detail?all_tenants=1', 200), ('admin', '/os-services', 200),
        ('admin', '/os-quota-sets/{project}', 200), ('admin', '/types', 200)])
    def test_looks(self, site, role, path, status):
        path = path.format(project=site.member.project_id, other=site.stranger.project_id)
        site.cast[role]('GET', 'block-storage', path, status=status)

    def test_versions(self, site):
        root = site.url('block-storage', '').partition('/v3')[0]
        for path, status in (('/', 300), ('/v3/', 200)):
            answer = site.session.get(root + path, timeout=30)
            assert answer.status_code == status
            site.note(path, answer)
        answer = site.member('GET', 'block-storage', '/volumes', status=200, OpenStack_API_Version='volume 3.2')
        assert answer.headers['OpenStack-API-Version'] == 'volume 3.2'

    def test_a_volume_s_life(self, site):
        member, path = site.member, self.volume(site, metadata={'a': 'b'})
        member('GET', 'block-storage', path, status=200)
        site.stranger('GET', 'block-storage', path, status=404)
        member('GET', 'block-storage', '/volumes/detail', status=200)
        member('PUT', 'block-storage', path, {'volume': {'name': 'renamed', 'description': 'd'}}, status=200)
        member('POST', 'block-storage', f'{path}/action', {'os-extend': {'new_size': 2}}, status=202)
        self.settled(site, path, 'volume')
        assert member('GET', 'block-storage', path, status=200).json()['volume']['size'] == 2
        member('POST', 'block-storage', f'{path}/action', {'os-extend': {'new_size': 1}}, status=400)
        member('POST', 'block-storage', f'{path}/action', {'os-set_bootable': {'bootable': True}}, status=200)
        member('POST', 'block-storage', f'{path}/action', {'os-reset_status': {'status': 'error'}}, status=403)
        member('POST', 'block-storage', f'{path}/action', {'nope': None}, status=400)
        snapshot = member('POST', 'block-storage', '/snapshots', {'snapshot': {
            'volume_id': path.rsplit('/', 1)[-1], 'name': site.name('snapshot')}}, status=202).json()['snapshot']['id']
        below = self.settled(site, f'/snapshots/{snapshot}', 'snapshot')
        member('GET', 'block-storage', below, status=200)
        member('GET', 'block-storage', '/snapshots/detail', status=200)
        member('PUT', 'block-storage', below, {'snapshot': {'name': 'renamed'}}, status=200)
        site.stranger('GET', 'block-storage', below, status=404)
        member('DELETE', 'block-storage', path, status=400)
        copy = self.volume(site, snapshot_id=snapshot, size=2)
        for each in (copy, below, path):
            member('DELETE', 'block-storage', each, status=202)
            self.gone(site, each)

    def test_what_cannot_be_made(self, site):
        for body, status in (({'size': 0}, 400), ({'size': 'x'}, 400), ({'size': 1, 'volume_type': 'nope'}, 404),
                             ({'size': 100000}, 413)):
            site.member('POST', 'block-storage', '/volumes', {'volume': body}, status=status)

    def test_types_and_quotas(self, site):
        admin, project = site.admin, site.member.project_id
        body = {'volume_type': {'name': site.name('type'), 'description': 'fast'}}
        path = f'/types/{admin("POST", "block-storage", "/types", body, status=200).json()["volume_type"]["id"]}'
        admin('POST', 'block-storage', '/types', body, status=409)
        site.member('POST', 'block-storage', '/types', body, status=403)
        admin('POST', 'block-storage', f'{path}/extra_specs', {'extra_specs': {'a': 'b'}}, status=200)
        admin('GET', 'block-storage', f'{path}/extra_specs', status=200)
        admin('GET', 'block-storage', path, status=200)
        site.member('GET', 'block-storage', path, status=200)
        admin('DELETE', 'block-storage', path, status=202)
        quota = f'/os-quota-sets/{project}'
        admin('PUT', 'block-storage', quota, {'quota_set': {'volumes': 11}}, status=200)
        site.member('PUT', 'block-storage', quota, {'quota_set': {'volumes': 11}}, status=403)
        admin('DELETE', 'block-storage', quota, status=200)


class AttachmentContract(VolumeCalls):
    """Volumes of servers."""

    def test_a_server_has_a_volume(self, site):
        member, path, server = site.member, self.volume(site), booted(site)
        volume = path.rsplit('/', 1)[-1]
        below = f'/servers/{server}/os-volume_attachments'
        member('POST', 'compute', below, {'volumeAttachment': {'volumeId': volume}}, status=200)
        self.settled(site, path, 'volume', 'in-use')
        member('GET', 'block-storage', path, status=200)
        member('GET', 'compute', below, status=200)
        member('GET', 'compute', f'{below}/{volume}', status=200)
        member('GET', 'compute', f'/servers/{server}', status=200)
        member('DELETE', 'block-storage', path, status=400)
        member('DELETE', 'compute', f'{below}/{volume}', status=202)
        self.settled(site, path, 'volume')
        member('DELETE', 'block-storage', path, status=202)
        gone(site, server)
        self.gone(site, path)
