"""What owners and administrators set at once: names, locks, states, metadata, tags."""
import pytest

from nova import exception
from nova.compute import quota
from nova.db import faults, instances
from nova.db.journal import JOURNAL
from tests.unit.nova.conftest import caller
from tests.unit.nova.rows import host_up, server


def test_update_changes_what_is_given(api, alice, stranger):
    row = server(access_ip_v4='192.0.2.1')
    changed = api.update(alice, row.uuid, name=' new ', access_ip_v6='2001:0DB8:0::1', disk_config='MANUAL')
    assert (changed.display_name, changed.access_ip_v4, changed.access_ip_v6) == ('new', '192.0.2.1', '2001:db8::1')
    assert changed.config_options['disk_config'] == 'MANUAL'
    assert api.update(alice, row.uuid, access_ip_v4='').access_ip_v4 is None
    assert api.update(alice, row.uuid).display_name == 'new'
    for bad in ({'name': ''}, {'name': 'x' * 256}, {'name': None}, {'access_ip_v4': 'x'}, {'description': 'x\0'}):
        with pytest.raises(exception.InvalidServerRequest):
            api.update(alice, row.uuid, **bad)
    with pytest.raises(exception.InstanceNotFound):
        api.update(stranger, row.uuid, name='x')


def test_the_owners_lock(api, alice, admin):
    row = server()
    api.lock(alice, row.uuid, 'do not touch')
    assert (api.get(alice, row.uuid).locked_by, api.get(alice, row.uuid).locked_reason) == ('owner', 'do not touch')
    api.unlock(caller(user='bob'), row.uuid)
    assert api.get(alice, row.uuid).locked_by is None


def test_the_administrators_lock(api, alice, admin):
    row = server()
    api.lock(admin, row.uuid)
    api.lock(alice, row.uuid)
    assert api.get(alice, row.uuid).locked_by == 'admin'
    with pytest.raises(exception.InstanceUnlockForbidden):
        api.unlock(alice, row.uuid)
    api.unlock(admin, row.uuid)
    assert api.get(alice, row.uuid).locked_by is None


def test_reset_state_cancels_what_runs(api, alice, admin):
    row = server()
    api.stop(alice, row.uuid)
    api.reset_state(admin, row.uuid, 'error')
    after = api.get(alice, row.uuid)
    assert (after.vm_state, after.task_state) == ('error', None) and JOURNAL.of_resource(row.uuid)[0].cancel
    with pytest.raises(exception.InvalidServerRequest):
        api.reset_state(admin, row.uuid, 'happy')


def test_metadata(api, alice, stranger):
    row = server(metadata_={'a': '1'})
    assert api.update_metadata(alice, row.uuid, {'b': '2'}) == {'a': '1', 'b': '2'}
    assert api.metadata_item(alice, row.uuid, 'b') == '2'
    api.delete_metadata_item(alice, row.uuid, 'a')
    assert api.metadata(alice, row.uuid) == {'b': '2'}
    assert api.replace_metadata(alice, row.uuid, {'c': '3'}) == {'c': '3'}
    for call in (api.metadata_item, api.delete_metadata_item):
        with pytest.raises(exception.MetadataItemNotFound):
            call(alice, row.uuid, 'a')
    with pytest.raises(exception.InstanceNotFound):
        api.metadata(stranger, row.uuid)


def test_metadata_within_its_quota(api, alice):
    quota.set_limits('alpha', {'metadata_items': 2})
    row = server(metadata_={'a': '1'})
    api.update_metadata(alice, row.uuid, {'b': '2'})
    with pytest.raises(exception.ItemLimitExceeded) as error:
        api.update_metadata(alice, row.uuid, {'c': '3'})
    assert str(error.value) == 'Maximum number of metadata_items exceeded: 3 asked, 2 allowed.'
    assert api.update_metadata(alice, row.uuid, {'b': '3'}) == {'a': '1', 'b': '3'}
    with pytest.raises(exception.InvalidServerRequest):
        api.replace_metadata(alice, row.uuid, {'k': 'v' * 256})


def test_a_lock_forbids_metadata_and_tags(api, alice):
    row = server(locked_by='owner')
    for call in (lambda: api.update_metadata(alice, row.uuid, {'a': 'b'}),
                 lambda: api.replace_tags(alice, row.uuid, []),
                 lambda: api.delete_metadata_item(alice, row.uuid, 'a')):
        with pytest.raises(exception.InstanceIsLocked):
            call()


def test_tags(api, alice):
    row = server()
    assert api.replace_tags(alice, row.uuid, ['b', 'a', 'b']) == ['b', 'a']


def test_faults_of_failed_servers_alone(api, alice):
    failed, fine = server(vm_state='error'), server()
    for row in (failed, fine):
        faults.add(row.uuid, exception.NoValidHost(reason='x'))
    assert set(api.faults(api.list(alice))) == {failed.uuid}


def test_consoles_need_a_host_that_is_up(api, alice, admin):
    with pytest.raises(exception.InstanceNotReady):
        api.console_output(alice, server(host=None).uuid)
    row = server(host='node7')
    with pytest.raises(exception.ComputeHostDown) as error:
        api.console_output(alice, row.uuid)
    assert 'node7' not in str(error.value)
    with pytest.raises(exception.ComputeHostDown, match='node7'):
        api.vnc_console(admin, row.uuid)


def test_console_output_is_cleaned_and_cut(api, alice, monkeypatch):
    from nova.compute.rpcapi import ComputeAPI
    monkeypatch.setattr(ComputeAPI, '__init__', lambda self: None)
    monkeypatch.setattr(ComputeAPI, 'console_output', lambda self, context, host, uuid: 'a\x1b[1m\nb\x00\tc\r\nd')
    host_up('node1')
    row = server()
    assert api.console_output(alice, row.uuid) == 'a[1m\nb\tc\nd'
    assert api.console_output(alice, row.uuid, 1) == 'd'
    assert len(api.console_output(alice, row.uuid, 2).split('\n')) == 2
    assert api.console_output(alice, row.uuid, 0) == ''
    assert instances.get(row.uuid)
