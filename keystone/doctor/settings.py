"""Options that do not fit together, and files with them."""
import os
import stat

import yaml

from essex import config
from essex.policy import Enforcer
from essex.wsgi.server import paste_file
from keystone.doctor import error, warning
from keystone.policies import RULES
from keystone.resource.domain_config import DomainConfigManager

CONF = config.CONF


def tokens():
    """How tokens are written and how long they live."""
    if CONF.token.expiration > 86400:
        yield warning(f'[token] expiration is {CONF.token.expiration} seconds: a stolen token is good for '
                      f'{CONF.token.expiration // 3600} hours.', 'An hour (3600) is usual.')
    if CONF.token.provider == 'jws' and CONF.max_token_size < 1024:
        yield error(f'max_token_size is {CONF.max_token_size}, and signed tokens (jws) are longer: all are refused.',
                    'Set max_token_size = 2048.')
    elif CONF.max_token_size < 255:
        yield warning(f'max_token_size is {CONF.max_token_size}: tokens of some users will be refused.',
                      'Set max_token_size = 255.')
    if not CONF.token.caching:
        yield warning('[token] caching is off: every validation asks the database.', 'Set [token] caching = true.')
    if CONF.cache.revision_interval > 60:
        yield warning(f'[cache] revision_interval is {CONF.cache.revision_interval} seconds: so long other processes '
                      'go on to accept a revoked token.', 'Set it to 1.')


def secrets():
    """What should not be set, or not be readable."""
    if CONF.admin_token:
        yield warning('admin_token is set: whoever knows it may do everything, and nothing tells who did.',
                      'Remove it once `keystone-manage bootstrap` has made an administrator.')
    rounds = CONF.identity.password_hash_rounds
    if rounds is not None and rounds < 10 and getattr(CONF.identity, 'password_hash_algorithm', 'bcrypt') == 'bcrypt':
        yield warning(f'[identity] password_hash_rounds is {rounds}: stolen password hashes are quickly guessed.',
                      'Leave it unset (12); present passwords change when users next set them.')
    for path in CONF.config_file or CONF.default_config_files or ():
        if os.path.exists(path) and stat.S_IMODE(os.stat(path).st_mode) & 0o007:
            yield warning(f'Everybody on this host can read {path}, which may hold passwords.',
                          f'chmod 640 {path}, with the daemon\'s group as its group.')


def policy():
    """The operator's rules can be read, and are rules there are."""
    Enforcer(RULES)   # declares [oslo_policy]
    path = CONF.find_file(CONF.oslo_policy.policy_file)
    if path is None:
        return
    try:
        with open(path, encoding='utf-8') as file:
            rules = yaml.safe_load(file) or {}
    except (OSError, ValueError, yaml.YAMLError) as problem:
        yield error(f'The policy file {path} cannot be read: {problem}',
                    'Correct it; until then nothing it says holds.')
        return
    known = {rule.name for rule in RULES}
    for name in rules if isinstance(rules, dict) else ():
        if name.startswith('identity:') and name not in known:
            yield warning(f'{path} has a rule {name}, which nothing here asks for.',
                          'Look for a misspelt or renamed rule: it protects nothing.')


def pipelines():
    """The Paste file is there."""
    path = paste_file('keystone-api-paste.ini')
    if not os.path.exists(path):
        yield error(f'The Paste file {path} does not exist.', 'Copy etc/keystone/keystone-api-paste.ini beside the '
                    'configuration file, or set api_paste_config.')


def domain_configs():
    """Domains with settings of their own, and whether anybody reads them."""
    in_use = all(getattr(CONF.identity, name, False) for name in
                 ('domain_specific_drivers_enabled', 'domain_configurations_from_database'))
    if in_use:
        return
    configured = DomainConfigManager.configured_domains()
    if configured:
        yield warning(f'Domain {configured[0]} has a configuration of its own in the database, and nothing reads it.',
                      'Set [identity] domain_specific_drivers_enabled and domain_configurations_from_database, or '
                      f'delete /v3/domains/{configured[0]}/config.')


CHECKS = (tokens, secrets, policy, pipelines, domain_configs)
