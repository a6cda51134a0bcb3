"""The mapping engine: from what an identity provider asserts, by rules, to a user with groups and projects.

The language is the one the Identity API publishes for /OS-FEDERATION/mappings.
"""
import ast
import json
import logging
import re

from essex.exception import ValidationError
from keystone.federation import schema
from keystone.federation.exception import AssertionRefused

LOG = logging.getLogger(__name__)

EPHEMERAL, LOCAL = 'ephemeral', 'local'


def split(assertion):
    """{type: [values]} of an assertion as a web server hands it over: several values are joined by semicolons."""
    return {name: value.split(';') for name, value in assertion.items() if isinstance(value, str)}


def process(rules, assertion, version=schema.DEFAULT):
    """{user, group_ids, group_names, projects} that the assertion ({type: text}) comes to.

    `user` has a type and what the rules say (id, name, email, domain); `group_names` are [{name, domain}],
    `projects` [{name, roles: [{name}], domain?}]. Raises AssertionRefused when no rule fits, ValidationError when
    a rule that fits makes no sense.
    """
    values = split(assertion)
    found = []
    for number, rule in enumerate(rules):
        matches = _matches(rule['remote'], values)
        LOG.debug('Rule %s %s', number, 'does not fit' if matches is None else f'fits with {len(matches)} values')
        if matches is not None:
            found += [_filled(local, matches) for local in rule['local']]
    if not found:
        raise AssertionRefused(reason='no rule of the mapping fits it. The log at DEBUG says which were tried')
    return _collected(found, version)


def _matches(remote, assertion):
    """The values that {0}, {1}... stand for, or None when a requirement is not met."""
    direct = []
    for requirement in remote:
        values = assertion.get(requirement['type'])
        if not values or values == ['']:
            return None
        if 'any_one_of' in requirement or 'not_any_of' in requirement:
            wanted = 'any_one_of' in requirement
            listed = requirement['any_one_of' if wanted else 'not_any_of']
            if bool(_among(values, listed, requirement)) is not wanted:
                return None
            continue
        if 'blacklist' in requirement:
            bad = _among(values, requirement['blacklist'], requirement)
            values = [value for value in values if value not in bad]
        elif 'whitelist' in requirement:
            values = _among(values, requirement['whitelist'], requirement)
        direct.append(values)
    return direct


def _among(values, listed, requirement):
    """Those of the values that are in a list, or match one of its regular expressions."""
    if not requirement.get('regex'):
        return [value for value in values if value in listed]
    try:
        return [value for value in values if any(re.search(pattern, value) for pattern in listed)]
    except re.error as error:
        raise ValidationError(f'A regular expression of the mapping is wrong: {error}.') from error


def _filled(local, matches):
    """A part of a rule with {0}, {1}... replaced."""
    if isinstance(local, dict):
        return {key: _filled(value, matches) for key, value in local.items()}
    if isinstance(local, list):
        return [_filled(value, matches) for value in local]
    text = ''
    for literal, number in schema.fields(local):
        text += literal
        if number is not None:
            if number >= len(matches):
                raise ValidationError(f'The mapping refers to {{{number}}}, but its remote part gives only '
                                      f'{len(matches)} values.')
            values = matches[number]
            # A list is written so that `groups` and `group_ids` can read it back.
            text += values[0] if len(values) == 1 else str(values)
    return text


def _collected(found, version):
    user, group_ids, group_names, projects, domain = {}, [], [], [], None
    for local in found:
        if local.get('user'):
            if user:
                LOG.warning('A mapping names more than one user: the first one counts')
            user = user or local['user']
        group = local.get('group')
        if group and 'id' in group:
            group_ids.append(group['id'])
        elif group:
            group_names.append(group)
        if 'groups' in local:
            group_names += _groups(local)
        elif version == '2.0' and local.get('domain'):
            domain = domain or local['domain']
        if 'group_ids' in local:
            group_ids += [str(each) for each in _listed(local['group_ids'])]
        projects += local.get('projects', ())
    if version == '2.0':
        projects = [{**({'domain': domain} if domain else {}), **project} for project in projects]
    return {'user': _user(user, domain), 'group_ids': list(dict.fromkeys(group_ids)),
            'group_names': _unique(group_names), 'projects': projects}


def _unique(groups):
    return [group for index, group in enumerate(groups) if group not in groups[:index]]


def _user(user, domain):
    user = {'type': EPHEMERAL, **user}
    if domain:
        user.setdefault('domain', domain)
    if user['type'] == LOCAL and not user.get('id') and not (user.get('name') and user.get('domain')):
        raise ValidationError('A local user of a mapping needs an id, or a name and a domain.')
    return user


def _listed(text):
    """The list that a text may be the written form of."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return [text]
    return value if isinstance(value, list) else [text]


def _groups(local):
    """[{name, domain}] of a `groups` text: one name, a list of names, or of groups in JSON."""
    groups = []
    for each in _listed(local['groups']):
        if isinstance(each, str) and each.startswith('JSON:'):
            try:
                each = json.loads(each.removeprefix('JSON:'))
            except ValueError as error:
                raise ValidationError(f'The groups of the assertion are not JSON: {error}.') from error
        group = each if isinstance(each, dict) else {'name': str(each), 'domain': local.get('domain')}
        if not isinstance(group.get('domain'), dict) or not isinstance(group.get('name'), str):
            raise ValidationError('The mapping gives `groups` without `domain`: both keywords must be specified.')
        groups.append(group)
    return groups
