"""The options: today's names and defaults, those of 2012 as its files have them, and which are not there by intent."""
import importlib
import pathlib
import pkgutil

import pytest
from oslo_config import cfg

import keystone
from essex import config
from keystone import drivers
from keystone.policies import RULES

ROOT = pathlib.Path(__file__).parents[3]
SET = object()      # whatever the default is
OPTIONS = {
    'DEFAULT': {
        'admin_token': None, 'bind_host': '0.0.0.0', 'public_port': 5000, 'admin_port': 35357,
        'compute_port': 8774, 'public_endpoint': None, 'max_project_tree_depth': 5, 'max_param_size': 64,
        'max_token_size': 255, 'list_limit': None, 'max_db_limit': 1000, 'strict_password_check': False,
        'notification_format': 'cadf', 'notification_opt_out': [
            'identity.authenticate.success', 'identity.authenticate.pending'],
        'policy_file': None, 'policy_default_rule': None, 'debug': False, 'verbose': True, 'log_config': None,
        'log_file': None, 'log_dir': None, 'log_format': None, 'log_date_format': '%Y-%m-%d %H:%M:%S',
        'use_syslog': False, 'syslog_log_facility': 'LOG_USER'},
    'token': {'expiration': 3600, 'provider': 'fernet', 'driver': 'sql', 'caching': True, 'revoke_by_id': True,
              'allow_rescope_scoped_token': True, 'allow_expired_window': 172800},
    'fernet_tokens': {'key_repository': '/etc/keystone/fernet-keys/', 'max_active_keys': 3},
    # Without keys of their own, receipts are made with those of tokens.
    'fernet_receipts': {'key_repository': None, 'max_active_keys': 3},
    'jwt_tokens': {'jws_public_key_repository': SET, 'jws_private_key_repository': SET},
    'receipt': {'expiration': 300, 'provider': 'fernet'},
    'credential': {'key_repository': '/etc/keystone/credential-keys/', 'auth_ttl': 15, 'user_limit': -1},
    'application_credential': {'user_limit': -1},
    'auth': {'methods': ['external', 'password', 'token', 'oauth1', 'mapped', 'application_credential']},
    'identity': {
        'driver': 'sql', 'default_domain_id': 'default', 'domain_specific_drivers_enabled': False,
        'domain_configurations_from_database': False, 'domain_config_dir': '/etc/keystone/domains', 'caching': True,
        'cache_time': 600, 'max_password_length': 4096, 'list_limit': None, 'password_hash_algorithm': 'bcrypt',
        'password_hash_rounds': None},
    'resource': {'admin_project_name': None, 'admin_project_domain_name': None, 'project_name_url_safe': 'off',
                 'domain_name_url_safe': 'off', 'list_limit': None},
    'assignment': {'prohibited_implied_role': ['admin']},
    'security_compliance': {
        'disable_user_account_days_inactive': None, 'lockout_failure_attempts': None, 'lockout_duration': 1800,
        'password_expires_days': None, 'unique_last_password_count': 0, 'minimum_password_age': 0,
        'password_regex': None, 'password_regex_description': None, 'change_password_upon_first_use': False,
        'report_invalid_password_hash': SET},
    'trust': {'allow_redelegation': False, 'max_redelegation_count': 3},
    'oauth1': {'request_token_duration': 28800, 'access_token_duration': 86400},
    'revoke': {'expiration_buffer': 1800}, 'unified_limit': {'enforcement_model': 'flat'},
    'federation': {'assertion_prefix': SET, 'remote_id_attribute': None, 'trusted_dashboard': [],
                   'sso_callback_template': SET, 'default_authorization_ttl': 0},
    'totp': {'included_previous_windows': 1}, 'catalog': {'driver': 'sql', 'template_file': SET, 'list_limit': None},
    'endpoint_filter': {'return_all_endpoints_if_no_filter': True}, 'ec2': {'driver': 'sql'},
    'policy': {'driver': 'rules'}, 'memcache': {'servers': ['localhost:11211']}, 'database': {'connection': None},
    'oslo_policy': {'policy_file': 'policy.yaml', 'enforce_scope': True},
    'oslo_middleware': {'max_request_body_size': 114688, 'enable_proxy_headers_parsing': False},
    'cors': {'allowed_origin': []}, 'oslo_messaging_notifications': {'driver': [], 'topics': ['notifications']},
    'ldap': {
        'url': 'ldap://localhost', 'user': None, 'password': None, 'suffix': 'dc=example,dc=com',
        'use_dumb_member': True, 'dumb_member': 'cn=dumb,dc=nonexistent', 'query_scope': 'one', 'page_size': 0,
        'alias_dereferencing': 'default', 'chase_referrals': None, 'debug_level': None, 'user_tree_dn': None,
        'user_filter': None, 'user_objectclass': 'inetOrgPerson', 'user_id_attribute': 'cn',
        'user_name_attribute': 'sn', 'user_mail_attribute': 'mail', 'user_pass_attribute': 'userPassword',
        'user_description_attribute': 'description', 'user_enabled_attribute': 'enabled', 'user_enabled_invert': False,
        'user_enabled_mask': 0, 'user_enabled_default': 'True', 'user_attribute_ignore': ['default_project_id'],
        'user_default_project_id_attribute': None, 'user_enabled_emulation': False, 'user_enabled_emulation_dn': None,
        'user_enabled_emulation_use_group_config': False, 'user_additional_attribute_mapping': [],
        'group_tree_dn': None, 'group_filter': None, 'group_objectclass': 'groupOfNames', 'group_id_attribute': 'cn',
        'group_name_attribute': 'ou', 'group_member_attribute': 'member', 'group_members_are_ids': False,
        'group_desc_attribute': 'description', 'group_ad_nesting': False, 'use_tls': False, 'tls_cacertfile': None,
        'tls_cacertdir': None, 'tls_req_cert': 'demand', 'connection_timeout': -1, 'use_pool': True, 'pool_size': 10,
        'pool_retry_max': 3, 'pool_retry_delay': 0.1, 'pool_connection_timeout': -1, 'pool_connection_lifetime': 600,
        'use_auth_pool': True, 'auth_pool_size': 100, 'auth_pool_connection_lifetime': 60, 'randomize_urls': False},
}
# What is not there by intent: each is in the table of docs/identity-resources.md.
ABSENT = {'DEFAULT': ['insecure_debug', 'crypt_strength'], 'token': ['cache_on_issue'], 'jwt_tokens': ['jws_algorithm'],
          'credential': ['provider'], 'application_credential': ['driver'], 'revoke': ['caching', 'cache_time'],
          'federation': ['federated_domain_name'], 'catalog': ['caching'],
          'ldap': ['tenant_tree_dn', 'tenant_objectclass', 'tenant_id_attribute', 'tenant_member_attribute',
                   'role_tree_dn', 'role_objectclass', 'role_id_attribute', 'role_member_attribute']}


