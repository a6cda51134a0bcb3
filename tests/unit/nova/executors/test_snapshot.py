"""Snapshots: an image with the disk's data, or no image at all, and never a file that stays."""
import os

import pytest

from essex.exception import EssexError
from nova.compute import operations, states
from nova.db import instances
from nova.db.journal import JOURNAL
from tests.unit.nova.executors.kit import fault, steps


def snapshot(world, own, image='image-9'):
    world.images.statuses.setdefault(image, 'queued')
    return world.do(operations.SNAPSHOT, own, states.IMAGE_SNAPSHOT, image_id=image, name='copy')


def files(conf):
    directory = os.path.join(conf.state_path, 'snapshots')
    return os.listdir(directory) if os.path.isdir(directory) else []


def test_an_image_is_made(world, conf):
    row = world.boot()
    now = snapshot(world, row.uuid)
    assert (now.vm_state, now.task_state) == (states.ACTIVE, None)
    assert world.images.statuses == {'image-9': 'active'}
    assert world.images.formats == {'image-9': 'raw'}
    assert world.images.uploaded == {'image-9': 1 << 20}
    assert steps(row.uuid)[6:] == ['capture', 'upload', 'clean']
    assert files(conf) == []


@pytest.mark.parametrize('where', ['capture', 'upload'])
def test_a_failure_leaves_neither_image_nor_file(world, conf, where):
    row = world.boot()

    def fail(*args):
        raise EssexError('no space left')
    if where == 'capture':
        world.drivers['a'].capture = fail
    else:
        world.images.fail = EssexError('no space left')
    now = snapshot(world, row.uuid)
    assert (now.vm_state, now.task_state, fault(row.uuid)) == (states.ACTIVE, None, 'no space left')
    assert world.images.statuses == {}
    assert files(conf) == []


def test_an_image_deleted_meanwhile_ends_it(world, conf):
    row = world.boot()
    capture = world.drivers['a'].capture

    def capture_and_delete(spec, path):
        world.images.delete('image-9')
        return capture(spec, path)
    world.drivers['a'].capture = capture_and_delete
    snapshot(world, row.uuid)
    assert fault(row.uuid) == 'Image image-9 could not be found.'
    assert files(conf) == []


def test_an_upload_that_had_ended_before_a_crash_is_not_repeated(world):
    row = world.boot()
    world.images.statuses['image-9'] = 'active'
    snapshot(world, row.uuid)
    assert world.images.uploaded == {}
    assert JOURNAL.of_resource(row.uuid)[0].state == 'done'


def test_each_step_is_shown(world):
    row, seen = world.boot(), []
    upload = world.images.upload

    def look(image_id, path):
        seen.append(instances.get(row.uuid).task_state)
        upload(image_id, path)
    world.images.upload = look
    snapshot(world, row.uuid)
    assert seen == ['image_uploading']


@pytest.mark.parametrize('rotation,kept', [(0, []), (1, ['image-9']), (2, ['image-9', 'new']),
                                           (5, ['image-9', 'new', 'old'])])
def test_of_backups_the_newest_stay(world, conf, rotation, kept):
    row = world.boot()
    world.images.statuses.update({'image-9': 'queued', 'new': 'active', 'old': 'active', 'weekly': 'active'})
    world.images.older[row.project_id, row.uuid, 'daily'] = ['new', 'old']
    world.images.older[row.project_id, row.uuid, 'weekly'] = ['weekly']
    now = world.do(operations.BACKUP, row.uuid, states.IMAGE_BACKUP, image_id='image-9', name='copy',
                   backup_type='daily', rotation=rotation)
    assert (now.vm_state, now.task_state) == (states.ACTIVE, None)
    assert sorted(world.images.statuses) == sorted([*kept, 'weekly'])
    assert steps(row.uuid)[6:] == ['capture', 'upload', 'rotate', 'clean'] and files(conf) == []


def test_a_backup_that_fails_takes_no_older_ones_away(world):
    row = world.boot()
    world.images.statuses.update({'image-9': 'queued', 'old': 'active'})
    world.images.older[row.project_id, row.uuid, 'daily'] = ['old']
    world.images.fail = EssexError('no space left')
    world.do(operations.BACKUP, row.uuid, states.IMAGE_BACKUP, image_id='image-9', name='copy', backup_type='daily',
             rotation=1)
    assert world.images.statuses == {'old': 'active'}
