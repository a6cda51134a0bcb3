"""Creating servers: what the row and the journal hold, and everything that is refused before anything exists."""
import base64
import threading
import uuid

import pytest

from essex import db
from nova import exception
from nova.compute import quota
from nova.compute.api import ServerRequest
from nova.db import aggregates, compute_nodes, fixed_ips, instances, keypairs, networks, security_groups
from nova.db.journal import JOURNAL
from tests.unit.nova.compute.conftest import IMAGE
from tests.unit.nova.conftest import caller
from tests.unit.nova.rows import flavor, host_up

GIB = 1024 ** 3
INVALID, TOO_MANY = exception.InvalidServerRequest, exception.ItemLimitExceeded


def asked(**values):
    return ServerRequest(**{'name': 'web', 'flavor_id': '1', 'image_id': IMAGE, **values})


def test_row_journal_and_bell(api, alice, rung):
    row, = api.create(alice, asked(metadata={'a': 'b'}, config_drive=True, tags=['x'], description='d',
                                   access_ip_v4='192.0.2.1', disk_config='MANUAL', scheduler_hints={'h': '1'}))
    kept = instances.get(row.uuid)
    assert (kept.display_name, kept.hostname, kept.project_id, kept.user_id) == ('web', 'web', 'alpha', 'alice')
    assert (kept.vm_state, kept.task_state, kept.host) == ('building', 'scheduling', None)
    assert (kept.memory_mb, kept.vcpus, kept.root_gb, kept.flavor['name']) == (64, 1, 1, 'm1.tiny')
    assert (kept.image_ref, kept.image_meta['min_ram'], kept.metadata_) == (IMAGE, 0, {'a': 'b'})
    assert (kept.config_drive, kept.tags, kept.access_ip_v4) == (True, ['x'], '192.0.2.1')
    assert kept.config_options == {'disk_config': 'MANUAL'} and kept.scheduler_hints == {'h': '1'}
    assert kept.requested_networks is None and kept.display_description == 'd'
    operation, = JOURNAL.of_resource(row.uuid)
    assert (operation.kind, operation.queue, operation.data) == ('boot', 'scheduler', {'instance_uuid': row.uuid})
    assert operation.request_id == alice.request_id and rung == [('scheduler', operation.id)]
    assert security_groups.names_of([row.uuid]) == {row.uuid: ['default']}


def test_the_journal_keeps_no_token(api, nova_sqlite):
    row, = api.create(caller(auth_token='secret'), asked())
    assert JOURNAL.of_resource(row.uuid)[0].context['auth_token'] is None


def test_several_are_numbered_and_share_a_reservation(api, alice, rung):
    rows = api.create(alice, asked(name='Web Server', min_count=1, max_count=3))
    assert [row.display_name for row in rows] == ['Web Server-1', 'Web Server-2', 'Web Server-3']
    assert [row.hostname for row in rows] == ['web-server-1', 'web-server-2', 'web-server-3']
    assert len({row.reservation_id for row in rows}) == 1 and [row.launch_index for row in rows] == [0, 1, 2]
    assert len(rung) == 3


def test_numbers_fit_into_the_longest_name(api, alice):
    rows = api.create(alice, asked(name='n' * 255, max_count=2))
    assert [len(row.display_name) for row in rows] == [255, 255] and rows[1].display_name.endswith('n-2')


@pytest.mark.parametrize(('name', 'hostname'), [
    ('Web 1', 'web-1'), ('a.b_c', 'a-b-c'), ('-x-', 'x'), ('x' * 100, 'x' * 63), ('köln', 'kln')])
def test_host_names_follow_from_names(api, alice, name, hostname):
    assert api.create(alice, asked(name=name))[0].hostname == hostname


def test_a_name_without_letters_gets_a_host_name(api, alice):
    row, = api.create(alice, asked(name='日本'))
    assert row.hostname == f'server-{row.uuid}' and len(row.hostname) <= 63


