"""The policy engine: what it costs."""
import json

import pytest
from oslo_policy import _checks

from essex import policy
from essex.context import RequestContext


def test_signatures_of_checks_are_looked_at_once(conf):
    enforcer = policy.Enforcer([policy.rule('reads', 'role:admin or (role:reader and user_id:%(user_id)s)')])
    context = RequestContext(user_id='1', roles=['reader'])
    assert enforcer.check(context, 'reads', {'user_id': '1'}) and not enforcer.check(context, 'reads', {'user_id': '2'})
    before = _checks.inspect.getfullargspec.cache_info()
    assert enforcer.check(context, 'reads', {'user_id': '1'})
    after = _checks.inspect.getfullargspec.cache_info()
    assert after.hits > before.hits and after.misses == before.misses


# (rule, what of a caller, what of a target, whether it allows). What a rule is made of, as its language is today.
LANGUAGE = [
    ('', {}, {}, True), ('@', {}, {}, True), ('!', {'roles': ['admin']}, {}, False),
    ('role:Admin', {'roles': ['admin']}, {}, True), ('role:admin', {'roles': ['ADMIN']}, {}, True),
    ('role:a and role:b', {'roles': ['a']}, {}, False), ('role:a and role:b', {'roles': ['a', 'b']}, {}, True),
    ('role:a or role:b', {'roles': ['b']}, {}, True), ('not role:a', {'roles': ['b']}, {}, True),
    ('not role:a', {'roles': ['a']}, {}, False),
    ('role:a and (role:b or role:c)', {'roles': ['a', 'c']}, {}, True),
    ('(role:a and role:b) or role:c', {'roles': ['a']}, {}, False),
    ('rule:named', {'roles': ['named']}, {}, True), ('rule:named or rule:unknown', {'roles': []}, {}, False),
    ('user_id:%(user_id)s', {'user_id': 'u'}, {'user_id': 'u'}, True),
    ('user_id:%(user_id)s', {'user_id': 'u'}, {'user_id': 'v'}, False),
    ('user_id:%(user_id)s', {'user_id': 'u'}, {}, False), ('nothing:%(user_id)s', {}, {'user_id': 'u'}, False),
    ("'x':%(kind)s", {}, {'kind': 'x'}, True), ("'x':%(kind)s", {}, {'kind': 'y'}, False),
    ('True:%(flag)s', {}, {'flag': True}, True), ('True:%(flag)s', {}, {'flag': False}, False),
    ('None:%(domain)s', {}, {'domain': None}, True), ('None:%(domain)s', {}, {'domain': 'd'}, False),
    ('token.domain.id:%(target.user.domain_id)s', {'domain_id': 'd'}, {'target.user.domain_id': 'd'}, True),
    ('token.domain.id:%(target.user.domain_id)s', {'domain_id': 'd'}, {'target.user.domain_id': 'e'}, False),
    ('is_admin:1', {'is_admin': True}, {}, True), ('is_admin:1', {'is_admin': False}, {}, False),
    ('system_scope:all', {'system_scope': 'all'}, {}, True), ('system_scope:all', {}, {}, False),
]


@pytest.mark.parametrize('rule, caller, target, allows', LANGUAGE)
@pytest.mark.parametrize('name', ['policy.yaml', 'policy.json'])
def test_the_language(conf, tmp_path, name, rule, caller, target, allows):
    text = json.dumps({'do': rule, 'named': 'role:named'})
    (tmp_path / name).write_text(text, encoding='utf-8')
    conf.set('policy_file', str(tmp_path / name), 'oslo_policy')
    enforcer = policy.Enforcer([policy.rule('do', '!')])
    assert enforcer.check(RequestContext(**caller), 'do', target) is allows


@pytest.mark.parametrize('scope, token, enforced, allows', [
    (['system'], {'system_scope': 'all'}, True, True), (['system'], {'project_id': 'p'}, True, False),
    (['system'], {'project_id': 'p'}, False, True), (['domain'], {'domain_id': 'd'}, True, True),
    (['domain'], {'project_id': 'p'}, True, False), (['project'], {'project_id': 'p'}, True, True),
    (['project'], {'system_scope': 'all'}, True, False), (['system', 'project'], {'domain_id': 'd'}, True, False)])
def test_what_a_token_is_for(conf, scope, token, enforced, allows):
    enforcer = policy.Enforcer([policy.rule('do', '@', scopes=scope)])
    conf.set('enforce_scope', enforced, 'oslo_policy')
    assert enforcer.check(RequestContext(**token), 'do') is allows


@pytest.mark.parametrize('given', ['policy.json', 'absolute'])
def test_a_policy_file_is_looked_for_beside_the_configuration(conf, tmp_path, given):
    from essex import config
    (tmp_path / 'policy.json').write_text('{"do": [["role:a"]]}', encoding='utf-8')
    name = given if given != 'absolute' else str(tmp_path / 'policy.json')
    (tmp_path / 'keystone.conf').write_text(f'[DEFAULT]\npolicy_file = {name}\n', encoding='utf-8')
    config.CONF([], project='keystone', default_config_files=[str(tmp_path / 'keystone.conf')])
    enforcer = policy.Enforcer([policy.rule('do', '!')])
    assert enforcer.check(RequestContext(roles=['a']), 'do') and not enforcer.check(RequestContext(roles=['b']), 'do')
