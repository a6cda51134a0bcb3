import hashlib
import os
import time

import pytest

from swift.exceptions import DriveFull
from swift.obj import async_pending, leftovers
from swift.timestamp import Timestamp
from tests.fixtures.processes import free_port
from tests.unit.swift.obj.listing import Listing
from tests.unit.swift.obj.node import Node, write


@pytest.fixture
def listing():
    with Listing() as made:
        yield made


@pytest.fixture
def nobody():
    """Headers that name a container server which does not run."""
    return {'X-Container-Host': f'127.0.0.1:{free_port()}', 'X-Container-Partition': '5', 'X-Container-Device': 'sdx'}


def pending(node, device='sda'):
    return [record for _, record in async_pending.walk(f'{node.devices}/{device}', node.policy)]


def test_the_container_is_told_of_a_new_object(node, listing):
    moment = node.now
    node.put('ö', b'12345', headers=listing.headers, X_Timestamp=moment, X_Trans_Id='tx1')
    (method, path, headers), = listing.updates
    assert (method, path) == ('PUT', '/sdx/5/a/c/ö')
    wanted = {'x-size': '5', 'x-content-type': 'text/plain', 'x-etag': hashlib.md5(b'12345').hexdigest(),
              'x-timestamp': moment, 'X-Trans-Id': 'tx1', 'X-Backend-Storage-Policy-Index': '0'}
    assert wanted.items() <= headers.items()
    assert pending(node) == []
    assert node.files(below='tmp') == []


def test_the_container_is_told_of_a_deletion(node, listing):
    node.put()
    moment = node.now
    node.delete(headers=listing.headers, X_Timestamp=moment)
    (method, path, headers), = listing.updates
    assert (method, path, headers['x-timestamp']) == ('DELETE', '/sdx/5/a/c/o', moment)


def test_the_container_is_told_of_a_new_content_type(node, listing):
    first, second = node.now, node.now
    node.put(X_Timestamp=first, Content_Type='text/plain;swift_bytes=77')
    node.post(headers=listing.headers, X_Timestamp=second, Content_Type='text/new')
    (method, _, headers), = listing.updates
    assert method == 'PUT'
    assert (headers['x-timestamp'], headers['x-content-type-timestamp'], headers['x-meta-timestamp']) == (
        first, second, second)
    assert headers['x-content-type'] == 'text/new;swift_bytes=77'


def test_system_metadata_may_say_what_the_listing_shows(node, listing):
    node.put(headers=listing.headers, X_Backend_Container_Update_Override_Etag='a',
             X_Object_Sysmeta_Container_Update_Override_Etag='b', X_Object_Sysmeta_Container_Update_Override_Size='9')
    headers = listing.updates[0][2]
    assert (headers['x-etag'], headers['x-size']) == ('b', '9')


def test_several_containers_are_told(node, listing):
    with Listing() as other:
        node.put(headers={'X-Container-Host': ', '.join(each.headers['X-Container-Host'] for each in (listing, other)),
                          'X-Container-Partition': '5', 'X-Container-Device': 'sdx,sdy'})
        assert [each.updates[0][1] for each in (listing, other)] == ['/sdx/5/a/c/o', '/sdy/5/a/c/o']


def test_who_names_no_container_tells_none(node):
    assert node.put().status_int == 201
    assert pending(node) == []


def test_an_update_that_fails_is_kept(node, nobody):
    moment = node.now
    assert node.put('ö', headers=nobody, X_Timestamp=moment).status_int == 201
    (record,) = pending(node)
    assert (record['op'], record['account'], record['container'], record['obj']) == ('PUT', 'a', 'c', 'ö')
    assert record['headers']['x-timestamp'] == moment
    assert node.files(below='tmp') == []
    name_hash = node.cluster.hash_path('a', 'c', 'ö')
    assert node.files(below='async_pending') == [f'{name_hash[-3:]}/{name_hash}-{moment}']


@pytest.mark.parametrize('status', [301, 404, 500, 503, 507])
def test_an_update_that_is_refused_is_kept(node, listing, status):
    listing.status = status
    node.put(headers=listing.headers)
    assert len(pending(node)) == 1


def test_a_line_break_in_a_path_is_no_header(node, listing):
    node.request('PUT', body=b'x', path='/sda/1/a/c/o%0d%0aX-Evil:%201', Content_Type='a/b', headers=listing.headers)
    (_, path, headers), = listing.updates
    assert path == '/sdx/5/a/c/o\r\nX-Evil: 1'
    assert 'X-Evil' not in headers


def test_the_queue_of_expiring_objects_is_told(node, listing):
    delete_at = int(time.time()) + 1000
    place = {name.replace('Container', 'Delete-At'): value for name, value in listing.headers.items()}
    node.put(X_Delete_At=delete_at, headers={**place, 'X-Delete-At-Container': '0000086400'})
    (method, path, headers), = listing.updates
    assert (method, path) == ('PUT', f'/sdx/5/.expiring_objects/0000086400/{delete_at}-a/c/o')
    assert headers['x-size'] == '0'


