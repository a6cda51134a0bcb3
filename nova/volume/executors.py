"""How the operations of nova.volume.operations are done. All steps run on the volume's host."""
import contextlib
import dataclasses
import glob
import logging
import os

from essex import concurrency, config, db
from essex.operation import Executor
from nova.db import volume_snapshots, volumes
from nova.exception import ImageNotFound
from nova.virt import formats
from nova.volume import messages, operations, states
from nova.volume.driver import VolumeSpec
from nova.volume.exception import InvalidVolume, VolumeImageUnacceptable
from nova.volume.messages import words

LOG = logging.getLogger(__name__)
_GB = 1 << 30


@dataclasses.dataclass
class Tools:
    """What steps work with. Where nothing is done but telling of hosts that are away, there is no driver."""

    driver: object = None          # nova.volume.driver.Driver
    images: object = None          # nova.image.glance


class VolumeExecutor(Executor):
    """An executor of an operation whose resource is a volume."""

    def __init__(self, tools):
        self.tools = tools

    @property
    def driver(self):
        return self.tools.driver

    def volume(self, run):
        """The VolumeSpec. One without a row is gone: what may be left of it has its name alone."""
        row = volumes.find(run.resource_id)
        return VolumeSpec(run.resource_id, row.size if row else 0)

    def show(self, run, **values):
        """Set columns of the volume, if it is there."""
        volumes.change(run.resource_id, **values)

    def tell(self, run, error, **values):
        """Set columns, and tell the owner why."""
        self.show(run, reason=words(error), **values)
        messages.tell(volumes.find(run.resource_id), messages.VOLUME, run, error)

    def failed(self, run, error):
        if not run.told:
            self.explain(run, error)


class CreateExecutor(VolumeExecutor):
    def fetch(self, run):
        """Have the image it is made from in a file of this host, and looked at."""
        image_id = run.data.get('image_id')
        if not image_id:
            return
        path = _scratch(run)
        _remove_scratch(run)
        self.tools.images.download(image_id, path, lambda received: run.check_cancelled())
        row = volumes.get(run.resource_id)
        try:
            found = concurrency.in_thread(formats.inspect, path, (row.image_metadata or {}).get('disk_format'))
        except formats.Unsafe as error:
            raise VolumeImageUnacceptable(image_id=image_id, reason=str(error)) from error
        needed = found.virtual_size or os.path.getsize(path)
        if needed > row.size * _GB:
            raise VolumeImageUnacceptable(image_id=image_id, reason=(
                f'it needs {needed} bytes, the volume has {row.size} GB.'))
        run.data['disk_format'] = found.qemu_name

    def undo_fetch(self, run):
        _remove_scratch(run)

    def build(self, run):
        """Have the volume."""
        volume = self.volume(run)
        if run.data.get('image_id'):
            connection = self.driver.create_from_image(volume, _scratch(run), run.data['disk_format'])
        elif run.data.get('snapshot_id'):
            connection = self.driver.create_from_snapshot(volume, run.data['snapshot_id'])
        elif run.data.get('source_volid'):
            connection = self.driver.create_from_volume(volume, run.data['source_volid'])
        else:
            connection = self.driver.create(volume)
        run.data['connection'] = connection
        _remove_scratch(run)

    def undo_build(self, run):
        self.driver.delete(self.volume(run))

    def starting(self, run, step):
        if step == 'fetch' and run.data.get('image_id'):
            self.show(run, status=states.DOWNLOADING)
        elif step == 'build':
            self.show(run, status=states.CREATING)

    def finished(self, run):
        self.show(run, status=states.AVAILABLE, reason=None, connection=run.data['connection'], launched_at=db.utcnow())

    def explain(self, run, error):
        self.tell(run, error, status=states.ERROR)


class DeleteExecutor(VolumeExecutor):
    def remove(self, run):
        """Have nothing of it."""
        _remove_scratch(run)
        self.driver.delete(self.volume(run))

    def finished(self, run):
        volumes.delete(run.resource_id)

    def explain(self, run, error):
        """It is tried again until it succeeds; meanwhile the user sees why."""
        self.tell(run, error, status=states.ERROR_DELETING)


