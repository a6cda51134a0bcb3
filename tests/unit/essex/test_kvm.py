"""The KVM probe."""
import shutil
import subprocess

import pytest

from essex import kvm


def test_the_sector_is_what_its_source_says(tmp_path):
    if not shutil.which('as') or not shutil.which('ld'):
        pytest.skip('needs binutils')
    subprocess.run(['as', '-o', tmp_path / 'probe.o', kvm.__file__.replace('kvm.py', 'kvm_probe.S')], check=True)
    subprocess.run(['ld', '-Ttext', '0x7c00', '--oformat', 'binary', '-o', tmp_path / 'probe', tmp_path / 'probe.o'],
                   check=True)
    assert (tmp_path / 'probe').read_bytes() == kvm._SECTOR.ljust(510, b'\0') + b'\x55\xaa'


def test_it_runs_under_emulation():
    qemu = shutil.which('qemu-system-x86_64')
    if qemu is None:
        pytest.skip('needs qemu-system-x86')
    assert kvm.run([qemu, '-accel', 'tcg']) is None
    assert 'failed' in kvm.run([qemu, '-accel', 'none-such'])


def test_the_answer_is_kept(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(kvm, 'probe', lambda: asked.append(1))
    assert kvm.works(str(tmp_path)) is True
    assert kvm.works(str(tmp_path)) is True
    assert len(asked) == 1
    monkeypatch.setattr(kvm, '_key', lambda: 'another kernel')
    monkeypatch.setattr(kvm, 'probe', lambda: 'broken')
    assert kvm.works(str(tmp_path)) is False
