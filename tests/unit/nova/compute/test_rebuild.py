"""Rebuild: what is checked, what the row shows at once, and what the journal keeps for the way back."""
import base64

import pytest

from nova import exception
from nova.compute.request import RebuildRequest
from nova.db import instances
from nova.db.journal import JOURNAL
from tests.unit.nova.compute.conftest import IMAGE
from tests.unit.nova.rows import server

OTHER = '11111111-2222-4333-8444-555555555555'
FILE = {'path': '/a', 'contents': base64.b64encode(b'x').decode()}


@pytest.fixture
def other(images):
    """Another image, with a kernel."""
    kernel = images('33333333-2222-4333-8444-555555555555', disk_format='aki', container_format='aki')
    return images(OTHER, name='debian', properties={'kernel_id': kernel, 'root_device_name': '/dev/sda'})


def test_the_row_shows_all_at_once_and_the_journal_keeps_what_was(api, alice, rung, other):
    row = server(metadata_={'old': 'yes'}, access_ip_v4='192.0.2.1', config_options={'console': 'x'})
    shown = api.rebuild(alice, row.uuid, RebuildRequest(
        other, name=' new ', metadata={'new': 'yes'}, personality=[FILE], access_ip_v4='', access_ip_v6='fd00::1',
        disk_config='MANUAL', preserve_ephemeral=True))
    after, (operation,) = instances.get(row.uuid), JOURNAL.of_resource(row.uuid)
    for each in (shown, after):
        assert (each.image_ref, each.image_meta['name'], each.root_device_name) == (other, 'debian', '/dev/sda')
        assert (each.display_name, each.metadata_, each.personality) == ('new', {'new': 'yes'}, [FILE])
        assert (each.access_ip_v4, each.access_ip_v6) == (None, 'fd00::1')
        assert each.config_options == {'console': 'x', 'disk_config': 'MANUAL'}
        assert each.kernel_id and (each.vm_state, each.task_state) == ('active', 'rebuilding')
    assert (operation.kind, operation.queue, operation.data['preserve_ephemeral']) == ('rebuild', 'compute.node1', True)
    former = operation.data['former']
    assert (former['display_name'], former['metadata_'], former['access_ip_v4']) == ('web', {'old': 'yes'}, '192.0.2.1')
    assert (former['image_ref'], former['kernel_id'], former['personality']) == (IMAGE, None, None)
    assert rung == [('compute.node1', operation.id)]


def test_what_is_not_named_stays(api, alice, other):
    row = server(metadata_={'a': 'b'}, personality=[FILE], config_drive=True)
    api.rebuild(alice, row.uuid, RebuildRequest(other))
    after = instances.get(row.uuid)
    assert (after.display_name, after.metadata_, after.personality) == ('web', {'a': 'b'}, [FILE])
    assert after.config_drive is True


@pytest.mark.parametrize(('image', 'error'), [
    ({'status': 'queued'}, exception.ImageNotActive), ({'disk_format': 'ari'}, exception.ImageUnusable),
    ({'min_ram': 65}, exception.FlavorMemoryTooSmall), ({'min_disk': 2}, exception.FlavorDiskTooSmall),
    ({'virtual_size': 2 << 30}, exception.FlavorDiskTooSmall),
    ({'properties': {'kernel_id': 'none'}}, exception.RequestedImageNotFound)])
def test_images_that_do_not_fit(api, alice, images, image, error):
    row = server()
    images(OTHER, **image)
    with pytest.raises(error):
        api.rebuild(alice, row.uuid, RebuildRequest(OTHER))
    with pytest.raises(exception.RequestedImageNotFound):
        api.rebuild(alice, row.uuid, RebuildRequest('none'))
    assert (instances.get(row.uuid).task_state, JOURNAL.of_resource(row.uuid)) == (None, [])


@pytest.mark.parametrize('change', [
    {'name': ' '}, {'name': 'x' * 256}, {'metadata': {'a': 'x' * 256}}, {'metadata': {str(n): '' for n in range(129)}},
    {'personality': [FILE] * 6}, {'personality': [{'path': '/a', 'contents': '!'}]}, {'access_ip_v4': 'x'}])
def test_bad_texts(api, alice, change):
    with pytest.raises((exception.InvalidServerRequest, exception.ItemLimitExceeded)):
        api.rebuild(alice, server().uuid, RebuildRequest(IMAGE, **change))
