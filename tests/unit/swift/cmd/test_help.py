"""Every command says in a sentence what it does."""
import re
import subprocess
import sys

import pytest

from swift.cmd import (
    _kinds,
    _run,
    account_info,
    config,
    container_info,
    drive_audit,
    form_signature,
    get_nodes,
    init,
    object_info,
    object_relinker,
    oldies,
    orphans,
    recon_cron,
    reconciler_enqueue,
    ring_composer,
    temp_url,
)

MODULES = (account_info, config, container_info, drive_audit, form_signature, get_nodes, init, object_info,
           object_relinker, oldies, orphans, recon_cron, reconciler_enqueue, ring_composer, temp_url)


def sentence(capsys, run):
    """The paragraph after the usage."""
    with pytest.raises(SystemExit) as ended:
        run(['--help'])
    assert ended.value.code == 0
    return ' '.join(capsys.readouterr().out.split('\n\n')[1].split())


@pytest.mark.parametrize('name', _kinds.KINDS)
def test_daemons(capsys, name):
    kind = _kinds.KINDS[name]
    shown = sentence(capsys, lambda argv: _run.run_daemon(name, kind.load, kind.file, argv, kind.more, kind.does))
    assert shown == kind.does


@pytest.mark.parametrize('module', MODULES, ids=lambda module: module.__name__)
def test_tools(capsys, module):
    assert re.fullmatch(r'[A-Z].*\.', sentence(capsys, module.main))


@pytest.mark.parametrize('name', ['account_audit', 'container_deleter', 'recon'])
def test_tools_that_patch_their_process(name):
    shown = subprocess.run([sys.executable, '-m', f'swift.cmd.{name}', '--help'], capture_output=True, text=True,
                           timeout=60, check=True).stdout
    assert re.fullmatch(r'[A-Z].*\.', ' '.join(shown.split('\n\n')[1].split()))