def test_the_key_is_copied(api, alice):
    keypairs.create({'user_id': 'alice', 'name': 'k', 'fingerprint': 'f', 'public_key': 'ssh-ed25519 AAA'})
    row, = api.create(alice, asked(key_name='k'))
    assert (row.key_name, row.key_data) == ('k', 'ssh-ed25519 AAA')
    with pytest.raises(exception.RequestedKeypairNotFound):
        api.create(caller(user='bob'), asked(key_name='k'))


def test_groups_by_name_or_uuid_doubles_merged(api, alice, stranger):
    mine = security_groups.create({'project_id': 'alpha', 'name': 'web'})
    theirs = security_groups.create({'project_id': 'beta', 'name': 'secret'})
    row, = api.create(alice, asked(security_groups=['web', mine.uuid, 'default']))
    assert security_groups.names_of([row.uuid])[row.uuid] == ['default', 'web']
    for name in ('secret', theirs.uuid, 'nope', str(theirs.id)):
        with pytest.raises(exception.RequestedSecurityGroupNotFound) as error:
            api.create(alice, asked(security_groups=[name]))
        assert name in str(error.value)


@pytest.mark.parametrize(('values', 'error'), [
    ({'flavor_id': '9'}, exception.RequestedFlavorNotFound),
    ({'image_id': 'x'}, exception.RequestedImageNotFound), ({'image_id': None}, INVALID),
    ({'key_name': 'none'}, exception.RequestedKeypairNotFound), ({'key_name': '\0'}, INVALID),
    ({'availability_zone': 'mars'}, exception.AvailabilityZoneNotFound),
    ({'availability_zone': 'nova:node1'}, exception.ForcedHostForbidden),
    ({'host': 'node1'}, exception.ForcedHostForbidden), ({'name': ''}, INVALID), ({'name': ' '}, INVALID),
    ({'name': 'x' * 256}, INVALID), ({'name': 'a\0b'}, INVALID), ({'min_count': 0}, INVALID),
    ({'min_count': 3, 'max_count': 2}, INVALID), ({'max_count': 10 ** 9}, INVALID),
    ({'user_data': 'not base64!'}, INVALID), ({'user_data': 'A' * 65536}, INVALID),
    ({'access_ip_v4': '::1'}, INVALID), ({'access_ip_v6': '10.0.0.1'}, INVALID),
    ({'metadata': {'': 'x'}}, INVALID), ({'metadata': {'k' * 256: 'x'}}, INVALID),
    ({'metadata': {'k': 'v' * 256}}, INVALID), ({'metadata': {'k': 1}}, INVALID),
    ({'metadata': {'k': '\0'}}, INVALID), ({'metadata': {str(n): '' for n in range(129)}}, TOO_MANY),
    ({'personality': [{'path': f'/{n}', 'contents': ''} for n in range(6)]}, TOO_MANY),
    ({'personality': [{'path': 'p' * 256, 'contents': ''}]}, TOO_MANY),
    ({'personality': [{'path': '/p', 'contents': base64.b64encode(bytes(10241)).decode()}]}, TOO_MANY),
    ({'personality': [{'path': '/p', 'contents': '?'}]}, INVALID),
    ({'personality': [{'path': '', 'contents': ''}]}, INVALID),
    ({'networks': [{'uuid': 'nope'}]}, exception.RequestedNetworkNotFound)])
def test_what_cannot_be_is_refused_and_leaves_nothing(api, alice, rung, values, error):
    with pytest.raises(error) as raised:
        api.create(alice, asked(**values))
    assert 400 <= raised.value.code < 500 and str(raised.value)
    assert api.list(alice) == [] and rung == []


def test_exact_bounds_are_accepted(api, alice):
    contents = base64.b64encode(bytes(10240)).decode()
    row, = api.create(alice, asked(
        user_data='A' * 65532, metadata={'k' * 255: 'v' * 255}, name=' ' + 'x' * 254,
        personality=[{'path': 'p' * 255, 'contents': contents[:76] + '\n' + contents[76:]}]))
    assert len(row.user_data) == 65532


