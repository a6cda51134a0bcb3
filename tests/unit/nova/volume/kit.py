"""A nova-volume without processes: a runner that is driven by hand, files in a directory, images in a dictionary."""
import os

from essex import db
from essex.context import RequestContext
from essex.operation import Runner
from essex.operation.models import OPEN
from nova.db import volume_snapshots, volumes
from nova.db.journal import JOURNAL
from nova.volume import executors
from nova.volume.drivers.file import FileDriver
from tests.unit.nova.executors.kit import db_update

ALICE = RequestContext(user_id='alice', project_id='alpha')


class Images:
    """The image service as nova.image.glance offers it to executors: {id: bytes}."""

    def __init__(self):
        self.data, self.statuses, self.uploaded, self.fail = {}, {}, {}, None

    def download(self, image_id, path, progress=None):
        if self.fail:
            raise self.fail
        with open(path, 'wb') as file:
            file.write(self.data[image_id])
        progress(len(self.data[image_id]))

    def status(self, image_id):
        return self.statuses.get(image_id)

    def upload(self, image_id, path):
        if self.fail:
            raise self.fail
        self.uploaded[image_id] = os.path.getsize(path)
        self.statuses[image_id] = 'active'

    def delete(self, image_id):
        self.statuses.pop(image_id, None)


class Store:
    """Host `a` with the file driver in `directory`. `driver` may be replaced before `start`."""

    def __init__(self, directory, driver=None):
        self.directory, self.images = directory, Images()
        self.driver = driver or FileDriver(str(directory))
        self.driver.setup('a')
        self.runner = Runner(JOURNAL, 'nova-volume', (), lambda queue, operation_id: None, ['volume.a'])
        executors.register(self.runner, executors.Tools(driver=self.driver, images=self.images))

    def drain(self, turns=12):
        """Until nothing is ready; what was postponed is ready again."""
        for _ in range(turns):
            with db.writer() as session:
                session.execute(db_update())
            ready = JOURNAL.ready(self.runner.owner, self.runner.queues, self.runner.exclusive)
            if not ready:
                return
            for operation_id in ready:
                self.runner.run(operation_id)

    def path(self, uuid, kind='volume'):
        return self.directory / f'{kind}-{uuid}'

    def files(self):
        """The names of all files there are."""
        return sorted(os.listdir(self.directory))

    @staticmethod
    def status(uuid):
        """(status, reason) of a volume or a snapshot; None when it is gone."""
        row = volumes.find(uuid) or volume_snapshots.find(uuid)
        return (row.status, row.reason) if row else None


def open_kinds(uuid):
    return [row.kind for row in JOURNAL.of_resource(uuid) if row.state in OPEN]