@pytest.fixture(scope='module', autouse=True)
def declared():
    """Every module of the service and what its pipelines name is imported: that declares the options."""
    for module in pkgutil.walk_packages(keystone.__path__, 'keystone.'):
        # The daemon's module makes threads green, which other tests would notice.
        if module.name not in ('keystone.wsgi', 'keystone.cmd.api') and '.migrations' not in module.name:
            importlib.import_module(module.name)
    for name in ('cors', 'size_limit', 'http_proxy_to_wsgi'):
        importlib.import_module(f'essex.middleware.{name}')


def section(conf, group):
    return config.CONF if group == 'DEFAULT' else config.CONF[group]


@pytest.mark.parametrize('group', OPTIONS)
def test_names_and_defaults(conf, group):
    from essex.policy import Enforcer
    Enforcer(RULES)
    there = section(conf, group)
    assert {name: there[name] for name, value in OPTIONS[group].items() if value is not SET} == {
        name: value for name, value in OPTIONS[group].items() if value is not SET}
    for name in ABSENT.get(group, ()):
        with pytest.raises(cfg.NoSuchOptError):
            there[name]


def test_what_is_absent_is_told():
    page = (ROOT / 'docs' / 'identity-resources.md').read_text(encoding='utf-8')
    table = page[page.index('## What is not here'):]
    # One stands for all of its kind.
    for name in ('insecure_debug', 'crypt_strength', 'cache_on_issue', 'jws_algorithm', '[credential] driver',
                 'cache_time', 'federated_domain_name', 'tenant_tree_dn', 'role_tree_dn'):
        assert name in table, name


# keystone.conf as it came with Essex, with what a site would have changed.
ESSEX = """
[DEFAULT]
public_port = 5001
admin_port = 35358
admin_token = ADMIN
compute_port = 3000
verbose = False
debug = True
bind_host = 127.0.0.1
log_file = keystone.log
log_dir = /var/log/keystone
use_syslog = False
syslog_log_facility = LOG_LOCAL0
log_format = %(asctime)s %(levelname)8s [%(name)s] %(message)s
log_date_format = %Y-%m-%d %H:%M:%S
policy_file = policy.json
policy_default_rule = admin_required
crypt_strength = 40000
[sql]
connection = sqlite:///keystone.db
idle_timeout = 200
[ldap]
url = ldap://directory
tree_dn = dc=example,dc=com
user_tree_dn = ou=Users,dc=example,dc=com
role_tree_dn = ou=Roles,dc=example,dc=com
tenant_tree_dn = ou=Groups,dc=example,dc=com
user = dc=Manager,dc=example,dc=com
password = freeipa4all
backend_entities = ['Tenant', 'User', 'UserRoleAssociation', 'Role']
suffix = cn=example,cn=com
[identity]
driver = keystone.identity.backends.sql.Identity
[catalog]
driver = keystone.catalog.backends.templated.TemplatedCatalog
template_file = ./etc/default_catalog.templates
[token]
driver = keystone.token.backends.memcache.Token
expiration = 86400
[memcache]
servers = one:11211,two:11211
[policy]
driver = keystone.policy.backends.rules.Policy
[ec2]
driver = keystone.contrib.ec2.backends.sql.Ec2
[filter:debug]
paste.filter_factory = keystone.common.wsgi:Debug.factory
[filter:token_auth]
paste.filter_factory = keystone.middleware:TokenAuthMiddleware.factory
[pipeline:public_api]
pipeline = token_auth admin_token_auth xml_body json_body debug ec2_extension public_service
[composite:main]
use = egg:Paste#urlmap
/v2.0 = public_api
/ = public_version_api
"""


