"""The managers and policy rules of this process, shared by every application and filter in it."""
from essex.policy import Enforcer
from keystone.managers import Managers
from keystone.policies import RULES

_loaded = {}


def managers():
    """The Managers, made on first use (when the configuration has been read)."""
    if 'managers' not in _loaded:
        _loaded['managers'] = Managers()
    return _loaded['managers']


def enforcer():
    """The policy Enforcer."""
    if 'enforcer' not in _loaded:
        _loaded['enforcer'] = Enforcer(RULES)
    return _loaded['enforcer']


def reset():
    """Forget both (tests, forked children)."""
    _loaded.clear()
