"""keystone-manage export and import: what the file holds, what it changes, that it may be run again."""
import pytest
import yaml

from essex.exception import BadRequest
from keystone.assignment.grants import Grant
from keystone.assignment.listing import Wanted
from keystone.db.records import Hints
from keystone.transfer import document
from keystone.transfer.importer import Importer


@pytest.fixture
def filled(cloud):
    """The cloud with one of everything."""
    managers = cloud.managers
    domain = managers.domains.create_domain({'name': 'd', 'description': 'other'})
    project = cloud.new_project('outer', domain_id=domain['id'], tags=['t'])
    managers.resource.create_project({'name': 'inner', 'parent_id': project['id'], 'enabled': False})
    role = managers.roles.create_role({'name': 'own', 'domain_id': domain['id']})
    managers.roles.add_implied(role['id'], cloud.roles['reader'])
    group = managers.groups.create_group({'name': 'g', 'domain_id': domain['id']})
    managers.grants.add(Grant('group', group['id'], 'domain', domain['id'], True), role['id'])
    managers.catalog.create_region({'id': 'north', 'parent_region_id': 'RegionOne'})
    service = managers.catalog.create_service({'type': 'image', 'name': 'glance'})
    managers.catalog.create_endpoint({'service_id': service['id'], 'interface': 'public', 'url': 'http://g',
                                      'region_id': 'north', 'enabled': False})
    return cloud


@pytest.fixture
def load(cloud):
    """load(document) -> (lines told, changes, problems)."""
    def call(wanted, **more):
        lines = []
        importer = Importer(cloud.managers, lines.append, **more)
        importer.run(document.read(document.write(wanted)))
        return lines, importer.changes, importer.problems
    return call


def exported(cloud):
    return document.Export(cloud.managers).document()


def test_what_is_exported(filled):
    text = document.write(exported(filled))
    assert text.startswith('# ') and 'password' not in text
    found = document.read(text)
    assert [each['name'] for each in found['domains']] == ['d', 'Default'] or len(found['domains']) == 2
    inner = next(each for each in found['projects'] if each['name'] == 'inner')
    assert inner['parent'] == 'outer' and inner['domain'] == 'd' and inner['enabled'] is False
    names = [each['name'] for each in found['projects']]
    assert names.index('outer') < names.index('inner')
    own = next(each for each in found['roles'] if each['name'] == 'own')
    assert own['domain'] == 'd' and own['implies'] == ['reader']
    assert [each['id'] for each in found['regions']] == ['RegionOne', 'north']
    image = next(each for each in found['services'] if each['type'] == 'image')
    assert image['endpoints'][0]['enabled'] is False
    assert {'role': 'own', 'role_domain': 'd', 'group': 'g', 'group_domain': 'd', 'on_domain': 'd',
            'inherited': True} in found['assignments']
    assert {'role': 'admin', 'user': 'admin', 'system': True} in found['assignments']


def test_an_import_of_what_is_there_changes_nothing(filled, load):
    assert load(exported(filled)) == ([], 0, 0)


def test_everything_comes_back_with_its_ids(filled, load):
    before = exported(filled)
    managers = filled.managers
    domain = next(each for each in before['domains'] if each['name'] == 'd')
    managers.domains.update_domain(domain['id'], {'enabled': False})
    managers.domains.delete_domain(domain['id'])
    for service in managers.catalog.list_services(Hints()):
        managers.catalog.delete_service(service['id'])
    managers.catalog.delete_region('RegionOne')
    lines, changes, problems = load(before)
    # The group went with its domain, and groups are not in the file.
    assert problems == 1 and 'there is no group g' in [line for line in lines if line.startswith('problem')][0]
    assert changes == len([line for line in lines if not line.startswith('problem')])
    managers.groups.create_group({'name': 'g', 'domain_id': domain['id']})
    lines, changes, problems = load(before)
    assert (changes, problems) == (1, 0) and lines[0].startswith('grant ')
    assert exported(filled) == before and load(before) == ([], 0, 0)


