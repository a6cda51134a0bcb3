"""A Nova of its own for tests: configuration, database, daemons to be killed anywhere, and a look at what is left.

Servers are entered as the API would, without Keystone and Glance: a server without an image boots on the fake driver.
"""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import uuid
from select import select as readable

from sqlalchemy import func, select

from essex import config, db
from essex.context import RequestContext
from essex.db import migration
from essex.operation.models import OPEN
from nova.compute import api, operations, states
from nova.db import faults, instances, models, networks
from nova.db.journal import JOURNAL
from tests.fixtures.processes import Process, wait_for

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONTEXT = RequestContext(user_id='alice', project_id='work', roles=['member'])
SIZES = {'memory_mb': 64, 'vcpus': 1, 'root_gb': 1}


def wait(predicate, timeout, describe):
    """As wait_for; the error says what describe() says by then."""
    try:
        return wait_for(predicate, timeout)
    except AssertionError as error:
        raise AssertionError(f'{error}\n{describe()}') from error


class Zygote:
    """See nova_zygote."""

    def __init__(self, directory):
        log = open(directory / 'zygote.log', 'ab')   # noqa: SIM115
        self._process = subprocess.Popen([sys.executable, '-m', 'tests.functional.nova_zygote'], cwd=ROOT, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        log.close()

    def start(self, program, argv, log, failpoints=''):
        """The pid of a new process of a program (`nova-all`)."""
        order = {'program': program, 'argv': [str(each) for each in argv], 'log': str(log), 'failpoints': failpoints}
        self._process.stdin.write(json.dumps(order) + '\n')
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(10)


class Forked:
    """A program of Nova's that a Zygote started; has the methods of Process that tests need."""

    def __init__(self, zygote, program, argv, log, failpoints):
        self.pid, self.log = zygote.start(program, argv, log, failpoints), log
        # The zygote's children are reaped at once, and their numbers may be given to others.
        try:
            self._descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._descriptor = None

    @property
    def alive(self):
        """Whether it runs."""
        if self._descriptor is not None and readable([self._descriptor], [], [], 0)[0]:
            os.close(self._descriptor)
            self._descriptor = None
        return self._descriptor is not None

    def _send(self, number):
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def kill(self):
        """kill -9."""
        self._send(signal.SIGKILL)
        self.wait()

    def terminate(self, timeout=30):
        """SIGTERM, and wait for the end."""
        self._send(signal.SIGTERM)
        self.wait(timeout)

    def wait(self, timeout=30):
        """Wait for its end."""
        wait(lambda: not self.alive, timeout, self.output)

    def output(self):
        log = pathlib.Path(self.log)
        return log.read_text()[-6000:] if log.exists() else ''


class Nova:
    """One installation. `options`: lines of [DEFAULT]."""

    def __init__(self, directory, zygote=None, database=None, **options):
        self.directory, self.zygote = pathlib.Path(directory), zygote
        self.url = database or f'sqlite:///{self.directory}/nova.sqlite'
        self.options = {'host': 'host-a', 'compute_driver': 'fake', 'network_driver': 'fake', 'report_interval': 1,
                        'service_down_time': 30, 'state_path': self.directory / 'state', **options}
        self.conf = self.write_conf('nova')
        self._processes = []

    def write_conf(self, name, **options):
        """A configuration file like the cloud's own but for `options`; its path."""
        path = self.directory / f'{name}.conf'
        values = {**self.options, **options}
        lines = ['[DEFAULT]', *(f'{key} = {value}' for key, value in values.items()), '[database]',
                 f'connection = {self.url}', '[operation]', 'sweep_interval = 0.2', 'retry_interval = 0.3']
        path.write_text('\n'.join(map(str, lines)) + '\n')
        return path

    def prepare(self):
        """Make the schema and a network, and this process a client of the cloud's database."""
        config.CONF(['--config-file', str(self.conf)], project='nova')
        db.configure(self.url)
        migration.sync('nova')
        networks.create({'uuid': str(uuid.uuid4()), 'label': 'private', 'cidr': '10.0.0.0/24',
                         'netmask': '255.255.255.0', 'gateway': '10.0.0.1', 'dhcp_start': '10.0.0.2',
                         'bridge': 'br100'})

    def start(self, daemons='scheduler,compute,network', failpoints='', **options):
        """A running nova-all; every daemon serves when this returns, unless a failpoint ended it first."""
        began = db.utcnow()
        conf = self.write_conf(f'nova-all-{len(self._processes)}', enabled_daemons=daemons, **options)
        argv, log = ['--config-file', conf], self.directory / 'nova.log'
        if self.zygote:
            process = Forked(self.zygote, 'nova-all', argv, log, failpoints)
        else:
            process = Process([sys.executable, ROOT / 'bin' / 'nova-all', *argv], log,
                              {'ESSEX_FAILPOINTS': failpoints}).start()
        self._processes.append(process)
        wanted = {f'nova-{name}' for name in daemons.split(',')}
        wait(lambda: not process.alive or wanted <= self.up_since(began), 20, process.output)
        return process

    def up_since(self, moment):
        """The daemons that began to report after `moment`."""
        with db.reader() as session:
            return set(session.scalars(select(models.Service.binary).where(models.Service.started_at >= moment)))

    def close(self):
        for process in self._processes:
            process.kill()
        db.dispose()
        config.CONF.reset()

    # -- servers

    def boot(self, **values):
        """Enter a server and its boot, as the API does; its uuid."""
        own = str(uuid.uuid4())
        row = {'uuid': own, 'project_id': CONTEXT.project_id, 'user_id': CONTEXT.user_id, 'display_name': 'test',
               'hostname': 'test', 'reservation_id': 'r-test', 'vm_state': states.BUILDING, 'flavor': {}, **SIZES,
               'task_state': states.SCHEDULING, **values}
        with db.writer():
            instances.create(row)
            JOURNAL.add(operations.BOOT, own, CONTEXT, {'instance_uuid': own})
        return own

    def delete(self, own):
        """Ask for the end of a server."""
        api.API().delete(CONTEXT, own)

    def wait_built(self, own, timeout=20):
        """The row once it is no longer being built."""
        return wait(lambda: self._settled(own), timeout, lambda: self.story(own))

    def _settled(self, own):
        row = instances.get(own)
        return row if row.vm_state != states.BUILDING and row.task_state is None else None

    def wait_deleted(self, own, timeout=20):
        wait(lambda: instances.get(own, deleted=True).deleted_at, timeout, lambda: self.story(own))

    def wait_quiet(self, own, timeout=20):
        """Until no operation of the server is open."""
        wait(lambda: not self.open_operations(own), timeout, lambda: self.story(own))

    def open_operations(self, own):
        return [row.kind for row in JOURNAL.of_resource(own) if row.state in OPEN]

    @staticmethod
    def fault(own):
        """The text of the newest fault, or None."""
        found = faults.latest([own]).get(own)
        return found.message if found else None

    @staticmethod
    def story(own):
        """What the journal knows of a server, for people."""
        return '\n'.join(f'{row.id} {row.kind} {row.state} {row.queue} {row.owner} {row.error}: ' + ', '.join(
            f'{"undo " if step.undo else ""}{step.name} {step.result} {step.error or ""}'
            for step in JOURNAL.steps(row.id)) for row in JOURNAL.of_resource(own))

    def left_of(self, own):
        """What still exists of a server, by kind; empty when nothing does."""
        with db.reader() as session:
            def count(model, *conditions):
                return session.scalar(select(func.count()).select_from(model).where(
                    model.instance_uuid == own, *conditions))
            found = {'fixed ips': count(models.FixedIp), 'cards': count(models.VirtualInterface),
                     'tokens': count(models.ConsoleToken), 'groups': count(models.SecurityGroupMember)}
        found['operations'] = self.open_operations(own)
        found['guest'] = [key for key in self.guest_records() if own in key]
        found['files'] = [str(path) for path in (self.directory / 'state').rglob(f'*{own}*')]
        return {kind: what for kind, what in found.items() if what}

    def guest_records(self, host='host-a'):
        """What the fake hypervisor of a host remembers."""
        path, known = self.directory / 'state' / f'fake-guests-{host}.jsonl', {}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            known.pop(record[0], None)
            if len(record) > 1:
                known[record[0]] = record[1]
        return known