class ExtendExecutor(VolumeExecutor):
    def grow(self, run):
        """Have it at its new size."""
        self.driver.extend(VolumeSpec(run.resource_id, run.data['new_size']))

    def finished(self, run):
        self.show(run, status=states.AVAILABLE, reason=None)

    def explain(self, run, error):
        self.tell(run, error, status=states.ERROR, size=run.data['old_size'])

    def failed(self, run, error):
        # What was tried leaves the data as they were, at worst with room at the end.
        values = {'status': states.AVAILABLE, 'size': run.data['old_size']}
        self.show(run, **values) if run.told else self.tell(run, error, **values)

    def cancelled(self, run):
        row = volumes.find(run.resource_id)
        if row is not None and row.status != states.DELETING:
            self.show(run, size=run.data['old_size'])


class UploadExecutor(VolumeExecutor):
    """data['image_id'] is entered already, queued."""

    def export(self, run):
        """Have an image in a file of this host."""
        self.driver.export(self.volume(run), _scratch(run), run.data['disk_format'])

    def undo_export(self, run):
        self.clean(run)
        self.tools.images.delete(run.data['image_id'])

    def send(self, run):
        """Have the data in the image service. An upload that a crash cut short begins anew."""
        status = self.tools.images.status(run.data['image_id'])
        if status is None:
            raise ImageNotFound(image_id=run.data['image_id'])
        if status != 'active':
            self.tools.images.upload(run.data['image_id'], _scratch(run))

    def undo_send(self, run):
        self.tools.images.delete(run.data['image_id'])

    def clean(self, run):
        """Have nothing of it on this host."""
        _remove_scratch(run)

    def finished(self, run):
        self._back(run)

    def explain(self, run, error):
        self._back(run)
        self.tell(run, error)

    def cancelled(self, run):
        self._back(run)

    def _back(self, run):
        row = volumes.find(run.resource_id)
        if row is not None and row.status == states.UPLOADING:
            self.show(run, status=states.AVAILABLE, reason=None)


class SnapshotExecutor(VolumeExecutor):
    """An executor of an operation whose resource is a snapshot."""

    def show(self, run, **values):
        volume_snapshots.change(run.resource_id, **values)

    def tell(self, run, error, **values):
        self.show(run, reason=words(error), **values)
        messages.tell(volume_snapshots.find(run.resource_id), messages.SNAPSHOT, run, error)


class CreateSnapshotExecutor(SnapshotExecutor):
    def copy(self, run):
        """Have the snapshot."""
        row = volumes.find(run.data['volume_uuid'])
        if row is None:
            raise InvalidVolume(reason=f'volume {run.data["volume_uuid"]} is gone.')
        self.driver.create_snapshot(run.resource_id, VolumeSpec(row.uuid, row.size))

    def undo_copy(self, run):
        self.driver.delete_snapshot(run.resource_id)

    def finished(self, run):
        self.show(run, status=states.AVAILABLE, reason=None)

    def explain(self, run, error):
        self.tell(run, error, status=states.ERROR)


class DeleteSnapshotExecutor(SnapshotExecutor):
    def remove(self, run):
        """Have nothing of it."""
        self.driver.delete_snapshot(run.resource_id)

    def finished(self, run):
        volume_snapshots.delete(run.resource_id)

    def explain(self, run, error):
        self.tell(run, error, status=states.ERROR_DELETING)


_EXECUTORS = ((operations.CREATE, CreateExecutor), (operations.DELETE, DeleteExecutor),
              (operations.EXTEND, ExtendExecutor), (operations.UPLOAD, UploadExecutor),
              (operations.CREATE_SNAPSHOT, CreateSnapshotExecutor),
              (operations.DELETE_SNAPSHOT, DeleteSnapshotExecutor))


def by_kind(tools):
    """{kind: (definition, executor)}."""
    return {definition.kind: (definition, executor(tools)) for definition, executor in _EXECUTORS}


def register(runner, tools):
    """Teach a runner all of them."""
    for definition, executor in by_kind(tools).values():
        runner.register(definition, executor)


def _scratch(run):
    """The file of an image on its way to or from a volume."""
    return config.state_file('volume-images', f'{run.resource_id}.img')


def _remove_scratch(run):
    """Have no such file, nor what a download has left of it that was killed."""
    path = _scratch(run)
    for each in (path, *glob.glob(f'{glob.escape(path)}.*.part')):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(each)