def test_a_file_of_2012_is_read(conf, tmp_path):
    (tmp_path / 'keystone.conf').write_text(ESSEX, encoding='utf-8')
    read = config.CONF
    read([], project='keystone', default_config_files=[str(tmp_path / 'keystone.conf')])
    assert (read.public_port, read.admin_port, read.compute_port, read.bind_host) == (5001, 35358, 3000, '127.0.0.1')
    assert (read.admin_token, read.policy_file, read.policy_default_rule) == ('ADMIN', 'policy.json', 'admin_required')
    assert (read.verbose, read.debug, read.log_file, read.log_dir) == (False, True, 'keystone.log', '/var/log/keystone')
    assert read.log_format == '%(asctime)s %(levelname)8s [%(name)s] %(message)s'
    assert (read.database.connection, read.database.connection_recycle_time) == ('sqlite:///keystone.db', 200)
    assert (read.token.expiration, read.memcache.servers) == (86400, ['one:11211', 'two:11211'])
    assert (read.ldap.url, read.ldap.user, read.ldap.suffix) == (
        'ldap://directory', 'dc=Manager,dc=example,dc=com', 'cn=example,cn=com')
    assert [drivers.ALIASES[read[name].driver] for name in ('identity', 'catalog', 'token', 'policy', 'ec2')] == [
        'sql', 'templated', 'memcache', 'rules', 'sql']


@pytest.mark.parametrize('text, name', [
    *((f'keystone.identity.backends.{name}', name.partition('.')[0]) for name in (
        'sql.Identity', 'kvs.Identity', 'ldap.Identity', 'pam.PamIdentity')),
    *((f'keystone.token.backends.{name}.Token', name) for name in ('kvs', 'memcache', 'sql')),
    ('keystone.catalog.backends.sql.Catalog', 'sql'), ('keystone.catalog.backends.kvs.Catalog', 'kvs'),
    ('keystone.catalog.backends.templated.TemplatedCatalog', 'templated'),
    ('keystone.policy.backends.rules.Policy', 'rules'), ('keystone.policy.backends.simple.SimpleMatch', 'rules'),
    ('keystone.contrib.ec2.backends.kvs.Ec2', 'kvs'), ('keystone.contrib.ec2.backends.sql.Ec2', 'sql')])
def test_class_paths_of_2012(conf, text, name):
    """Each means the driver of that short name."""
    class Driver:
        pass
    assert isinstance(drivers.load('essex.keystone.any', text, {name: Driver}), Driver)


@pytest.mark.parametrize('place', ['.keystone/keystone.conf', 'keystone.conf'])
def test_where_the_file_is_looked_for(conf, tmp_path, monkeypatch, place):
    monkeypatch.setenv('HOME', str(tmp_path))
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text('[DEFAULT]\npublic_port = 5002\n', encoding='utf-8')
    monkeypatch.setattr(config, 'setup_logging', lambda: None)
    assert config.load('keystone').public_port == 5002


def test_several_files_the_later_counts(conf, tmp_path, monkeypatch):
    monkeypatch.setattr(config, 'setup_logging', lambda: None)
    for number in (1, 2):
        (tmp_path / f'{number}.conf').write_text(f'[DEFAULT]\npublic_port = {number}\n', encoding='utf-8')
    given = [f'--config-file={tmp_path}/{number}.conf' for number in (1, 2)]
    assert config.load('keystone', given).public_port == 2


def test_rules_that_others_are_made_of():
    found = {rule.name: rule.check_str for rule in RULES}
    for name, check in {
            'admin_required': 'role:admin or is_admin:1', 'service_role': 'role:service',
            'service_or_admin': 'rule:admin_required or rule:service_role', 'owner': 'user_id:%(user_id)s',
            'admin_or_owner': 'rule:admin_required or rule:owner',
            'token_subject': 'user_id:%(target.token.user_id)s',
            'admin_or_token_subject': 'rule:admin_required or rule:token_subject',
            'service_admin_or_token_subject': 'rule:service_or_admin or rule:token_subject'}.items():
        assert found[name] == check
