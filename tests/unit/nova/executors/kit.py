"""A small cloud without processes: a scheduler and hosts, whose runners are driven by hand."""
import uuid

from sqlalchemy import update

from essex import db
from essex.context import RequestContext
from essex.operation import Runner
from essex.operation.models import OPEN
from nova.compute import executors, operations
from nova.db import faults, instances, networks
from nova.db.journal import JOURNAL
from nova.db.models import Operation
from nova.network import allocation
from nova.scheduler.scheduler import Scheduler
from nova.virt.fake import FakeDriver
from tests.unit.nova.scheduler.kit import add_host, add_server

CONTEXT = RequestContext(user_id='alice', project_id='work')


class DirectNetwork:
    """NetworkAPI without messages; `fail` is raised once by the next call."""

    fail = None

    def _maybe_fail(self):
        error, self.fail = self.fail, None
        if error:
            raise error

    def allocate_for_instance(self, context, instance_uuid, host, requested_networks=None, timeout=None):
        self._maybe_fail()
        return allocation.allocate(instance_uuid, host, requested_networks)

    def deallocate_for_instance(self, context, instance_uuid, timeout=None):
        self._maybe_fail()
        allocation.deallocate(instance_uuid)


class Images:
    """The image service as nova.image.glance offers it."""

    def __init__(self):
        self.statuses, self.formats, self.uploaded, self.downloads = {}, {}, {}, 0
        self.fail, self.older = None, {}

    def download(self, image_id, path, progress=None):
        self.downloads += 1
        if self.fail:
            raise self.fail
        with open(path, 'wb') as file:
            file.truncate(1 << 20)
        progress(1 << 20)

    def status(self, image_id):
        return self.statuses.get(image_id)

    def set_format(self, image_id, disk_format):
        self.formats[image_id] = disk_format

    def upload(self, image_id, path):
        if self.fail:
            raise self.fail
        with open(path, 'rb') as file:
            self.uploaded[image_id] = len(file.read())
        self.statuses[image_id] = 'active'

    def delete(self, image_id):
        self.statuses.pop(image_id, None)

    def backups(self, project_id, instance_uuid, backup_type):
        """Those a test has put there, newest first, with the new one."""
        return [image for image in ('image-9', *self.older.get((project_id, instance_uuid, backup_type), ()))
                if image in self.statuses]


class World:
    """Hosts 'a' and more, a scheduler, a network."""

    def __init__(self, directory, hosts=('a',)):
        self.network, self.images, self.drivers = DirectNetwork(), Images(), {}
        networks.create({'uuid': str(uuid.uuid4()), 'label': 'private', 'cidr': '10.0.0.0/28',
                         'netmask': '255.255.255.240', 'gateway': '10.0.0.1', 'dhcp_start': '10.0.0.2',
                         'bridge': 'br100'})
        self.runners = [Runner(JOURNAL, 'nova-scheduler', ['scheduler'], self._silent)]
        self.scheduling = executors.register(self.runners[0], executors.Tools(
            network=self.network, images=self.images, scheduler=Scheduler()))
        self.executors = {}
        for name in hosts:
            self._add_host(name, directory)

    def _add_host(self, name, directory):
        # The first is the emptiest, so that servers go there.
        add_host(name, memory_mb=16384 - 1024 * len(self.drivers), vcpus=8, local_gb=100)
        driver = FakeDriver(state_file=str(directory / f'guests-{name}'))
        driver.init_host(name)
        runner = Runner(JOURNAL, 'nova-compute', (), self._silent, [f'compute.{name}'])
        self.executors[name] = executors.register(runner, executors.Tools(
            network=self.network, images=self.images, host=name, driver=driver))
        self.drivers[name] = driver
        self.runners.append(runner)

    @staticmethod
    def _silent(queue, operation_id):
        """Nobody is called: drain() looks."""

    def drain(self):
        """Until nothing is ready; what was postponed is ready again, each operation at most three times."""
        seen = {}
        while True:
            with db.writer() as session:
                session.execute(db_update())
            ready = [(runner, operation) for runner in self.runners
                     for operation in JOURNAL.ready(runner.owner, runner.queues, runner.exclusive)
                     if seen.get(operation, 0) < 12]
            if not ready:
                return
            for runner, operation in ready:
                seen[operation] = seen.get(operation, 0) + 1
                runner.run(operation)

    def boot(self, data=None, **values):
        """A server whose boot has ended; its row."""
        row = add_server(**values)
        self.enter(operations.BOOT, row.uuid, **(data or {}))
        self.drain()
        return instances.get(row.uuid)

    def enter(self, definition, own, **data):
        """A new operation's id."""
        row = instances.get(own, deleted=True)
        with db.writer():
            return JOURNAL.add(definition, own, CONTEXT, {'instance_uuid': own, 'host': row.host, **data}).id

    def do(self, definition, own, task=None, **data):
        """Have an operation done; the server's row afterwards."""
        instances.update(own, task_state=task)
        self.enter(definition, own, **data)
        self.drain()
        return instances.get(own)


def db_update():
    """A statement that makes every postponed operation due."""
    return update(Operation).values(not_before=None).execution_options(synchronize_session=False)


def fault(own):
    found = faults.latest([own]).get(own)
    return found.message if found else None


def open_kinds(own):
    return [row.kind for row in JOURNAL.of_resource(own) if row.state in OPEN]


def steps(own):
    """The steps of all operations of a server, in order."""
    return [f'{"undo_" if step.undo else ""}{step.name}' for row in reversed(JOURNAL.of_resource(own))
            for step in JOURNAL.steps(row.id)]

