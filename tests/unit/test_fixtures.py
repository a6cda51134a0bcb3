"""The helpers of the tests themselves."""
import os
import subprocess
import sys

import pytest

from tests.fixtures.processes import Process, free_port, listening, wait_for
from tests.fixtures.servers import Memcached


def test_waiting_ends_with_what_was_seen_last():
    with pytest.raises(AssertionError, match='waited 0.1 s in vain for the moon') as caught:
        wait_for(lambda: [][0:] == [1] or os.stat('/nowhere'), 0.1, what='the moon')
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_process_that_ends_early_shows_its_output(tmp_path):
    process = Process([sys.executable, '-c', 'raise SystemExit("no such thing")'], tmp_path / 'log')
    with pytest.raises(AssertionError, match='(?s)ended with status 1. Its output:.*no such thing'):
        process.start(lambda: False)


def test_a_process_can_be_terminated_and_killed(tmp_path):
    process = Process(['sleep', '60'], tmp_path / 'log').start()
    assert process.alive
    assert process.terminate() == -15
    process.start().kill()
    assert (process.alive, process.status) == (False, -9)


def test_a_server_leaves_nothing():
    server = Memcached().start()
    port, directory = server.port, server.directory
    assert listening(port)
    server.close()
    assert not listening(port) and not os.path.exists(directory)


def test_children_die_with_a_killed_test_run(tmp_path):
    port = free_port()
    script = ('import sys, time\nfrom tests.fixtures.processes import Process, listening\n'
              f'Process([sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1"], '
              f'"{tmp_path}/log").start(lambda: listening({port}))\nprint("up", flush=True)\ntime.sleep(60)')
    with subprocess.Popen([sys.executable, '-c', script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b'up\n'
        parent.kill()
    wait_for(lambda: not listening(port))


def test_a_missing_program_names_the_package(monkeypatch):
    monkeypatch.setattr(Memcached, 'programs', ('no-such-memcached',))
    with pytest.raises(pytest.fail.Exception, match='no-such-memcached not found.*apt-get install memcached'):
        Memcached().start()
