"""What answers of the Block Storage API hold: no key too few, none too many; lists, pages, versions."""
import jsonschema
import pytest

from essex import db
from essex.exception import ServiceUnavailable
from nova.volume.rpcapi import VolumeAPI
from tests.unit.nova.api.shapes import FLAG, MAYBE_MICRO, MAYBE_TEXT, MICRO, NULL, NUMBER, TEXT, UUID, closed, several
from tests.unit.nova.volume import rows

LINKS = several(closed({'rel': TEXT, 'href': TEXT}))
WORDS = {'type': 'object', 'additionalProperties': TEXT}
ATTACHMENT = closed({'attachment_id': UUID, 'device': TEXT, 'host_name': MAYBE_TEXT, 'id': UUID, 'server_id': UUID,
                     'volume_id': UUID}, {'attached_at': MICRO})
SHORT = {'id': UUID, 'name': MAYBE_TEXT, 'links': LINKS}
_VOLUME = {
    **SHORT, 'attachments': {'type': 'array', 'items': ATTACHMENT}, 'availability_zone': MAYBE_TEXT,
    'bootable': {'enum': ['true', 'false']}, 'consistencygroup_id': NULL, 'created_at': MICRO,
    'description': MAYBE_TEXT, 'encrypted': FLAG, 'metadata': WORDS, 'multiattach': FLAG, 'replication_status': NULL,
    'size': NUMBER, 'snapshot_id': MAYBE_TEXT, 'source_volid': MAYBE_TEXT, 'status': TEXT, 'updated_at': MAYBE_MICRO,
    'user_id': TEXT, 'volume_type': MAYBE_TEXT}
VOLUME = closed(_VOLUME)
DETAIL = closed(_VOLUME, {'os-vol-host-attr:host': TEXT, 'os-vol-tenant-attr:tenant_id': TEXT,
                          'migration_status': NULL, 'os-vol-mig-status-attr:migstat': NULL,
                          'os-vol-mig-status-attr:name_id': NULL, 'volume_image_metadata': WORDS})
_SNAPSHOT = {'created_at': MICRO, 'description': MAYBE_TEXT, 'id': UUID, 'metadata': WORDS, 'name': MAYBE_TEXT,
             'size': NUMBER, 'status': TEXT, 'updated_at': MAYBE_MICRO, 'volume_id': UUID}
SNAPSHOT = closed(_SNAPSHOT)
SNAPSHOT_DETAIL = closed({**_SNAPSHOT, 'os-extended-snapshot-attributes:progress': TEXT,
                          'os-extended-snapshot-attributes:project_id': TEXT})
TYPE = closed({'description': MAYBE_TEXT, 'id': UUID, 'is_public': FLAG, 'name': TEXT},
              {'extra_specs': WORDS, 'os-volume-type-access:is_public': FLAG, 'qos_specs_id': NULL})
LIMITS = ('maxTotalBackupGigabytes', 'maxTotalBackups', 'maxTotalSnapshots', 'maxTotalVolumeGigabytes',
          'maxTotalVolumes', 'totalBackupGigabytesUsed', 'totalBackupsUsed', 'totalGigabytesUsed',
          'totalSnapshotsUsed', 'totalVolumesUsed')


