"""What assertions come to: every kind of requirement and of local part, and rules that make no sense."""
import pytest

from essex.exception import ValidationError
from keystone.federation import engine, schema
from keystone.federation.exception import AssertionRefused

ME = {'UserName': 'bwilliams', 'Email': 'bob@x', 'orgPersonType': 'Employee;Manager', 'Groups': 'Dev;Ops;Dev'}
USER = {'user': {'name': '{0}'}}
DOMAIN = {'name': 'Default'}


def run(local, *remote, assertion=ME, version='1.0'):
    rules = [{'local': local if isinstance(local, list) else [local], 'remote': list(remote)}]
    schema.check(rules, version)
    return engine.process(rules, assertion, version)


def refused(*args, **more):
    with pytest.raises(AssertionRefused):
        run(*args, **more)
    return True


def test_placeholders():
    found = run({'user': {'name': '{0} <{1}>', 'email': '{1}', 'id': '{{x}}'}}, {'type': 'UserName'}, {'type': 'Email'})
    assert found == {'user': {'name': 'bwilliams <bob@x>', 'email': 'bob@x', 'id': '{x}', 'type': 'ephemeral'},
                     'group_ids': [], 'group_names': [], 'projects': []}


def test_only_plain_and_filtered_requirements_count_as_placeholders():
    found = run({'user': {'name': '{0}', 'email': '{1}'}}, {'type': 'orgPersonType', 'any_one_of': ['Employee']},
                {'type': 'UserName'}, {'type': 'orgPersonType', 'not_any_of': ['Guest']}, {'type': 'Email'})
    assert (found['user']['name'], found['user']['email']) == ('bwilliams', 'bob@x')


def test_a_missing_or_empty_type_does_not_fit():
    assert refused(USER, {'type': 'Nothing'}) and refused(USER, {'type': 'E'}, assertion={'E': ''})
    assert refused(USER, {'type': 'UserName'}, {'type': 'Nothing', 'not_any_of': ['x']})


@pytest.mark.parametrize('name,values,regex,fits', [
    ('any_one_of', ['Employee', 'x'], False, True), ('any_one_of', ['Emp'], False, False),
    ('any_one_of', ['^Emp.*'], True, True), ('any_one_of', ['emp'], True, False),
    ('not_any_of', ['Guest'], False, True), ('not_any_of', ['Manager'], False, False),
    ('not_any_of', ['Man'], False, True), ('not_any_of', ['Man'], True, False)])
def test_conditions(name, values, regex, fits):
    remote = [{'type': 'UserName'}, {'type': 'orgPersonType', name: values, 'regex': regex}]
    if fits:
        assert run(USER, *remote)['user']['name'] == 'bwilliams'
    else:
        assert refused(USER, *remote)


@pytest.mark.parametrize('test,names', [
    ({}, ['Dev', 'Ops']), ({'whitelist': ['Ops']}, ['Ops']), ({'whitelist': ['x']}, []),
    ({'blacklist': ['Ops']}, ['Dev']), ({'blacklist': ['O.s'], 'regex': True}, ['Dev']),
    ({'whitelist': ['^D'], 'regex': True}, ['Dev'])])
def test_groups_by_name(test, names):
    found = run([USER, {'groups': '{1}', 'domain': DOMAIN}], {'type': 'UserName'}, {'type': 'Groups', **test})
    assert found['group_names'] == [{'name': name, 'domain': DOMAIN} for name in names]


def test_groups_each():
    found = run([USER, {'group': {'id': 'g1'}}, {'group': {'name': '{1}', 'domain': DOMAIN}}, {'group': {'id': 'g1'}},
                 {'group_ids': '{2}'}, {'group_ids': 'g4'}],
                {'type': 'UserName'}, {'type': 'Email'}, {'type': 'Ids'}, assertion={**ME, 'Ids': 'g2;g3;g1'})
    assert found['group_ids'] == ['g1', 'g2', 'g3', 'g4']
    assert found['group_names'] == [{'name': 'bob@x', 'domain': DOMAIN}]


def test_groups_as_json():
    assertion = {**ME, 'Groups': 'JSON:{"name":"a","domain":{"name":"d"}}'}
    assert run([USER, {'groups': '{1}'}], {'type': 'UserName'}, {'type': 'Groups'},
               assertion=assertion)['group_names'] == [{'name': 'a', 'domain': {'name': 'd'}}]
    for bad in ('JSON:{', 'JSON:{"name":"a"}', 'JSON:[]', 'plain'):
        with pytest.raises(ValidationError):
            run([USER, {'groups': '{1}'}], {'type': 'UserName'}, {'type': 'Groups'},
                assertion={**ME, 'Groups': bad})


def test_rules_add_up_and_the_first_user_counts():
    rules = [{'local': [{'user': {'name': '{0}'}}, {'group': {'id': 'a'}}], 'remote': [{'type': 'UserName'}]},
             {'local': [{'user': {'name': 'other'}}, {'group': {'id': 'b'}}], 'remote': [{'type': 'Email'}]},
             {'local': [{'group': {'id': 'c'}}], 'remote': [{'type': 'Nothing'}]}]
    found = engine.process(rules, ME)
    assert found['user']['name'] == 'bwilliams' and found['group_ids'] == ['a', 'b']


def test_projects_and_versions():
    projects = [{'name': 'p-{0}', 'roles': [{'name': 'member'}]}]
    local = [{**USER, 'projects': projects, 'domain': {'id': 'd'}}]
    plain = [{'name': 'p-bwilliams', 'roles': [{'name': 'member'}]}]
    first = run(local, {'type': 'UserName'})
    assert first['projects'] == plain and 'domain' not in first['user']
    second = run(local, {'type': 'UserName'}, version='2.0')
    assert second['projects'] == [{**plain[0], 'domain': {'id': 'd'}}] and second['user']['domain'] == {'id': 'd'}
    own = [{**projects[0], 'domain': {'name': 'own'}}]
    assert run([{**USER, 'projects': own, 'domain': {'id': 'd'}}], {'type': 'UserName'},
               version='2.0')['projects'][0]['domain'] == {'name': 'own'}


def test_local_users():
    found = run({'user': {'name': '{0}', 'type': 'local', 'domain': DOMAIN}}, {'type': 'UserName'})
    assert found['user'] == {'name': 'bwilliams', 'type': 'local', 'domain': DOMAIN}
    with pytest.raises(ValidationError):
        run({'user': {'name': '{0}', 'type': 'local'}}, {'type': 'UserName'})


def test_what_makes_no_sense():
    with pytest.raises(ValidationError):
        run({'user': {'name': '{1}'}}, {'type': 'UserName'})
    with pytest.raises(ValidationError):
        run(USER, {'type': 'UserName', 'any_one_of': ['['], 'regex': True})


def test_an_assertion_cannot_write_code_or_templates():
    for nasty in ('{0.__class__}', "__import__('os')", '["a", {}]', '[' * 500, "['a', 'b']"):
        found = run([USER, {'group_ids': '{0}'}], {'type': 'UserName'}, assertion={'UserName': nasty})
        assert found['user']['name'] == nasty
