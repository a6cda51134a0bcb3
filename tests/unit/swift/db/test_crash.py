"""What is acknowledged survives a kill at any moment, once."""
import contextlib
import os
import random
import signal
import sqlite3
import sys
import threading

import pytest

from swift import backend
from swift.db import files, pending, sqlite
from swift.db.container import ContainerBroker
from tests.fixtures.processes import Process, free_port, listening
from tests.fixtures.rings import make_rings

pytestmark = pytest.mark.servers

AT = '0000000002.00000'
SERVER = '''
from essex import concurrency
concurrency.patch()
import sys
import swift.db.broker
from swift.container.server import app_factory
swift.db.broker.PENDING_CAP = 2000
directory, port = sys.argv[1], int(sys.argv[2])
app = app_factory({}, swift_dir=f'{directory}/etc', devices=f'{directory}/devices', mount_check='false')
concurrency.serve(concurrency.listen('127.0.0.1', port), app)
'''


def died(function):
    """Call it in a child that must end by os._exit(9)."""
    sqlite.forget()
    pid = os.fork()
    if not pid:
        with contextlib.suppress(BaseException):
            function()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


def counted(broker):
    """The rows, and what the triggers made of them."""
    names = [row['name'] for row in broker.get_items_since(-1, 100000)]
    info = broker.get_info()
    assert len(names) == len(set(names)) == info['object_count'] == info['bytes_used']
    return set(names)


def test_a_merge_killed_before_its_commit_loses_nothing(make, monkeypatch):
    broker = make()
    broker.append_all([broker.record(f'o{number}', AT, 1, 't', 'e') for number in range(1200)])

    def die(opened, items, merge=broker._merge_chunk, calls=[]):  # noqa: B006
        merge(opened, items)
        calls.append(1)
        if len(calls) == 2:
            os._exit(9)
    with monkeypatch.context() as patch:
        patch.setattr(broker, '_merge_chunk', die)
        died(broker.commit_pending)
    assert len(counted(broker)) == 1200


def test_a_merge_killed_after_its_commit_doubles_nothing(make, monkeypatch):
    broker = make()
    broker.append_all([broker.record(f'o{number}', AT, 1, 't', 'e') for number in range(100)])
    with monkeypatch.context() as patch:
        patch.setattr(pending, 'clear', lambda path: os._exit(9))
        died(broker.commit_pending)
    assert pending.size(broker.pending_path) > 0 and broker.max_row() == 100
    assert len(counted(broker)) == 100 and broker.max_row() == 100


def test_a_merge_killed_at_any_moment(make):
    chance = random.Random(3)
    broker, sent = make(), 0
    for _ in range(12):
        broker.append_all([broker.record(f'o{number}', AT, 1, 't', 'e') for number in range(sent, sent + 700)])
        sent += 700
        sqlite.forget()
        pid = os.fork()
        if not pid:
            with contextlib.suppress(BaseException):
                broker.commit_pending()
            os._exit(0)
        threading.Event().wait(chance.uniform(0, 0.03))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert len(counted(broker)) == sent
    with contextlib.closing(sqlite3.connect(broker.path)) as opened:
        assert opened.execute('PRAGMA integrity_check').fetchone()[0] == 'ok'


def test_creating_killed_half_way_leaves_no_database(make, monkeypatch):
    broker = make(create=None)
    with monkeypatch.context() as patch:
        patch.setattr(files, 'rename', lambda source, target: os._exit(9))
        died(lambda: broker.initialize(AT))
    assert not broker.exists()
    broker.initialize(AT)
    assert not broker.is_deleted()


def test_rows_a_killed_server_acknowledged_are_there(tmp_path):
    (tmp_path / 'devices' / 'sda').mkdir(parents=True)
    make_rings(str(tmp_path / 'etc'), [{'device': 'sda', 'port': 6201}], replicas=1)
    port = free_port()
    node, acknowledged = {'ip': '127.0.0.1', 'port': port, 'device': 'sda'}, set()

    def put(thread):
        for number in range(100000):
            name = f'{thread}-{number}'
            try:
                answer = backend.request(node, 'PUT', f'/sda/1/a/c/{name}', {
                    'X-Timestamp': AT, 'X-Size': '1', 'X-Content-Type': 't', 'X-Etag': 'e'})
            except backend.BackendError:
                return
            assert answer.status == 201
            acknowledged.add(name)

    with Process([sys.executable, '-c', SERVER, tmp_path, port], tmp_path / 'log').start(
            lambda: listening(port)) as server:
        assert backend.request(node, 'PUT', '/sda/1/a/c', {'X-Timestamp': AT}).status == 201
        threads = [threading.Thread(target=put, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 400:
            threads[0].join(0.001)
        server.kill()
        for thread in threads:
            thread.join()
    backend.forget()
    broker = ContainerBroker(next(str(path) for path in tmp_path.rglob('*.db')))
    assert acknowledged <= counted(broker)
    sqlite.forget()


def test_rows_of_several_processes_all_arrive(make, monkeypatch):
    monkeypatch.setattr('swift.db.broker.PENDING_CAP', 3000)
    broker = make()
    sqlite.forget()
    children = []
    for process in range(4):
        pid = os.fork()
        if not pid:
            status = 1
            with contextlib.suppress(BaseException):
                for number in range(150):
                    broker.put_object(f'{process}-{number}', AT, 1, 't', 'e')
                status = 0
            os._exit(status)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 4
    assert len(counted(broker)) == 600