def test_a_changed_expiry_takes_the_old_entry_out_of_the_queue(node):
    first, second = int(time.time()) + 1000, int(time.time()) + 2000
    node.put(X_Delete_At=first)
    node.post(X_Delete_At=second)
    node.put()
    assert sorted((each['op'], each['obj']) for each in pending(node)) == [
        ('DELETE', f'{first}-a/c/o'), ('DELETE', f'{second}-a/c/o'),
        ('PUT', f'{first}-a/c/o'), ('PUT', f'{second}-a/c/o')]


def test_the_queue_is_left_alone_on_request(node):
    node.put(X_Delete_At=int(time.time()) + 1000)
    before = pending(node)
    node.delete(X_Backend_Clean_Expiring_Object_Queue='false')
    assert pending(node) == before


def test_pendings_of_other_policies_have_a_directory_of_their_own(tmp_path, nobody):
    node = Node(tmp_path, policies=(0, 1))
    node.put(headers=nobody, X_Backend_Storage_Policy_Index='1')
    assert node.files(below='async_pending') == []
    assert len(node.files(below='async_pending-1')) == 1


@pytest.mark.parametrize('content', [b'', b'junk', b"cos\nsystem\n(S'true'\ntR.", b'\x80\x02}q\x00.'])
def test_a_pending_that_is_none_is_removed(node, content):
    path = async_pending.add(f'{node.devices}/sda', node.policy, 'a' * 32, Timestamp(1), {})
    with open(path, 'wb') as file:
        file.write(content)
    assert pending(node) == []
    assert node.files(below='async_pending') == []


def test_what_was_committed_and_never_told_becomes_pending(node):
    writer = write(node.file(), b'12345', '1700000001.00000', update=True)
    assert leftovers.settle(node.manager, 'sda') == (0, 0)     # its writer is at work
    forget(writer)
    assert leftovers.settle(node.manager, 'sda') == (1, 0)
    (record,) = pending(node)
    assert (record['op'], record['obj'], record['headers']['x-size']) == ('PUT', 'o', '5')
    assert node.files(below='tmp') == []


def test_the_expiry_of_what_was_never_told_becomes_pending_too(node):
    forget(write(node.file(), b'x', '1700000001.00000', update=True, **{'X-Delete-At': '2000000000'}))
    leftovers.settle(node.manager, 'sda')
    assert sorted((each['account'], each['obj']) for each in pending(node)) == [
        ('.expiring_objects', '2000000000-a/c/o'), ('a', 'o')]


def test_a_deletion_that_was_never_told_becomes_pending(node):
    forget(node.file().delete(Timestamp('1700000001.00000'), update=True))
    assert leftovers.settle(node.manager, 'sda') == (1, 0)
    (record,) = pending(node)
    assert (record['op'], record['obj'], record['headers']['x-timestamp']) == ('DELETE', 'o', '1700000001.00000')


def test_an_update_that_can_be_neither_delivered_nor_kept_is_not_forgotten(node, nobody, monkeypatch):
    def fail(*arguments):
        raise DriveFull('full')
    monkeypatch.setattr(async_pending, 'add', fail)
    assert node.put(headers=nobody).status_int == 201
    monkeypatch.undo()
    assert pending(node) == []
    assert leftovers.settle(node.manager, 'sda') == (1, 0)
    assert [record['obj'] for record in pending(node)] == ['o']


def test_what_was_never_committed_is_removed_when_it_is_old(node):
    writer = node.file().create()
    writer.write(b'half')
    forget(writer)
    assert leftovers.settle(node.manager, 'sda') == (0, 0)
    (name,) = node.files(below='tmp')
    os.utime(f'{node.devices}/sda/tmp/{name}', (1, 1))
    assert leftovers.settle(node.manager, 'sda') == (0, 1)
    assert node.files(below='tmp') == []


def forget(writer):
    """As when its process dies."""
    writer.abandon()


@pytest.mark.parametrize('name', ['X-Backend-Container-Path', 'X-Backend-Quoted-Container-Path'])
def test_a_listing_that_is_no_name_is_refused_before_anything_is_written(node, name):
    node.put(body=b'kept')
    named = {name: '%ff/%ff', 'X-Container-Partition': '1', 'X-Container-Host': '127.0.0.1:1',
             'X-Container-Device': 'sda', 'X-Timestamp': node.now}
    files = node.files()
    assert node.put(body=b'new', headers=named).status_int == 400
    assert node.post(headers=named).status_int == 400
    assert node.delete(headers=named).status_int == 400
    assert node.files() == files and node.get().body == b'kept'