@pytest.mark.parametrize(('image', 'error'), [
    ({'status': 'queued'}, exception.ImageNotActive), ({'min_ram': 65}, exception.FlavorMemoryTooSmall),
    ({'min_disk': 2}, exception.FlavorDiskTooSmall), ({'size': GIB + 1}, exception.FlavorDiskTooSmall),
    ({'virtual_size': 2 * GIB}, exception.FlavorDiskTooSmall), ({'disk_format': 'aki'}, exception.ImageUnusable),
    ({'container_format': 'ari'}, exception.ImageUnusable),
    ({'properties': {'kernel_id': 'gone'}}, exception.RequestedImageNotFound)])
def test_images_that_do_not_fit(api, alice, images, image, error):
    images('other', **image)
    with pytest.raises(error) as raised:
        api.create(alice, asked(image_id='other'))
    assert raised.value.code == 400 and api.list(alice) == []


def test_an_image_as_large_as_the_disk_fits(api, alice, images):
    images('other', size=GIB, virtual_size=GIB, min_disk=1, min_ram=64)
    assert api.create(alice, asked(image_id='other'))


def test_a_flavor_without_disk_takes_any_image(api, alice, images):
    flavor('0', 'm1.zero', root_gb=0)
    images('other', size=50 * GIB)
    assert api.create(alice, asked(image_id='other', flavor_id='0'))


def test_kernel_ramdisk_and_mandatory_config_drive_come_from_the_image(api, alice, images):
    images('kernel', disk_format='aki', container_format='aki')
    images('ramdisk', disk_format='ari', container_format='ari')
    images('other', properties={'kernel_id': 'kernel', 'ramdisk_id': 'ramdisk', 'img_config_drive': 'mandatory',
                                'root_device_name': '/dev/xvda'})
    row, = api.create(alice, asked(image_id='other'))
    assert (row.kernel_id, row.ramdisk_id, row.config_drive, row.root_device_name) == (
        'kernel', 'ramdisk', True, '/dev/xvda')


def test_a_flavor_of_others_is_unknown(api, alice):
    flavor('p', 'private', is_public=False)
    with pytest.raises(exception.RequestedFlavorNotFound):
        api.create(alice, asked(flavor_id='p'))


class TestPlaces:
    @pytest.fixture(autouse=True)
    def hosts(self, api):
        host_up('node1')
        host_up('node2')
        aggregates.add_host(aggregates.create('a', {'availability_zone': 'north'}).id, 'node2')
        compute_nodes.upsert('node2', {'hypervisor_hostname': 'hv2', 'hypervisor_type': 'fake', 'vcpus': 1,
                                       'memory_mb': 1, 'local_gb': 1})

    @pytest.mark.parametrize('zone', ['nova', 'north'])
    def test_a_zone(self, api, alice, zone):
        assert api.create(alice, asked(availability_zone=zone))[0].availability_zone == zone

    @pytest.mark.parametrize(('values', 'zone', 'work'), [
        ({'availability_zone': 'north:node2'}, 'north', {'forced_host': 'node2'}),
        ({'availability_zone': ':node2'}, None, {'forced_host': 'node2'}),
        ({'availability_zone': 'north::hv2'}, 'north', {'forced_host': 'node2', 'forced_node': 'hv2'}),
        ({'host': 'node1'}, None, {'forced_host': 'node1'})])
    def test_administrators_name_hosts(self, api, admin, values, zone, work):
        row, = api.create(admin, asked(**values))
        operation, = JOURNAL.of_resource(row.uuid)
        assert row.availability_zone == zone and operation.data == {'instance_uuid': row.uuid, **work}

    @pytest.mark.parametrize('values', [{'availability_zone': 'nova:node9'}, {'host': 'node9'},
                                        {'availability_zone': 'nova::hv9'}])
    def test_unknown_hosts(self, api, admin, values):
        with pytest.raises(exception.RequestedHostNotFound):
            api.create(admin, asked(**values))

    def test_the_default_zone(self, api, alice, conf):
        conf.set('default_schedule_zone', 'north')
        assert api.create(alice, asked())[0].availability_zone == 'north'


