"""The parts of a private libvirtd that need none: the rest is in tests/functional/test_libvirt_driver.py."""
import os
import pwd

import pytest

from essex.cloud import libvirtd
from essex.exception import ConfigError


def test_a_path_too_long_for_a_socket_is_refused(tmp_path):
    with pytest.raises(ConfigError, match='shorter state directory'):
        libvirtd.PrivateLibvirtd(tmp_path / ('x' * 120))


def test_what_does_not_run_is_not_alive(tmp_path):
    private = libvirtd.PrivateLibvirtd(tmp_path)
    assert private.pid() is None
    assert not private.alive()
    assert list(private.guests()) == []
    private.stop()
    private.destroy_guests()


def test_a_pid_of_something_else_is_not_ours(tmp_path):
    os.mkdir(tmp_path / 'run')
    (tmp_path / 'run' / 'libvirtd.pid').write_text(str(os.getpid()))
    assert libvirtd.PrivateLibvirtd(tmp_path).pid() is None


def test_guests_run_as_root_only_where_nobody_else_gets(tmp_path, monkeypatch, caplog):
    account = pwd.getpwnam('nobody')
    monkeypatch.setattr(libvirtd.pwd, 'getpwnam', lambda name: account)
    monkeypatch.setattr(libvirtd, '_GUEST_USER', 'nobody')
    assert libvirtd.guest_user('/tmp') == 'nobody'
    closed = tmp_path / 'closed'
    closed.mkdir(mode=0o700)
    assert libvirtd.guest_user(str(closed)) == 'root'
    assert 'chmod o+x' in caplog.text
