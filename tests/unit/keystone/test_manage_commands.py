"""The command line of keystone-manage: every command there is, with its options."""
import argparse

import pytest

from keystone.cmd import manage

_KEYS = ['--keystone-user', '--keystone-group']
COMMANDS = {
    # Of Essex.
    'db_sync': ['--expand', '--migrate', '--contract', '--check', 'version'], 'import_legacy': ['old_db'],
    'export_legacy_catalog': ['old_db'], 'import_nova_auth': ['dump_file'],
    # Of today.
    'db_version': [],
    'bootstrap': [*(f'--bootstrap-{name}' for name in (
        'username', 'password', 'project-name', 'role-name', 'service-name', 'admin-url', 'public-url', 'internal-url',
        'region-id')), '--immutable-roles', '--no-immutable-roles'],
    **dict.fromkeys(('fernet_setup', 'fernet_rotate', 'token_setup', 'token_rotate', 'receipt_setup', 'receipt_rotate',
                     'credential_setup', 'credential_rotate'), _KEYS),
    'credential_migrate': [], 'create_jws_keypair': [*_KEYS, '--key-directory', '--force'], 'doctor': [],
    'trust_flush': ['--project-id', '--trustor-user-id', '--trustee-user-id', '--date'],
    'mapping_purge': ['--all', '--domain-name', '--public-id', '--local-id', '--type'],
    'mapping_populate': ['--domain-name'],
    'mapping_engine': ['--rules', '--input', '--prefix', '--engine-debug', '--mapping-schema-version'],
    'domain_config_upload': ['--all', '--domain-name'], 'saml_idp_metadata': [], 'reset_last_active': [],
    'project_setup': ['--project-name'], 'user_setup': ['--username', '--user-password-plain'],
    # Of the time in between, and ours.
    'token_flush': [], 'pki_setup': [], 'ssl_setup': [], 'export': ['file'], 'import': ['file', '--dry-run'],
}
COMMON = ['--config-file', '-d', '--debug', '-v', '--verbose', '--log-config', '--log-format', '--log-date-format',
          '--log-file', '--log-dir', '--use-syslog', '--syslog-log-facility']


def options(parser):
    """The options and arguments a parser takes, without --help."""
    return {name for action in parser._actions if not isinstance(action, argparse._SubParsersAction)
            for name in action.option_strings or [action.dest]} - {'-h', '--help'}


def test_commands_and_options():
    parser = manage._parser()
    assert options(parser) == {*COMMON}
    (commands,) = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    assert {name: options(command) for name, command in commands.items()} == {
        name: {*given} for name, given in COMMANDS.items()}


@pytest.mark.parametrize('option, variable', [(option, variable) for option, variable, _ in manage._ANSWERS])
def test_bootstrap_takes_each_answer_both_ways(monkeypatch, conf, option, variable):
    """By option and by variable; the option counts."""
    taken = []

    class Recorded:
        def __init__(self, managers, answers):
            taken.append(answers)

        def run(self):
            return []
    monkeypatch.setattr(manage, 'Bootstrap', Recorded)
    monkeypatch.setattr(manage, 'Managers', lambda: None)
    monkeypatch.setenv('OS_BOOTSTRAP_PASSWORD', 'p')
    monkeypatch.setenv(f'OS_BOOTSTRAP_{variable}', 'by-variable')
    for more in ([], [f'--bootstrap-{option}', 'by-option']):
        arguments = manage._parser().parse_args(['bootstrap', *more])
        arguments.run(arguments)
    name = option.replace('-', '_')
    assert [getattr(answers, name) for answers in taken] == ['by-variable', 'by-option']
    assert taken[0].immutable_roles


def test_what_bootstrap_makes_without_a_word():
    answers = manage.Answers(password='p')
    assert (answers.username, answers.project_name, answers.role_name, answers.service_name) == (
        'admin', 'admin', 'admin', 'keystone')
    arguments = manage._parser().parse_args(['bootstrap', '--no-immutable-roles'])
    assert arguments.no_immutable_roles


def test_what_the_log_is_told():
    given = ['-d', '-v', '--use-syslog', '--log-config', 'c', '--log-format', 'f', '--log-date-format', 'd',
             '--log-file', 'l', '--log-dir', 'p', '--syslog-log-facility', 'LOG_USER', '--config-file', 'one',
             '--config-file', 'two', 'db_version']
    arguments = manage._parser().parse_args(given)
    assert sorted(manage._log_arguments(arguments)) == sorted([
        '--debug', '--verbose', '--use-syslog', '--log-config=c', '--log-format=f', '--log-date-format=d',
        '--log-file=l', '--log-dir=p', '--syslog-log-facility=LOG_USER'])
    assert arguments.config_file == ['one', 'two']


def run(*given):
    arguments = manage._parser().parse_args([*given])
    arguments.run(arguments)


def test_trusts_are_flushed_by_whose_and_when(cloud, capsys, monkeypatch):
    trusts = cloud.managers.trusts
    monkeypatch.setattr(manage, 'Managers', lambda: cloud.managers)

    def gone():
        made = trusts.create({'trustor_user_id': cloud.owner['id'], 'trustee_user_id': cloud.member['id'],
                              'impersonation': False, 'project_id': cloud.project['id']}, [{'name': 'member'}])
        trusts.delete(made['id'])
    gone()
    for option, other, own in (('--project-id', cloud.elsewhere, cloud.project),
                               ('--trustor-user-id', cloud.member, cloud.owner),
                               ('--trustee-user-id', cloud.owner, cloud.member)):
        run('trust_flush', option, other['id'])
        assert capsys.readouterr().out == '0 trusts forgotten\n', option
        run('trust_flush', option, own['id'])
        assert capsys.readouterr().out == '1 trusts forgotten\n', option
        gone()
    run('trust_flush', '--date', '01-01-2012')
    assert capsys.readouterr().out == '0 trusts forgotten\n'
    for date, word in (('2012-01-01', '31-01-2030'), ('01-01-2999', 'future')):
        with pytest.raises(SystemExit, match=word):
            run('trust_flush', '--date', date)
    run('trust_flush')
    assert capsys.readouterr().out == '1 trusts forgotten\n'


def test_a_user_with_a_password_on_the_command_line(cloud, capsys, monkeypatch):
    monkeypatch.setattr('keystone.cmd.installation.Managers', lambda: cloud.managers)
    run('user_setup', '--username', 'ann', '--user-password-plain', 'word')
    user_id = capsys.readouterr().out.strip()
    assert cloud.issue({'id': user_id}, password='word')
    monkeypatch.delenv('OS_BOOTSTRAP_PASSWORD', raising=False)
    with pytest.raises(SystemExit, match='OS_BOOTSTRAP_PASSWORD'):
        run('user_setup', '--username', 'ann')
