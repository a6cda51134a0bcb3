"""Several processes on one address: connections spread, a dead worker is replaced, none outlives the parent."""
import collections
import http.client
import os
import pathlib
import signal
import subprocess
import sys

import pytest

from tests.fixtures.processes import free_port, wait_for

ROOT = pathlib.Path(__file__).parents[3]


def ask(port):
    """(pid, parent's pid, times its only-one part started), over a connection of its own."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
    try:
        connection.request('GET', '/')
        return tuple(map(int, connection.getresponse().read().split()))
    finally:
        connection.close()


def answers(port):
    try:
        return ask(port)
    except OSError:
        return None


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def start(port, tmp_path):
    """start() -> the parent, once it serves."""
    running = []

    def call():
        command = [sys.executable, pathlib.Path(__file__).with_name('workers_daemon.py'), str(port)]
        environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
        with open(tmp_path / 'errors', 'w', encoding='utf-8') as errors:
            running.append(subprocess.Popen(command, env=environment, stderr=errors))
        wait_for(lambda: answers(port) or running[-1].poll() is not None, 20)
        return running[-1]
    yield call
    for process in running:
        process.kill()
        process.wait()


def test_connections_spread_and_the_dead_are_replaced(start, port):
    parent = start()
    served = collections.Counter(ask(port) for _ in range(200))
    assert len(served) == 2 and min(served.values()) > 40
    assert {above for _, above, _ in served} == {parent.pid}
    assert sorted(times for _, _, times in served) == [0, 1]
    before = {pid for pid, _, _ in served}
    doomed = max(before)
    os.kill(doomed, signal.SIGKILL)
    # Those that came in between waited for the successor.
    served = {ask(port)[0] for _ in range(100)}
    assert doomed not in served and len(served) == 2 and len(served & before) == 1


def test_the_address_is_not_shared_with_strangers(start, tmp_path):
    start()
    assert start().wait(10) != 0
    assert 'Is it running already?' in (tmp_path / 'errors').read_text()


def test_workers_die_with_their_parent(start, port):
    start().kill()
    wait_for(lambda: answers(port) is None, 10)
    assert start().poll() is None and answers(port)
