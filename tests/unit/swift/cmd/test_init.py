"""swift-init starts and stops what an operator names."""
import contextlib
import os
import signal
import subprocess
import sys

import pytest

from swift.cmd import _instances, init
from tests.fixtures.cloud import ROOT
from tests.fixtures.processes import wait_for

pytestmark = pytest.mark.servers


@pytest.fixture
def node(tmp_path, monkeypatch):
    """node(*arguments) runs swift-init on a node whose servers are sleepers; its exit status."""
    etc, programs = tmp_path / 'etc', tmp_path / 'bin'
    etc.mkdir()
    programs.mkdir()
    for name in ('proxy-server', 'object-server'):
        (etc / f'{name}.conf').write_text('')
    (etc / 'account-server').mkdir()
    for name in ('1', '2'):
        (etc / 'account-server' / f'{name}.conf').write_text('')
    for name in (*init.MAIN, *init.REST):
        path = programs / f'swift-{name}'
        path.write_text(f'#!{sys.executable}\nimport sys, time\n'
                        f'sys.exit(0) if "once" in sys.argv else time.sleep(60)\n')
        path.chmod(0o755)
    monkeypatch.setattr(_instances, '_BIN', programs)
    monkeypatch.setattr(init, '_raise_limits', lambda: None)   # of this very process
    run = tmp_path / 'run'
    yield lambda *arguments: init.main([*arguments, '-r', str(run), '--swift-dir', str(etc)])
    for path in run.rglob('*.pid'):
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(path.read_text()), signal.SIGKILL)


def test_names_globs_and_groups():
    assert init.expand(['object']) == [('object-server', None)]
    assert init.expand(['object-*', 'object-server']) == [
        ('object-server', None), ('object-auditor', None), ('object-expirer', None),
        ('object-reconstructor', None), ('object-replicator', None), ('object-updater', None)]
    assert [name for name, _ in init.expand(['all'])] == [*init.MAIN, *init.REST]
    assert init.expand(['account-server.2']) == [('account-server', '2')]
    with pytest.raises(SystemExit):
        init.expand(['toaster'])


def test_it_starts_tells_and_stops(node, capsys):
    assert node('object', 'start', '--no-wait') == 0
    assert node('object', 'status') == 0
    assert 'object-server running (' in capsys.readouterr().out
    assert node('object', 'start', '-w') == 0
    assert 'already running' in capsys.readouterr().out
    assert node('object', 'stop') == 0
    assert 'appears to have stopped' in capsys.readouterr().out
    assert node('object', 'status') == 1
    assert 'No object-server running' in capsys.readouterr().out


def test_a_directory_of_files_is_a_server_each(node, capsys):
    assert node('account-server', 'start', '-w') == 0
    assert node('account-server.2', 'stop') == 0
    capsys.readouterr()
    node('account-server', 'status')
    lines = capsys.readouterr().out.splitlines()
    assert '1.conf' in lines[0] and lines[1] == 'No account-server running'


def test_one_pass_of_a_daemon_is_waited_for(node, capsys):
    assert node('object-updater', 'once') == 0
    assert 'Running object-updater' in capsys.readouterr().out
    assert node('object-updater', 'status') == 1


def test_what_is_not_configured_is_told(node, capsys):
    assert node('container-server', 'start', '-w') == 1
    assert 'Unable to locate config for container-server' in capsys.readouterr().out
    assert node('main', 'start', '-w') == 0


def test_stopping_what_does_not_run_is_no_failure_unless_strict(node):
    assert node('object', 'stop') == 0
    assert node('object', 'stop', '--strict') == 1
    assert node('object', 'kill', '--strict') == 0


def test_a_process_that_is_not_ours_is_left_alone(node, tmp_path, capsys):
    other = subprocess.Popen(['sleep', '60'])
    try:
        (tmp_path / 'run').mkdir()
        (tmp_path / 'run' / 'object-server.pid').write_text(str(other.pid))
        assert node('object', 'stop') == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_that_dies_at_once_is_told(node, tmp_path, capsys):
    (tmp_path / 'bin' / 'swift-object-server').write_text('#!/bin/sh\nexit 3\n')
    assert node('object', 'start') == 1
    assert 'did not start' in capsys.readouterr().out


def test_restart_is_another_process(node, tmp_path):
    node('object', 'start', '-w')
    path = tmp_path / 'run' / 'object-server.pid'
    before = path.read_text()
    wait_for(lambda: _instances.find('object-server', tmp_path / 'etc', tmp_path / 'run')[0].pid())
    assert node('object', 'reload', '-w') == 0
    assert path.read_text() != before


def test_a_limit_that_cannot_be_raised_is_named_and_the_others_are_set(capsys):
    """In a process of its own: limits do not come back."""
    code = ('import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)); from swift.cmd import init\n'
            'def refuse(kind, limits, to=resource.setrlimit):\n'
            '    if limits[1] not in (100, -1) and kind == resource.RLIMIT_NOFILE: raise ValueError\n'
            '    to(kind, limits)\n'
            'resource.setrlimit = refuse\n'
            'init._raise_limits(); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == '100'
    assert 'limit of open files: it stays at 100, and 32768 are wanted' in done.stdout
