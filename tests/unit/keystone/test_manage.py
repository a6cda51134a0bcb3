"""keystone-manage as an operator runs it, and what bootstrap makes."""
import json
import pathlib
import shutil
import subprocess
import sys
import typing

import pytest

from essex import config, db
from essex.db import migration
from keystone.api import loaded
from keystone.cmd.manage import main

ROOT = pathlib.Path(__file__).parents[3]
CONFIG = """[database]
connection = sqlite:///{path}/keystone.sqlite
[fernet_tokens]
key_repository = {path}/fernet-keys
[credential]
key_repository = {path}/credential-keys
[fernet_receipts]
key_repository = {path}/receipt-keys
[identity]
password_hash_rounds = 4
"""


class Finished(typing.NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def manage(conf, tmp_path, monkeypatch, capsys):
    """manage('db_sync') -> Finished. The command runs in this process, on a configuration file of its own."""
    path = tmp_path / 'keystone.conf'
    path.write_text(CONFIG.format(path=tmp_path), encoding='utf-8')
    monkeypatch.setattr(config, 'setup_logging', lambda: None)

    def call(*arguments, with_config=True, **environment):
        # As a process begins: nothing connected, nothing loaded.
        db.dispose()
        loaded.reset()
        capsys.readouterr()
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
            for name, value in environment.items():
                patch.setenv(name, value)
            main([*(['--config-file', str(path)] if with_config else []), *arguments])
        code, (stdout, stderr) = ended.value.code, capsys.readouterr()
        # The interpreter prints a text that it ends with.
        return Finished(1, stdout, code) if isinstance(code, str) else Finished(code, stdout, stderr)
    yield call
    db.dispose()
    loaded.reset()


def test_as_an_operator_calls_it(tmp_path):
    (tmp_path / 'keystone.conf').write_text(CONFIG.format(path=tmp_path), encoding='utf-8')
    done = subprocess.run([sys.executable, str(ROOT / 'bin' / 'keystone-manage'), '--config-file',
                           str(tmp_path / 'keystone.conf'), 'bootstrap'], capture_output=True, text=True, check=False,
                          timeout=60, env={'PYTHONPATH': str(ROOT), 'PATH': '/usr/bin:/bin'})
    assert done.returncode == 1 and 'OS_BOOTSTRAP_PASSWORD' in done.stderr and 'Traceback' not in done.stderr


def test_an_installation_from_nothing_twice(manage, tmp_path):
    environment = {'OS_BOOTSTRAP_PASSWORD': 'p', 'OS_BOOTSTRAP_REGION_ID': 'R', 'OS_BOOTSTRAP_PUBLIC_URL': 'http://a',
                   'OS_BOOTSTRAP_INTERNAL_URL': 'http://b', 'OS_BOOTSTRAP_ADMIN_URL': 'http://c'}
    assert manage('db_version').stdout.strip() == '0'
    for turn in ('made', 'present'):
        newest = migration.newest('keystone')
        assert f'version {newest}' in manage('db_sync').stdout and manage('db_version').stdout.strip() == str(newest)
        assert manage('fernet_setup').returncode == manage('credential_setup').returncode == 0
        done = manage('bootstrap', **environment)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == 13 and {line.split()[0] for line in lines} == {turn}
    assert 'primary is 2' in manage('fernet_rotate').stdout
    assert '0 (staged)' in manage('receipt_setup').stdout and 'primary is 2' in manage('receipt_rotate').stdout
    assert manage('reset_last_active').stdout.startswith('1 users')
    assert manage('credential_rotate').returncode == 0
    assert manage('credential_migrate').stdout.startswith('0 ')


def test_doctor_export_and_import(manage, cloud, tmp_path):
    shutil.copy(ROOT / 'etc' / 'keystone' / 'keystone-api-paste.ini', tmp_path)
    (tmp_path / 'receipt-keys').symlink_to(tmp_path / 'fernet-keys')
    done = manage('doctor')
    assert done.returncode == 2 and 'does not answer at http://k:5000' in done.stdout and done.stderr == ''
    project = manage('project_setup', '--project-name', 'lab').stdout.strip()
    assert len(project) == 32
    assert manage('user_setup', '--username', 'ann', OS_BOOTSTRAP_PASSWORD='p').returncode == 0
    path = tmp_path / 'cloud.yaml'
    assert manage('export', str(path)).returncode == 0
    text = path.read_text(encoding='utf-8')
    assert project in text and 'ann' not in text
    path.write_text(text + '- {role: member, user: ann, project: lab}\n- {role: member, user: bob, project: lab}\n',
                    encoding='utf-8')
    for arguments, told in ((['--dry-run'], '1 changes would be made, 1 problems'), ([], '1 changes made, 1 problems')):
        done = manage('import', *arguments, str(path))
        assert done.returncode == 1 and told in done.stdout, done.stderr


def test_what_is_missing_is_said(manage):
    done = manage('bootstrap')
    assert done.returncode == 1 and 'OS_BOOTSTRAP_PASSWORD' in done.stderr
    done = manage('fernet_rotate')
    assert done.returncode == 1 and 'fernet_setup' in done.stderr
    done = manage('fernet_setup', '--keystone-user', 'no-such-user')
    assert done.returncode == 1 and 'no-such-user' in done.stderr


def test_help_names_every_command(manage):
    done = manage('--help', with_config=False)
    for command in ('db_sync', 'db_version', 'fernet_setup', 'fernet_rotate', 'receipt_setup', 'receipt_rotate',
                    'credential_setup', 'reset_last_active', 'bootstrap'):
        assert command in done.stdout
    assert manage(with_config=False).returncode == 1 and manage('nonsense', with_config=False).returncode != 0
    assert 'OS_BOOTSTRAP_REGION_ID' in manage('bootstrap', '--help').stdout


def test_bootstrap_restores_a_lost_administrator(cloud):
    from keystone.bootstrap import Answers, Bootstrap
    identity = cloud.managers.identity
    identity.update_user(cloud.admin['id'], {'enabled': False, 'password': 'forgotten'})
    Bootstrap(cloud.managers, Answers(password='found', region_id='RegionOne', public_url='http://other')).run()
    token = cloud.issue(cloud.admin, {'system': {'all': True}}, 'found')
    assert 'admin' in [role['name'] for role in token.roles]
    urls = {each['interface']: each['url'] for entry in cloud.managers.catalog.catalog('u', 'p')
            for each in entry['endpoints']}
    assert urls == {'public': 'http://other', 'internal': 'http://k:5000', 'admin': 'http://k:35357'}


def test_credentials_survive_a_rotation(cloud, tmp_path):
    made = cloud.managers.ec2.create(cloud.owner['id'], cloud.project['id'])
    vault = cloud.managers.ec2.vault
    vault.keys.rotate()
    vault.keys._next = 0
    assert vault.behind() == 1 and vault.migrate() == 1 and vault.behind() == 0
    assert cloud.managers.ec2.get(cloud.owner['id'], made['access']) == made


def test_mapping_engine(manage, tmp_path, caplog):
    rules, given = tmp_path / 'rules.json', tmp_path / 'input'
    rules.write_text('{"rules": [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "OIDC_name"}]}]}')
    given.write_text('OIDC_name: tim: the second\n\nother: x\n')
    answer = manage('mapping_engine', '--rules', str(rules), '--input', str(given), '--engine-debug')
    assert json.loads(answer.stdout)['user'] == {'type': 'ephemeral', 'name': 'tim: the second'}
    assert 'Rule 0 fits' in caplog.text
    answer = manage('mapping_engine', '--rules', str(rules), '--input', str(given), '--prefix', 'MELLON_')
    assert answer.returncode == 1 and 'no rule' in answer.stderr
    given.write_text('nonsense')
    assert manage('mapping_engine', '--rules', str(rules), '--input', str(given)).returncode == 1
    rules.write_text('[]')
    assert manage('mapping_engine', '--rules', str(rules), '--input', str(given)).returncode == 1
