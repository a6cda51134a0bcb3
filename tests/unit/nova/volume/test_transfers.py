"""Volumes given to other projects."""
import pytest

from nova.db import volume_snapshots, volumes
from nova.volume import quota, states
from tests.unit.nova.volume import rows


def offer(block, volume, **more):
    return block.owner.ok('POST', block.owner.url('/os-volume-transfer'), {'transfer': {'volume_id': volume, **more}},
                          202)['transfer']


def accept(client, transfer, key=None):
    return client.ask('POST', f'/os-volume-transfer/{transfer["id"]}/accept',
                      {'accept': {'auth_key': transfer['auth_key'] if key is None else key}})


def test_a_volume_goes_to_another_project_with_its_snapshots(block):
    made = offer(block, block.volume, name='for beta')
    assert (made['name'], made['volume_id']) == ('for beta', block.volume) and len(made['auth_key']) > 15
    assert volumes.get(block.volume).status == 'awaiting-transfer'
    shown = block.owner.get(f'/os-volume-transfer/{made["id"]}')['transfer']
    assert shown == {key: made[key] for key in shown} and 'auth_key' not in shown
    assert block.stranger.get('/os-volume-transfer')['transfers'] == []
    listed = block.owner.get('/os-volume-transfer/detail')['transfers']
    assert [each['name'] for each in listed] == ['offer', 'for beta']
    answer = accept(block.stranger, made)
    assert answer.status_int == 202 and answer.json['transfer']['volume_id'] == block.volume
    row = volumes.get(block.volume)
    assert (row.project_id, row.user_id, row.status) == ('beta', 'mallory', states.AVAILABLE)
    assert volume_snapshots.get(block.snapshot).project_id == 'beta'
    assert block.owner.ask('GET', f'/volumes/{block.volume}').status_int == 404
    assert accept(block.stranger, made).status_int == 404


def test_a_wrong_key_takes_nothing(block):
    made = offer(block, block.free)
    for wrong in ('x', made['auth_key'][:-1], made['id']):
        assert accept(block.stranger, made, wrong).status_int == 400
    assert volumes.get(block.free).project_id == 'alpha'
    assert accept(block.reader, made).status_int == 403


def test_an_offer_is_taken_back(block):
    made = offer(block, block.free)
    assert block.stranger.ask('DELETE', f'/os-volume-transfer/{made["id"]}').status_int == 404
    assert block.owner.ask('DELETE', f'/os-volume-transfer/{made["id"]}').status_int == 202
    assert volumes.get(block.free).status == states.AVAILABLE
    assert accept(block.stranger, made).status_int == 404
    assert block.owner.ask('DELETE', f'/os-volume-transfer/{made["id"]}').status_int == 404


def test_what_is_busy_is_not_given_away(block):
    again = block.owner.ask('POST', '/os-volume-transfer', {'transfer': {'volume_id': offer(
        block, block.free)['volume_id']}})
    assert again.status_int == 400 and 'awaiting-transfer' in again.text
    rows.snapshot(block.volume, status='creating')
    for volume in (block.attached, block.volume):
        assert block.owner.ask('POST', '/os-volume-transfer', {'transfer': {'volume_id': volume}}).status_int == 400
    assert block.owner.ask('DELETE', f'/volumes/{block.free}').status_int == 400


@pytest.mark.parametrize('limits', [{'volumes': 0}, {'gigabytes': 1}, {'snapshots': 0}, {'per_volume_gigabytes': 0}])
def test_the_quota_of_those_who_take(block, limits):
    made = offer(block, block.volume)
    quota.set_limits('beta', limits)
    assert accept(block.stranger, made).status_int == 413
    assert volumes.get(block.volume).project_id == 'alpha'
    quota.set_limits('beta', dict.fromkeys(limits, -1))
    assert accept(block.stranger, made).status_int == 202


def test_an_offer_goes_with_its_volume(block):
    made = offer(block, block.free)
    reset = {'os-reset_status': {'status': 'error'}}
    assert block.admin.ask('POST', f'/volumes/{block.free}/action', reset).status_int == 202
    assert accept(block.stranger, made).status_int == 400
    volumes.delete(block.free)
    assert block.owner.ask('GET', f'/os-volume-transfer/{made["id"]}').status_int == 404
