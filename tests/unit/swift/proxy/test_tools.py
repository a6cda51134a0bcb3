"""Commands that look into a running cluster, or give its daemons something to do."""
import glob
import itertools
import os
import subprocess
import sys
import time

import pytest

from swift import cluster, expiring
from swift.cmd import reconciler_enqueue
from swift.container import misplaced
from swift.container.reconciler import ContainerReconciler
from swift.obj.expirer import ObjectExpirer
from swift.proxy.internal_client import InternalClient
from tests.fixtures.cloud import ROOT

pytestmark = pytest.mark.servers


def run(module, *args):
    """(exit status, what it printed) of a command of swift.cmd that patches its process."""
    done = subprocess.run([sys.executable, '-m', f'swift.cmd.{module}', *map(str, args)], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    return done.returncode, done.stdout


@pytest.fixture
def known(storage_dir):
    cluster.load.cache_clear()
    return cluster.load(storage_dir)


def test_the_objects_of_a_container_are_deleted_by_the_expirer(client, container, known, storage_dir):
    for name in ('a/1', 'a/2', 'b', 'a/3'):
        assert client('PUT', f'{container}/{name}', b'x').status_int == 201
    where, names = ['--swift-dir', storage_dir], container.split('/', 1)
    done = run('container_deleter', *names, *where, '--prefix', 'a/', '--end-marker', 'a/3')
    assert done == (0, 'Marked 2 objects for deletion.\n')
    internal = InternalClient({'swift_dir': storage_dir}, 'test', 1)
    for name, day in itertools.product(('a/1', 'a/2'), (int(time.time()) - 1, int(time.time()))):
        # Their account would hear of them from the container-updater.
        internal.create_container(expiring.ACCOUNT, expiring.container(known, day, *names, name))
    ObjectExpirer({'swift_dir': storage_dir}, client=internal).run_once()
    assert [row['name'] for row in internal.iter_objects(*names)] == ['a/3', 'b']
    status, said = run('container_deleter', 'AUTH_test', 'never made', *where)
    assert status == 1 and 'no such container' in said
    status, said = run('container_deleter', *names, *where, '--timestamp', 'soon')
    assert status == 1 and 'swift-container-deleter: ' in said and 'Traceback' not in said


def test_what_is_enqueued_the_reconciler_moves(client, storage_dir, capsys):
    box = 'AUTH_test/enqueued'
    client('PUT', box, x_storage_policy='policy-1')
    client('PUT', f'{box}/o', b'here', x_backend_storage_policy_index='0')
    stamp = client('HEAD', f'{box}/o', x_backend_storage_policy_index='0').headers['X-Timestamp']
    where = ['--swift-dir', storage_dir]
    assert reconciler_enqueue.main(['0', f'/{box}/o', stamp, *where]) == 0
    assert capsys.readouterr().out.strip() == misplaced.container_of(stamp)
    reconciler = ContainerReconciler({'swift_dir': storage_dir}, InternalClient({'swift_dir': storage_dir}, 'r', 1))
    reconciler.run_once()
    assert reconciler.stats['moved_object'] == 1
    assert client('GET', f'{box}/o').body == b'here'
    # The entry is done with: only --force shows it again.
    for more, found in (([], 0), (['--force'], 1)):
        assert reconciler_enqueue.main(['0', f'/{box}/o', stamp, *where, *more]) == 0
        reconciler.run_once()
        assert reconciler.stats['found_object'] == found


@pytest.mark.parametrize('wrong', [['9', '/a/c/o', '1.0'], ['0', 'a/c/o', '1.0'], ['0', '/a/c', '1.0'],
                                   ['0', '/a/c/o', 'soon']])
def test_what_cannot_be_enqueued(storage_dir, wrong):
    assert reconciler_enqueue.main([*wrong, '--swift-dir', storage_dir]) == 1


def test_an_audit_of_an_account_finds_what_is_missing_or_differs(client, known, storage_dir, tmp_path):
    account, errors = 'AUTH_audited', tmp_path / 'errors'
    for box, policy in (('copies', 'policy-0'), ('coded', 'policy-2')):
        client('PUT', f'{account}/{box}', x_storage_policy=policy)
        for number in range(3):
            client('PUT', f'{account}/{box}/o{number}', b'%d' % number)
    command = ['-r', storage_dir, '-e', errors]
    # The containers, not the account: accounts hear of sizes later.
    status, said = run('account_audit', f'{account}/copies', f'{account}/coded', *command)
    assert status == 0 and '2 containers, 6 objects looked at, 0 things are wrong' in said
    for box, objects in (('copies', 'objects'), ('coded', 'objects-2')):
        path = glob.glob(f'{storage_dir}/devices/*/{objects}/*/*/{known.hash_path(account, box, "o1")}/*.data')[0]
        os.unlink(path)
    status, said = run('account_audit', account, *command)
    assert status == 1 and f'{account}/copies/o1: ' in said and '404' in said
    assert {f'{account}/copies/o1', f'{account}/coded/o1'} <= set(errors.read_text().split())
    assert run('account_audit', f'{account}/copies/o0', *command)[0] == 0
    assert run('account_audit', f'{account}/copies/never', *command)[0] == 1
