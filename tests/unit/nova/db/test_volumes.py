"""Volumes, snapshots, types, attachments and messages on each kind of database."""
import threading

import pytest

from essex import db
from nova.db import volume_attachments, volume_messages, volume_snapshots, volume_types, volumes
from nova.volume import attachments, quota
from nova.volume.exception import (
    DeviceInUse,
    InvalidVolume,
    VolumeMarkerNotFound,
    VolumeNotFound,
    VolumeTypeExists,
)
from tests.unit.nova.volume import rows

pytestmark = pytest.mark.usefixtures('nova_database')


def test_lists(alice, stranger, admin):
    made = [rows.available(display_name=name, metadata_={'Key': name}, size=size) for name, size in
            (('b', 1), ('a', 2), ('c', 3))]

    def names(context=alice, filters=None, **more):
        return [row.display_name for row in volumes.list_for(context, filters or {}, **more)]
    assert names() == ['c', 'a', 'b'] and names(sort=[('name', 'asc')]) == ['a', 'b', 'c']
    assert names(limit=1, marker=made[2]) == ['a'] and names(offset=1, limit=1) == ['a']
    assert names(filters={'metadata': {'Key': 'a'}}) == ['a'] and names(filters={'metadata': {'key': 'a'}}) == []
    assert names(filters={'name': 'b', 'bootable': False}) == ['b'] and names(filters={'status': 'x'}) == []
    assert names(stranger) == names(admin) == [] and len(names(admin, {'all_tenants': True})) == 3
    with pytest.raises(VolumeMarkerNotFound):
        names(stranger, marker=made[0])
    assert quota.usage('alpha')['gigabytes'] == 6 and volumes.gigabytes_by_host() == {'node1': 6}


def test_one_of_two_gets_a_volume(alice):
    """Both see it available; it is held by one after the other."""
    mine, outcome = rows.available(), []

    def reserve(server):
        try:
            attachments.reserve(alice, mine, server, 'node1', 'vd', 1)
            outcome.append('had')
        except InvalidVolume:
            outcome.append('refused')
    threads = [threading.Thread(target=reserve, args=(f'server-{number}',)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome) == ['had', 'refused'] and volumes.get(mine).status == 'attaching'


def test_attachments(alice):
    first, second = rows.available(), rows.available()
    rows.attach(first, 'server')
    with pytest.raises(DeviceInUse), db.writer():
        volume_attachments.create(second, 'server', '/dev/vdb', 'attached')
    assert [volume.uuid for _, volume in volume_attachments.with_volumes('server')] == [first]
    with db.writer():
        assert attachments.release_all('server') == []
    assert volume_attachments.of_volumes([first, second]) == {}
    volumes.delete(second)
    with pytest.raises(VolumeNotFound):
        volumes.get(second)


def test_snapshots_and_copies(alice):
    mine = rows.available()
    assert not volumes.is_being_copied(mine)
    snapshot = rows.snapshot(mine, status='creating')
    assert volumes.is_being_copied(mine) and volume_snapshots.count_of(mine) == 1
    volume_snapshots.change(snapshot, status='available')
    rows.available(source_volid=mine, status='creating', snapshot_id=snapshot)
    assert volumes.is_being_copied(mine) and volume_snapshots.is_being_read(snapshot)
    assert [row.uuid for row in volume_snapshots.list_for(alice, {'volume_id': mine})] == [snapshot]


def test_types_and_messages(alice, admin, stranger):
    volume_types.create('fast', None, False, {'a': 'b'})
    with pytest.raises(VolumeTypeExists):
        volume_types.create('fast', None, True, {})
    assert volume_types.get_for(admin, 'fast').extra_specs == {'a': 'b'}
    volume_messages.add('alpha', 'VOLUME', 'v', 'volume_create', 'why', 'req-1')
    told, = volume_messages.list_for(alice, {'resource_uuid': 'v'})
    assert volume_messages.list_for(stranger, {}) == [] and told.text == 'why'
    volume_messages.purge()
    assert volume_messages.get_for(alice, told.uuid).uuid == told.uuid
