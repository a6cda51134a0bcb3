"""Lists of servers: who sees what, filters, order, and pages that hold still."""
import datetime
import itertools
import uuid

import pytest

from essex import db
from nova import exception
from nova.db import instances, networks
from nova.db.models import FixedIp, FloatingIp
from tests.unit.nova.rows import flavor, server

pytestmark = pytest.mark.usefixtures('nova_database')


def names(context, filters=None, **options):
    return [row.display_name for row in instances.list_for(context, filters, **options)]


@pytest.fixture
def some():
    """Three servers of alice's, one of a stranger's, one that is deleted."""
    rows = {name: server(display_name=name, **values) for name, values in {
        'web-1': {'vm_state': 'active', 'host': 'node1', 'image_ref': 'image-1'},
        'web-2': {'vm_state': 'stopped', 'host': 'node2', 'image_ref': 'image-2', 'locked_by': 'owner'},
        'db': {'vm_state': 'error', 'host': None, 'reservation_id': 'r-other', 'config_drive': True},
        'theirs': {'project_id': 'beta'}, 'gone': {}}.items()}
    instances.mark_deleted(rows['gone'].uuid)
    return rows


def test_newest_first_and_only_the_own_project(some, alice, stranger, admin):
    assert names(alice) == ['db', 'web-2', 'web-1']
    assert names(stranger) == ['theirs'] and names(admin) == []


@pytest.mark.parametrize('value', [True, '1', 'True', '', ['1']])
def test_administrators_ask_for_all(some, alice, admin, value):
    assert names(admin, {'all_tenants': value}) == ['theirs', 'db', 'web-2', 'web-1']
    assert names(alice, {'all_tenants': value}) == ['db', 'web-2', 'web-1']


def test_administrators_name_a_project(some, alice, admin):
    assert names(admin, {'project_id': 'beta'}) == names(admin, {'tenant_id': 'beta'}) == ['theirs']
    assert names(alice, {'project_id': 'beta'}) == ['db', 'web-2', 'web-1']


@pytest.mark.parametrize(('filters', 'expected'), [
    ({'name': 'web'}, ['web-2', 'web-1']), ({'name': '^b|^d'}, ['db']), ({'name': 'WEB'}, []),
    ({'name': 'web-[12]$'}, ['web-2', 'web-1']), ({'name': 'b-'}, ['web-2', 'web-1']),
    ({'status': 'ACTIVE'}, ['web-1']), ({'status': 'shutoff'}, ['web-2']),
    ({'status': ['ERROR', 'ACTIVE']}, ['db', 'web-1']),
    ({'status': 'NONSENSE'}, []), ({'image': 'image-2'}, ['web-2']),
    ({'image': ['image-1', 'image-2']}, ['web-2', 'web-1']),
    ({'reservation_id': 'r-other'}, ['db']), ({'locked': 'True'}, ['web-2']), ({'locked': False}, ['db', 'web-1']),
    ({'config_drive': 'true'}, ['db']), ({'power_state': '1'}, ['db', 'web-2', 'web-1']), ({'power_state': '4'}, []),
    ({'power_state': '99999999999999999999'}, []), ({'image': 'x' * 300}, []), ({'image': '\0'}, []),
    ({'uuid': []}, []), ({'tags': 'a', 'whatever': 'b'}, ['db', 'web-2', 'web-1']),
    ({'host': 'node2'}, ['db', 'web-2', 'web-1']), ({'deleted': False}, ['db', 'web-2', 'web-1'])])
def test_filters_of_users(some, alice, filters, expected):
    assert names(alice, filters) == expected


@pytest.mark.parametrize(('filters', 'expected'), [
    ({'host': 'node2'}, ['web-2']), ({'host': 'node'}, []), ({'deleted': True}, ['gone']), ({'deleted': 'false'}, 4)])
def test_filters_of_administrators(some, admin, filters, expected):
    found = names(admin, {'all_tenants': True, **filters})
    assert found == expected if isinstance(expected, list) else len(found) == expected


@pytest.mark.parametrize('filters', [
    {'name': '('}, {'name': '(a+)+$'}, {'name': 'x' * 256}, {'name': '\0'}, {'power_state': 'on'},
    {'changes-since': 'yesterday'}, {'deleted': 'perhaps'}, {'locked': 'x'}, {'ip': '*'}, {'created_at': 'x'}])
def test_bad_filters_say_so(some, admin, filters):
    with pytest.raises(exception.InvalidFilter) as error:
        instances.list_for(admin, {'all_tenants': True, **filters})
    assert error.value.code == 400 and next(iter(filters)) in str(error.value)


