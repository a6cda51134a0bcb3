import os

import pytest

from swift import recon_cache
from swift.account.auditor import AccountAuditor
from swift.container.auditor import ContainerAuditor
from swift.db import files, sqlite
from tests.fixtures.swift_db import Nodes

AUDITORS = {'account': AccountAuditor, 'container': ContainerAuditor}


@pytest.mark.parametrize('kind', ['account', 'container'])
def test_a_pass_quarantines_what_is_broken_and_tells_recon(tmp_path, kind):
    with Nodes(tmp_path, kind, count=1, replicas=1) as nodes:
        brokers = [nodes.broker('d1', *(f'{number}', 'c')[:1 if kind == 'account' else 2]) for number in range(4)]
        sqlite.forget()
        os.truncate(brokers[0].path, os.path.getsize(brokers[0].path) - 4096)
        with open(brokers[1].path, 'r+b') as file:
            file.write(b'no database at all')
        auditor = AUDITORS[kind](nodes.conf('d1'))
        auditor.run_once()
        assert [broker.exists() for broker in brokers] == [False, False, True, True]
        told = recon_cache.read(nodes.conf('d1')['recon_cache_path'], kind)
        assert told[f'{kind}_audits_passed'] == 2 and told[f'{kind}_audits_failed'] == 2
        assert told[f'{kind}_auditor_pass_completed'] > 0
        auditor.run_once()
        assert recon_cache.read(nodes.conf('d1')['recon_cache_path'], kind)[f'{kind}_audits_failed'] == 0


def test_sums_that_are_wrong_are_a_failure(tmp_path):
    with Nodes(tmp_path, 'account', count=1, replicas=1) as nodes:
        broker = nodes.broker('d1', 'a')
        with broker.transaction() as opened:
            opened.execute('UPDATE account_stat SET container_count = 5')
        auditor = AccountAuditor(nodes.conf('d1'))
        auditor.run_once()
        told = recon_cache.read(nodes.conf('d1')['recon_cache_path'], 'account')
        assert told['account_audits_failed'] == 1 and broker.exists()


def test_its_place_may_be_gone_already(tmp_path, monkeypatch):
    path = files.database_path(str(tmp_path / 'd1'), 'account', 5, '0' * 32)
    os.makedirs(os.path.dirname(path))
    move = files.rename

    def and_a_replicator_tidies_up(source, target):
        move(source, target)
        os.rmdir(os.path.dirname(source))
    monkeypatch.setattr(files, 'rename', and_a_replicator_tidies_up)
    assert os.path.isdir(files.set_aside(path, 'broken'))