def fits(schema, value):
    jsonschema.validate(value, schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize('who', ['owner', 'admin'])
def test_answers_are_closed(block, who):
    client = block.clients[who]
    every = '?all_tenants=1' if who == 'admin' else ''
    fits(several(closed(SHORT)), client.get(f'/volumes{every}')['volumes'])
    fits(several(DETAIL), client.get(f'/volumes/detail{every}')['volumes'])
    fits(DETAIL, client.get(f'/volumes/{block.attached}')['volume'])
    fits(several(SNAPSHOT), client.get(f'/snapshots{every}')['snapshots'])
    fits(several(SNAPSHOT_DETAIL), client.get(f'/snapshots/detail{every}')['snapshots'])
    fits(SNAPSHOT_DETAIL, client.get(f'/snapshots/{block.snapshot}')['snapshot'])
    fits(several(TYPE), client.get('/types')['volume_types'])
    fits(closed(dict.fromkeys(LIMITS, NUMBER)), client.get('/limits')['limits']['absolute'])
    fits(several(closed(dict.fromkeys(('alias', 'description', 'name', 'updated'), TEXT) | {'links': {}})),
         client.get('/extensions')['extensions'])
    made = client.ok('POST', client.url('/volumes'), {'volume': {'size': 1}}, 202)['volume']
    fits(VOLUME, made)
    fits(VOLUME, client.ok('PUT', client.url(f'/volumes/{made["id"]}'), {'volume': {'name': 'new'}})['volume'])
    snapshot = {'snapshot': {'volume_id': block.free, 'force': False, 'metadata': None}}
    fits(SNAPSHOT, client.ok('POST', client.url('/snapshots'), snapshot, 202)['snapshot'])


def at(minor):
    return {'OpenStack-API-Version': f'volume 3.{minor}'}


MESSAGE = closed({**dict.fromkeys(('event_id', 'message_level', 'user_message', 'resource_type', 'request_id'), TEXT),
                  'id': UUID, 'resource_uuid': UUID, 'created_at': MICRO, 'guaranteed_until': MICRO, 'links': LINKS})


def test_messages_say_why(block):
    shown, = block.owner.get('/messages', headers=at(3))['messages']
    fits(MESSAGE, shown)
    assert (shown['user_message'], shown['resource_uuid']) == ('The disk is full.', block.volume)
    fits(MESSAGE, block.owner.get(f'/messages/{shown["id"]}', headers=at(5))['message'])
    for query, count in ((f'resource_uuid={block.volume}', 1), (f'resource_uuid={block.free}', 0), ('limit=0', 0),
                         ('request_id=req-1&event_id=volume_create', 1), ('sort=resource_type:asc', 1)):
        assert len(block.owner.get('/messages', query=query, headers=at(5))['messages']) == count, query
    assert block.owner.ask('GET', '/messages', query='sort=size:asc', headers=at(5)).status_int == 400
    assert block.owner.ask('GET', '/messages', headers=at(2)).status_int == 404
    assert block.stranger.get('/messages', headers=at(3))['messages'] == []
    block.owner.ok('DELETE', block.owner.url(f'/messages/{shown["id"]}'), status=204, headers=at(3))
    assert block.owner.get('/messages', headers=at(3))['messages'] == []


def test_volumes_by_what_their_image_was(block):
    def count(minor, query):
        return len(block.owner.get('/volumes', query=query, headers=at(minor))['volumes'])
    wanted = f"glance_metadata={{'image_id':'{block.image}'}}"
    assert (count(4, wanted), count(3, wanted), count(4, "glance_metadata={'image_id':'x'}")) == (1, 3, 0)


def test_attachments_are_shown(block):
    shown, = block.owner.get(f'/volumes/{block.attached}')['volume']['attachments']
    assert (shown['server_id'], shown['device'], shown['volume_id']) == (block.server, '/dev/vdb', block.attached)


def test_hosts_are_the_administrators(block):
    assert 'os-vol-host-attr:host' not in block.owner.get(f'/volumes/{block.volume}')['volume']
    assert block.admin.get(f'/volumes/{block.volume}')['volume']['os-vol-host-attr:host'] == 'node1@file#file'
    assert block.owner.get(f'/volumes/{block.volume}')['volume']['os-vol-tenant-attr:tenant_id'] == 'alpha'


def test_lists(block):
    def names(query, who='owner'):
        return [each['name'] for each in block.clients[who].get('/volumes', query=query)['volumes']]
    assert names('') == ['disk', 'free', 'data'] and names('sort=name:asc') == ['data', 'disk', 'free']
    assert names('sort_key=name&sort_dir=desc') == ['free', 'disk', 'data']
    assert names('status=in-use') == ['disk'] and names('name=free') == ['free'] and names('name=none') == []
    assert names('bootable=true') == [] and names("metadata={'one':'a'}&name=free") == ['free']
    assert names("metadata={'one':'b'}") == [] and names('limit=0') == []
    assert names('offset=2') == ['data'] and names('all_tenants=1', 'stranger') == []
    assert names('', 'admin') == [] and len(names('all_tenants=1', 'admin')) == 3
    assert names('project_id=alpha', 'stranger') == [] and len(names('project_id=alpha', 'admin')) == 3


def test_pages_follow_one_another(block):
    body, seen = block.owner.get('/volumes/detail', query='limit=2'), []
    while True:
        seen += [each['id'] for each in body['volumes']]
        if 'volumes_links' not in body:
            break
        body = block.owner.ok('GET', body['volumes_links'][0]['href'].removeprefix('http://cloud:8774'))
    assert seen == [block.attached, block.free, block.volume]


def test_many_volumes_take_a_handful_of_statements(block):
    for _ in range(30):
        rows.available()
    with db.count_statements() as counter:
        assert len(block.owner.get('/volumes/detail')['volumes']) == 33
    assert counter.total == 2, counter.statements


def test_versions(block):
    entries = block.nobody.ok('GET', '/', status=300)['versions']
    assert [(each['id'], each['status'], each['version']) for each in entries] == [
        ('v2.0', 'DEPRECATED', ''), ('v3.0', 'CURRENT', '3.5')]
    entry, = block.nobody.ok('GET', '/v3/')['versions']
    assert entry['links'][0]['href'] == 'http://cloud:8774/v3/' and entry['min_version'] == '3.0'
    answer = block.owner('GET', '/v3/alpha/volumes', headers={'OpenStack-API-Version': 'volume 3.5'})
    assert answer.headers['OpenStack-API-Version'] == 'volume 3.5'
    answer = block.owner('GET', '/v3/alpha/volumes', headers={'OpenStack-API-Version': 'volume 3.71'})
    assert answer.status_int == 406
    assert len(block.owner.ok('GET', '/v2/alpha/volumes')['volumes']) == 3


def test_a_quota_that_is_used_up_is_413(block):
    block.admin.ok('PUT', block.admin.url('/os-quota-sets/alpha'), {'quota_set': {'volumes': 3}})
    answer = block.owner.ask('POST', '/volumes', {'volume': {'size': 1}})
    assert answer.status_int == 413 and answer.headers['Retry-After'] == '0'
    assert 'already used 3 of 3 volumes' in answer.json['overLimit']['message']
    usage = block.owner.get('/os-quota-sets/alpha', query='usage=True')['quota_set']['volumes']
    assert usage == {'limit': 3, 'in_use': 3, 'reserved': 0, 'allocated': 0}


def test_what_clients_send_is_accepted(block):
    nulls = dict.fromkeys(('name', 'description', 'availability_zone', 'snapshot_id', 'source_volid', 'imageRef',
                           'volume_type', 'consistencygroup_id', 'backup_id', 'metadata', 'multiattach'))
    made = block.owner.ok('POST', block.owner.url('/volumes'), {'volume': {**nulls, 'size': '1'}}, 202)['volume']
    assert made['status'] == 'creating' and made['volume_type'] == '__DEFAULT__' and block.told.rung
    of_image = {'volume': {'size': 1, 'imageRef': block.image}}
    assert block.owner.ok('POST', block.owner.url('/volumes'), of_image, 202)['volume']['bootable'] == 'true'
    block.owner.ok('DELETE', block.owner.url(f'/volumes/{block.volume}?cascade=True&force=False'), status=202)
    assert block.owner.get(f'/snapshots/{block.snapshot}')['snapshot']['status'] == 'deleting'


def test_pools(block):
    pool, = block.admin.get('/scheduler-stats/get_pools')['pools']
    assert pool == {'name': 'node1@file#file'}
    pool, = block.admin.get('/scheduler-stats/get_pools', query='detail=True')['pools']
    told = pool['capabilities']
    assert (told['total_capacity_gb'], told['free_capacity_gb'], told['allocated_capacity_gb']) == (100, 2.5, 3)
    for host in ('node1', 'node1@file', 'node1@file%23file'):
        assert block.admin.get(f'/capabilities/{host}')['storage_protocol'] == 'file', host
    assert block.admin.ask('GET', '/capabilities/node2').status_int == 404


def test_pools_of_hosts_that_are_silent(block, monkeypatch):
    def silent(self, context, host):
        raise ServiceUnavailable(f'{host} does not answer.')
    monkeypatch.setattr(VolumeAPI, 'describe', silent)
    assert block.admin.get('/scheduler-stats/get_pools')['pools'] == []
    assert block.admin.ask('GET', '/capabilities/node1').status_int == 503
