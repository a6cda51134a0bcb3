"""The managers and policy rules of this process, shared by every application and filter in it."""
from oslo_config import cfg

from essex import config
from essex.policy import Enforcer
from keystone import drivers
from keystone.managers import Managers
from keystone.policies import RULES

CONF = config.register([
    cfg.StrOpt('driver', default='rules', help='What decides: rules (policy files). `sql` of newer files is the same.'),
], 'policy')

_loaded = {}


def managers():
    """The Managers, made on first use (when the configuration has been read)."""
    if 'managers' not in _loaded:
        _loaded['managers'] = Managers()
    return _loaded['managers']


def enforcer():
    """The policy Enforcer."""
    if 'enforcer' not in _loaded:
        _loaded['enforcer'] = drivers.load('essex.keystone.policy', CONF.policy.driver,
                                           {'rules': Enforcer, 'sql': Enforcer}, RULES)
    return _loaded['enforcer']


def reset():
    """Forget both (tests, forked children)."""
    _loaded.clear()
