"""swift-oldies and swift-orphans: Swift's processes over a /proc."""
import os
import subprocess
import sys

from swift.cmd import oldies, orphans

HOUR = 3600


def _proc(root, pid, parent, age, *command):
    (root / str(pid)).mkdir(parents=True)
    (root / str(pid) / 'cmdline').write_bytes(b'\0'.join(map(str.encode, command)) + b'\0')
    began = int((10_000_000 - age) * os.sysconf('SC_CLK_TCK'))
    fields = ['S', str(parent), *['0'] * 17, str(began), '0']
    (root / str(pid) / 'stat').write_text(f'{pid} (a) b) {" ".join(fields)}')
    (root / 'uptime').write_text('10000000.00 1.0\n')


def _node(root):
    _proc(root, 100, 1, 900 * HOUR, '/usr/bin/python3', '/usr/bin/swift-object-server', '/etc/swift/object.conf')
    _proc(root, 101, 100, 30 * HOUR, '/usr/bin/python3', '/usr/bin/swift-object-server', '/etc/swift/object.conf')
    _proc(root, 200, 1, 25 * HOUR, '/usr/bin/python3', '/usr/bin/swift-proxy-server', '/etc/swift/proxy.conf')
    _proc(root, 300, 1, 5000 * HOUR, '/usr/sbin/sshd')
    (root / 'kernel').mkdir()


def test_oldies_lists_those_above_the_age_oldest_first(tmp_path, capsys):
    _node(tmp_path)
    assert oldies.main([], root=str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ['Hours', 'PID', 'Command']
    assert [line.split()[:2] for line in lines[1:]] == [['900', '100']]
    oldies.main(['-a', '24'], root=str(tmp_path))
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_orphans_are_those_no_pid_file_and_no_known_parent_explains(tmp_path, capsys):
    _node(tmp_path / 'proc')
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'object-server.pid').write_text('100\n')
    assert orphans.main(['-r', str(tmp_path / 'run')], root=str(tmp_path / 'proc')) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ['200']


def test_orphans_are_signalled_when_asked(tmp_path):
    child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', 'swift-stray'])
    try:
        _proc(tmp_path / 'proc', child.pid, 1, 25 * HOUR, 'python3', 'swift-stray')
        assert orphans.main(['-k', 'TERM', '-r', str(tmp_path)], root=str(tmp_path / 'proc')) == 0
        assert child.wait(10) == -15
    finally:
        child.kill()
        child.wait()


def test_this_node_can_be_read():
    assert oldies.main([]) == 0