def test_a_dry_run_tells_the_same_and_changes_nothing(filled, load):
    wanted = exported(filled)
    wanted['projects'][0] = {**wanted['projects'][0], 'description': 'changed'}
    wanted['projects'] += [{'name': 'new', 'tags': ['b', 'a']}, {'name': 'newer', 'parent': 'new'}]
    wanted['roles'].append({'name': 'cook', 'implies': ['reader']})
    wanted['domains'].append({'name': 'e'})
    wanted['assignments'] += [{'role': 'cook', 'user': 'owner', 'project': 'newer'},
                              {'role': 'reader', 'user': 'owner', 'on_domain': 'e', 'inherited': True}]
    before = exported(filled)
    dry = load(wanted, dry_run=True)
    assert exported(filled) == before and dry[1:] == (8, 0)
    assert load(wanted) == dry and load(wanted) == ([], 0, 0)
    project = filled.managers.resource.list_projects(Hints().add('name', 'newer'))[0]
    items = filled.managers.assignments.list(Wanted(project_id=project['id'], effective=True))
    assert {item.actor_id for item in items} == {filled.owner['id']} and len(items) == 2


@pytest.mark.parametrize('kind,entry,word', [
    ('projects', {'name': 'x', 'domain': 'none'}, 'no domain none'),
    ('projects', {'name': 'x', 'parent': 'none'}, 'no project none'),
    ('projects', {'name': 'demo', 'parent': 'elsewhere'}, 'another parent'),
    ('projects', {'name': 'demo', 'id': 'f' * 32}, 'already, with the id'),
    ('roles', {'name': 'x', 'domain': 'none'}, 'no domain none'),
    ('roles', {'name': 'reader', 'implies': ['none']}, 'cannot imply none'),
    ('roles', {'name': 'reader', 'implies': ['admin']}, 'cannot be an implied role'),
    ('roles', {'name': 'admin', 'description': 'x'}, 'immutable'),
    ('assignments', {'role': 'none', 'user': 'owner', 'project': 'demo'}, 'no role none'),
    ('assignments', {'role': 'reader', 'user': 'none', 'project': 'demo'}, 'no user none'),
    ('assignments', {'role': 'reader', 'group': 'none', 'project': 'demo'}, 'no group none'),
    ('assignments', {'role': 'reader', 'user': 'owner', 'project': 'none'}, 'no project none'),
    ('assignments', {'role': 'reader', 'user': 'owner'}, 'has to name one'),
    ('assignments', {'role': 'reader', 'user': 'owner', 'system': True, 'project': 'demo'}, 'has to name one'),
    ('services', {'type': 'x', 'endpoints': [{'interface': 'public', 'url': 'http://$(x)s'}]}, 'malformed')])
def test_what_cannot_be_done_is_told_and_the_rest_is_done(cloud, load, kind, entry, word):
    wanted = {'format': document.FORMAT, kind: [entry]}
    wanted.setdefault('assignments', []).append({'role': 'reader', 'user': 'owner', 'project': 'elsewhere'})
    lines, _, problems = load(wanted)
    assert problems == 1 and word in ' '.join(line for line in lines if line.startswith('problem')), lines
    assert cloud.token(cloud.owner, cloud.elsewhere)


@pytest.mark.parametrize('text', ['', '[', '- a', 'format: other', 'format: essex-identity/1\nusers: []',
                                  'format: essex-identity/1\nprojects: [{}]', '!!python/object:os.system x',
                                  'format: essex-identity/1\nprojects: [{name: 7}]'])
def test_other_files_are_refused(text):
    with pytest.raises(BadRequest):
        document.read(text)


def test_an_operator_may_write_it_by_hand(cloud, load):
    wanted = yaml.safe_load('''
format: essex-identity/1
projects: [{name: lab}]
services:
- {type: compute, endpoints: [{interface: public, region: RegionOne, url: 'http://c/%(project_id)s'}]}
assignments: [{role: member, user: owner, project: lab}]
''')
    assert load(wanted)[1:] == (4, 0) and load(wanted)[1:] == (0, 0)