def test_status_follows_what_is_shown(alice):
    server(display_name='plain', vm_state='active')
    server(display_name='reboots', vm_state='active', task_state='rebooting')
    server(display_name='stops', vm_state='active', task_state='powering-off')
    assert names(alice, {'status': 'ACTIVE'}) == ['stops', 'plain']
    assert names(alice, {'status': 'REBOOT'}) == ['reboots']


def test_changes_since_tells_of_deletions(some, alice):
    before = db.utcnow() - datetime.timedelta(minutes=1)
    assert names(alice, {'changes-since': before}) == ['gone', 'db', 'web-2', 'web-1']
    changed = instances.update(some['web-1'].uuid, display_name='new')
    assert names(alice, {'changes-since': changed.updated_at}) == ['new']
    assert names(alice, {'changes-since': f'{changed.updated_at.isoformat()}Z'}) == ['new']
    assert 'new' not in names(alice, {'changes-before': changed.created_at})


def test_flavor_by_the_id_users_see(alice):
    made = flavor('big', 'm1.big')
    server(display_name='x', flavor_id=made.id)
    server(display_name='y')
    assert names(alice, {'flavor': 'big'}) == ['x'] and names(alice, {'flavor': 'unknown'}) == []


def test_by_address_fixed_or_floating(alice):
    network = networks.create({'uuid': str(uuid.uuid4()), 'label': 'n', 'cidr': '10.0.0.0/24',
                               'netmask': '255.255.255.0', 'gateway': '10.0.0.1', 'dhcp_start': '10.0.0.2'})
    with db.writer() as session:
        fixed = FixedIp(network_id=network.id, address='10.0.0.5', instance_uuid=server(display_name='five').uuid)
        session.add(fixed)
        session.flush()
        session.add(FloatingIp(uuid=str(uuid.uuid4()), address='192.0.2.9', fixed_ip_id=fixed.id, project_id='alpha'))
    server(display_name='none')
    for pattern, found in (('10.0.0.5', ['five']), ('^10', ['five']), ('192.0.2.9', ['five']), ('10.0.0.6', [])):
        assert names(alice, {'ip': pattern}) == found
    assert names(alice, {'fixed_ip': '192.0.2.9'}) == [] and names(alice, {'fixed_ip': '10.0.0.5'}) == ['five']


ORDERS = [None, [('display_name', 'asc')], [('host', 'asc'), ('display_name', 'desc')], [('host', 'desc')],
          [('vm_state', 'desc'), ('key_name', 'asc')], [('launched_at', 'asc')], [('updated_at', 'desc')]]


@pytest.mark.parametrize(('sort', 'limit'), itertools.product(ORDERS, (1, 2, 3)))
def test_pages_join_to_the_whole(alice, sort, limit):
    for index, host in enumerate(['b', None, 'a', None, 'b', 'c', 'a']):
        server(host=host, display_name=f'n{index % 3}', vm_state=('active', 'error')[index % 2],
               launched_at=db.utcnow() if index % 2 else None)
    whole = [row.uuid for row in instances.list_for(alice, sort=sort)]
    pages, marker = [], None
    while True:
        page = [row.uuid for row in instances.list_for(alice, limit=limit, marker=marker, sort=sort)]
        if not page:
            break
        pages.extend(page)
        marker = page[-1]
    assert pages == whole and len(whole) == 7


def test_a_page_goes_on_after_a_server_that_was_deleted_meanwhile(alice):
    for index in range(4):
        server(display_name=str(index))
    first = instances.list_for(alice, limit=2)
    instances.mark_deleted(first[-1].uuid)
    server(display_name='new')
    assert names(alice, marker=first[-1].uuid) == ['1', '0']


def test_unknown_and_foreign_markers(some, alice):
    for marker in (str(uuid.uuid4()), '', '\0', some['theirs'].uuid):
        with pytest.raises(exception.InvalidMarker):
            instances.list_for(alice, marker=marker)


def test_unknown_sort_keys(alice):
    for key in ('metadata_', 'flavor', 'x', '__class__'):
        with pytest.raises(exception.InvalidSortKey):
            instances.list_for(alice, sort=[(key, 'asc')])


def test_a_list_is_one_statement(some, alice):
    with db.count_statements() as counter:
        instances.list_for(alice, {'name': 'web', 'status': 'ACTIVE', 'flavor': '1', 'ip': '10'}, limit=10)
    assert counter.total == 1
