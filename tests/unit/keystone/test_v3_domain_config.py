"""/v3/domains/{id}/config: what may be set, what is shown, what the backend gets."""
import sqlite3

import pytest

CONFIG = {'identity': {'driver': 'ldap'},
          'ldap': {'url': 'ldap://u:%(password)s@host', 'password': 'S3cret', 'page_size': 5, 'use_tls': True}}
SHOWN = {'identity': {'driver': 'ldap'}, 'ldap': {key: value for key, value in CONFIG['ldap'].items()
                                                  if key != 'password'}}


@pytest.fixture
def path(as_admin):
    """The path of the configuration of a new domain."""
    return f'/domains/{as_admin("POST", "/domains", {"domain": {"name": "d"}}).json["domain"]["id"]}/config'


@pytest.fixture
def configured(as_admin, path):
    answer = as_admin('PUT', path, {'config': CONFIG})
    assert answer.status_int == 201 and answer.json == {'config': SHOWN}
    return path


def test_set_and_show(as_admin, path):
    assert as_admin('GET', path).status_int == 404
    assert as_admin('PUT', path, {'config': CONFIG}).status_int == 201
    assert as_admin('GET', path).json == {'config': SHOWN} and as_admin('HEAD', path).status_int == 200
    assert as_admin('GET', f'{path}/ldap').json == {'config': {'ldap': SHOWN['ldap']}}
    assert as_admin('GET', f'{path}/ldap/page_size').json == {'config': {'page_size': 5}}
    for hidden in ('ldap/password', 'ldap/suffix', 'identity/list_limit'):
        assert as_admin('GET', f'{path}/{hidden}').status_int == 404
    for unknown in ('sql', 'ldap/unknown', 'unknown/url'):
        assert as_admin('GET', f'{path}/{unknown}').status_int == 403
    again = as_admin('PUT', path, {'config': {'identity': {'driver': 'sql'}}})
    assert again.status_int == 200 and again.json == {'config': {'identity': {'driver': 'sql'}}}
    assert as_admin('GET', f'{path}/ldap').status_int == 404


@pytest.mark.parametrize('config,status', [
    ({}, 403), ({'sql': {'connection': 'x'}}, 403), ({'ldap': {'unknown': 1}}, 403), ({'ldap': {}}, 403),
    ({'ldap': 'x'}, 403), ([], 400), ('x', 400), ({'security_compliance': {'password_regex': '.'}}, 403)])
def test_what_cannot_be_set(as_admin, path, config, status):
    for method in ('PUT', 'PATCH'):
        assert as_admin(method, path, {'config': config}).status_int == status
    assert as_admin('GET', path).status_int == 404


def test_changes(as_admin, configured):
    changed = as_admin('PATCH', configured, {'config': {'ldap': {'suffix': 'dc=x'}}})
    assert changed.json['config']['ldap'] == {**SHOWN['ldap'], 'suffix': 'dc=x'}
    part = as_admin('PATCH', f'{configured}/ldap', {'config': {'ldap': {'suffix': 'dc=y', 'user_filter': 'f'}}})
    assert part.status_int == 200 and part.json['config']['ldap']['suffix'] == 'dc=y'
    assert part.json['config']['identity'] == SHOWN['identity']
    one = as_admin('PATCH', f'{configured}/ldap/suffix', {'config': {'suffix': 'dc=z'}})
    assert one.json['config']['ldap']['suffix'] == 'dc=z'
    assert as_admin('PATCH', f'{configured}/ldap/password', {'config': {'password': 'x'}}).status_int == 200
    for where, config, status in (
            ('ldap', {'identity': {'driver': 'sql'}}, 403), ('ldap', {'ldap': {}}, 403),
            ('ldap/suffix', {'url': 'x'}, 403), ('ldap/user_tree_dn', {'user_tree_dn': 'x'}, 404),
            ('identity/list_limit', {'list_limit': 1}, 404), ('ldap/unknown', {'unknown': 1}, 403)):
        assert as_admin('PATCH', f'{configured}/{where}', {'config': config}).status_int == status, where


def test_deletions(as_admin, configured):
    assert as_admin('DELETE', f'{configured}/ldap/url').status_int == 204
    assert as_admin('DELETE', f'{configured}/ldap/url').status_int == 404
    assert 'url' not in as_admin('GET', f'{configured}/ldap').json['config']['ldap']
    assert as_admin('DELETE', f'{configured}/ldap').status_int == 204
    assert as_admin('DELETE', f'{configured}/ldap').status_int == 404
    assert as_admin('DELETE', f'{configured}/unknown').status_int == 403
    assert as_admin('GET', configured).json == {'config': {'identity': {'driver': 'ldap'}}}
    assert as_admin('DELETE', configured).status_int == 204 and as_admin('GET', configured).status_int == 404
    for method, body in (('GET', None), ('DELETE', None), ('PUT', {'config': CONFIG})):
        assert as_admin(method, '/domains/none/config', body).status_int == 404


def test_the_backend_gets_everything_and_the_database_no_secret(as_admin, configured, cloud, tmp_path):
    domain_id = configured.split('/')[2]
    manager = cloud.managers.domain_config
    assert manager.options(domain_id) == {'identity': {'driver': 'ldap'},
                                          'ldap': {**CONFIG['ldap'], 'url': 'ldap://u:S3cret@host'}}
    assert manager.configured_domains() == [domain_id] and manager.options('default') == {}
    with sqlite3.connect(tmp_path / 'keystone.sqlite') as connection:
        assert 'S3cret' not in str(connection.execute('select * from domain_config').fetchall())
    manager.vault.keys.rotate()
    manager.vault.keys._next = 0
    assert manager.vault.behind() == 1 and manager.vault.migrate() == 1 and manager.vault.behind() == 0
    assert manager.options(domain_id)['ldap']['password'] == 'S3cret'
    as_admin('PATCH', f'/domains/{domain_id}', {'domain': {'enabled': False}})
    as_admin('DELETE', f'/domains/{domain_id}')
    assert manager.configured_domains() == []


def test_defaults(as_admin):
    config = as_admin('GET', '/domains/config/default').json['config']
    assert set(config) == {'identity', 'ldap'} and config['identity']['driver'] == 'sql'
    assert 'password' not in config['ldap'] and 'url' in config['ldap']
    assert as_admin('GET', '/domains/config/identity/default').json == {'config': {'identity': config['identity']}}
    assert as_admin('GET', '/domains/config/identity/driver/default').json == {'config': {'driver': 'sql'}}
    for path in ('sql', 'ldap/password', 'ldap/unknown', 'security_compliance'):
        assert as_admin('GET', f'/domains/config/{path}/default').status_int == 403
    assert as_admin('HEAD', '/domains/config/default').status_int == 200


def test_everybody_reads_the_rules_for_passwords(api, cloud, path):
    token = cloud.token(cloud.member, cloud.project)
    root = '/v3/domains/default/config/security_compliance'
    assert set(api('GET', root, token=token).json['config']['security_compliance']) == {
        'password_regex', 'password_regex_description'}
    assert api('GET', f'{root}/password_regex', token=token).json == {'config': {'password_regex': None}}
    assert api('HEAD', root, token=token).status_int == 200
    assert api('GET', f'{root}/lockout_duration', token=token).status_int == 403
    assert api('GET', f'/v3{path}/security_compliance', token=token).status_int == 403
    # Anybody may ask, and is not told which domains there are.
    assert api('GET', '/v3/domains/none/config/security_compliance', token=token).status_int == 403
    assert api('GET', '/v3/domains/default/config', token=token).status_int == 403