class TestNetworks:
    @pytest.fixture
    def network(self, api):
        return networks.create({'uuid': str(uuid.uuid4()), 'label': 'n', 'cidr': '10.0.0.0/24', 'gateway': '10.0.0.1',
                                'netmask': '255.255.255.0', 'dhcp_start': '10.0.0.2'})

    def test_by_id_and_address(self, api, alice, network):
        row, = api.create(alice, asked(networks=[{'uuid': network.uuid, 'fixed_ip': '10.0.0.9'}]))
        assert row.requested_networks == [{'network_id': network.uuid, 'fixed_ip': '10.0.0.9'}]
        assert api.create(alice, asked(networks=[]))[0].requested_networks == []

    @pytest.mark.parametrize('address', ['10.0.1.1', 'x', '::1', '10.0.0.300'])
    def test_addresses_that_cannot_be(self, api, alice, network, address):
        with pytest.raises(exception.RequestedFixedIpInvalid, match=address):
            api.create(alice, asked(networks=[{'uuid': network.uuid, 'fixed_ip': address}]))

    def test_an_address_in_use_or_for_several(self, api, alice, network):
        fixed_ips.reserve('10.0.0.9')
        with pytest.raises(exception.RequestedFixedIpInvalid, match='in use'):
            api.create(alice, asked(networks=[{'uuid': network.uuid, 'fixed_ip': '10.0.0.9'}]))
        with pytest.raises(exception.RequestedFixedIpInvalid, match='several'):
            api.create(alice, asked(networks=[{'uuid': network.uuid, 'fixed_ip': '10.0.0.8'}], max_count=2))

    def test_twice_the_same(self, api, alice, network):
        with pytest.raises(exception.InvalidServerRequest, match='twice'):
            api.create(alice, asked(networks=[{'uuid': network.uuid}, {'uuid': network.uuid}]))

    def test_of_another_project(self, api, alice, network):
        networks.update(network.uuid, project_id='beta')
        with pytest.raises(exception.RequestedNetworkNotFound):
            api.create(alice, asked(networks=[{'uuid': network.uuid}]))


class TestQuotas:
    def test_as_many_as_fit(self, api, alice, rung):
        quota.set_limits('alpha', {'instances': 3})
        assert len(api.create(alice, asked(min_count=2, max_count=5))) == 3
        with pytest.raises(exception.QuotaExceeded) as error:
            api.create(alice, asked())
        assert str(error.value) == 'Quota exceeded for instances: Requested 1, but already used 3 of 3 instances'
        assert len(rung) == 3

    def test_a_deleted_server_counts_no_more(self, api, alice):
        quota.set_limits('alpha', {'instances': 1})
        instances.mark_deleted(api.create(alice, asked())[0].uuid)
        assert api.create(alice, asked())

    def test_nobody_gets_past_it(self, api, alice):
        quota.set_limits('alpha', {'cores': 4})
        start, refused = threading.Barrier(8), []

        def create():
            start.wait()
            try:
                api.create(alice, asked())
            except exception.QuotaExceeded:
                refused.append(1)
        threads = [threading.Thread(target=create) for _each in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(api.list(alice)) == len(refused) == 4


def test_a_group_deleted_meanwhile_is_unknown(api, alice, monkeypatch):
    gone = security_groups.create({'project_id': 'alpha', 'name': 'gone'})
    security_groups.delete(gone.id)
    monkeypatch.setattr(security_groups, 'by_names', lambda context, names: [gone])
    with pytest.raises(exception.RequestedSecurityGroupNotFound):
        api.create(alice, asked(security_groups=['gone']))
    assert api.list(alice) == []


def test_a_crash_in_the_middle_leaves_nothing(api, alice, monkeypatch):
    monkeypatch.setattr(JOURNAL, 'add', lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        api.create(alice, asked(max_count=3))
    assert api.list(alice) == [] and quota.usage('alpha')['instances'] == 0


def test_statements_of_a_create(api, alice):
    api.create(alice, asked())
    keypairs.create({'user_id': 'alice', 'name': 'k', 'fingerprint': 'f', 'public_key': 'ssh-ed25519 AAA'})
    with db.count_statements() as counter:
        api.create(alice, asked(key_name='k'))
    # limits, flavor, default group, groups, key; usage, hold groups, server, membership, journal
    assert counter.total <= 10, counter.statements
