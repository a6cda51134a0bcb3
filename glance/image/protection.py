"""Protected properties: who may create, read, update and delete which, by the operator's property_protection_file.

    [^x_billing_.*]
    create = admin
    read = @
    update = admin,billing
    delete = !

A section is a regular expression; the first that fits a property's name decides. `@` is everybody, `!` nobody; else
the values are roles, or, with property_protection_rule_format = policies, one policy rule. What no section fits is
nobody's.
"""
import configparser
import functools
import os
import re

from oslo_config import cfg

from essex import config
from essex.exception import ConfigError
from glance import policy
from glance.exception import PropertyProtected
from glance.image.model import OWN

OPTS = [
    cfg.StrOpt('property_protection_file', help='File that says who may do what with which property. Unset: those '
                                                'who may change an image may change its properties.'),
    cfg.StrOpt('property_protection_rule_format', default='roles', choices=['roles', 'policies'],
               help='What the file names.'),
]
CONF = config.register(OPTS)

_ACTIONS = ('create', 'read', 'update', 'delete')


@functools.lru_cache(maxsize=4)
def _load(path, changed, policies):
    """[(pattern, {action: names})] of the file, which was `changed` at a time. Raises ConfigError."""
    parser = configparser.ConfigParser(interpolation=None, delimiters=('=',), strict=True)
    try:
        with open(path, encoding='utf-8') as file:
            parser.read_file(file)
        return [(re.compile(section), _permissions(path, parser[section], policies)) for section in parser.sections()]
    except (configparser.Error, re.error, UnicodeDecodeError) as error:
        raise ConfigError(f'property_protection_file {path}: {error}') from error


def _permissions(path, section, policies):
    found = {}
    for action in _ACTIONS:
        names = [name.strip() for name in section.get(action, '').split(',') if name.strip()]
        if not names:
            raise ConfigError(f'property_protection_file {path}: [{section.name}] does not say who may {action}.')
        if {'@', '!'} <= set(names) or (policies and len(names) > 1):
            raise ConfigError(f'property_protection_file {path}: {action} of [{section.name}] is one policy rule, '
                              f'and not both @ and !.')
        found[action] = tuple(name.lower() for name in names) if not policies else tuple(names)
    return found


def _rules():
    """The rules, or None where nothing is protected. A changed file is read again."""
    path = CONF.property_protection_file
    if not path:
        return None
    try:
        changed = os.stat(path).st_mtime_ns
    except OSError as error:
        raise ConfigError(f'property_protection_file {path}: {error.strerror}.') from error
    return _load(path, changed, CONF.property_protection_rule_format == 'policies')


def check():
    """Raise ConfigError when the file cannot be used."""
    _rules()


def allows(context, action, name):
    """Whether `context` may do `action` to a property called `name`."""
    rules = _rules()
    if rules is None or name.startswith(OWN):
        return True
    for pattern, permissions in rules:
        if pattern.match(name):
            return _is_granted(context, permissions[action])
    return False


def _is_granted(context, names):
    if '@' in names or '!' in names:
        return '@' in names
    if CONF.property_protection_rule_format == 'policies':
        return policy.allows(context, names[0])
    return bool({role.lower() for role in context.roles} & set(names))


def hide(context, image):
    """Take the properties that `context` may not read from a record; returns them."""
    if _rules() is None:
        return {}
    hidden = {name: value for name, value in image.properties.items() if not allows(context, 'read', name)}
    for name in hidden:
        del image.properties[name]
    return hidden


def enforce(context, before, after, hidden):
    """Raise PropertyProtected unless `context` may turn the properties `before` into `after`.

    Both are without those that are `hidden` from it.
    """
    if _rules() is None:
        return
    for name in {*before, *after}:
        if name not in before:
            action = 'create'
        elif name not in after:
            action = 'delete'
        elif before[name] != after[name]:
            action = 'update'
        else:
            continue
        if name in hidden or not allows(context, action, name):
            raise PropertyProtected(name=name[:80], action=action)
