"""swift-drive-audit: errors of disks in the kernel's log."""
import datetime
import subprocess

import pytest

from swift import recon_cache
from swift.cmd import drive_audit
from swift.exceptions import ConfigurationError

NOW = datetime.datetime(2026, 11, 22, 13, 0, 0)
LOG = ('Nov 22 12:59:10 node kernel: sd 0:0:0:0: [sdb] I/O error on sdb1\n'
       '2026-11-22T12:58:00 node kernel: blk_update_request: I/O error, dev sdc, sector 4711\n'
       'Nov 22 10:00:00 node kernel: I/O error, dev sdb1, long ago\n'
       'Nov 22 12:59:11 node kernel: eth0: all is well\n')


@pytest.fixture
def node(tmp_path):
    (tmp_path / 'kern.log').write_text(LOG)
    (tmp_path / 'mounts').write_text('/dev/sdb1 /srv/node/sdb1 xfs rw 0 0\n/dev/sdd1 /srv/node/sdd1 xfs rw 0 0\n'
                                     '/dev/sdc1 /home xfs rw 0 0\n')
    (tmp_path / 'fstab').write_text('/dev/sdb1 /srv/node/sdb1 xfs defaults 0 0\n/dev/sdc1 /home xfs defaults 0 0\n')
    return tmp_path


def _audit(node, **conf):
    ran = []

    def run(command, **how):
        ran.append(command)
        return subprocess.CompletedProcess(command, 0, '', '')

    audit = drive_audit.Audit({'log_file_pattern': str(node / 'kern.*'), 'recon_cache_path': str(node), **conf},
                              mounts=str(node / 'mounts'), run=run, fstab=str(node / 'fstab'))
    return audit(NOW), ran


def test_recent_errors_of_mounted_devices_are_counted_for_recon(node):
    assert _audit(node) == ({'sdb1': 1}, [])
    assert recon_cache.read(str(node), 'drive')['drive_audit_errors'] == 1


def test_nothing_is_unmounted_unless_configured(node):
    before = (node / 'fstab').read_text()
    _, ran = _audit(node, unmount_failed_device='no')
    assert ran == []
    assert (node / 'fstab').read_text() == before


def test_when_configured_a_failed_device_is_unmounted_and_stays_so_over_a_reboot(node):
    _, ran = _audit(node, unmount_failed_device='yes')
    assert ran == [['umount', '-fl', '/srv/node/sdb1']]
    assert (node / 'fstab').read_text().splitlines() == [
        '#/dev/sdb1 /srv/node/sdb1 xfs defaults 0 0', '/dev/sdc1 /home xfs defaults 0 0']


def test_below_the_limit_a_device_stays(node):
    assert _audit(node, unmount_failed_device='yes', error_limit='2') == ({'sdb1': 1}, [])


def test_an_error_of_the_disk_counts_for_its_partition(node):
    assert _audit(node, regex_pattern_1=r'kernel: sd .*\[(sd[a-z])\]')[0] == {'sdb1': 1}


@pytest.mark.parametrize('pattern', ['(', 'no group', '(two) (groups)'])
def test_a_pattern_that_names_no_device_stops_with_a_sentence(node, pattern):
    with pytest.raises(ConfigurationError):
        _audit(node, regex_pattern_1=pattern)


def test_a_line_of_december_read_in_january_is_of_last_year():
    january = datetime.datetime(2027, 1, 1, 0, 5)
    assert drive_audit.moment('Dec 31 23:59:59 node kernel:', january) == datetime.datetime(2026, 12, 31, 23, 59, 59)


def test_the_command_says_what_is_wrong_with_its_file(tmp_path, capsys):
    assert drive_audit.main([str(tmp_path / 'none.conf')]) == 1
    assert 'cannot be read' in capsys.readouterr().err
