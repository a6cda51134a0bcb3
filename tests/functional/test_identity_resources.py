"""Unmodified clients on limits, endpoint groups, policies, regions, roles and settings of domains."""
import json

import openstack
from keystoneclient.v3 import client

from tests.functional.test_identity_clients import site, v3  # noqa: F401 - fixtures


def test_limits(v3):  # noqa: F811
    v3('service create --name nova compute')
    registered = v3.show('registered limit create --service nova --default-limit 10 --region RegionOne '
                         '--description cores cores')
    assert registered['default_limit'] == 10 and registered['region_id'] == 'RegionOne'
    v3('registered limit create --service none --default-limit 10 x', fails=True)
    v3.show(f'registered limit set --default-limit 20 {registered["id"]}')
    assert v3.show(f'registered limit show {registered["id"]}')['default_limit'] == 20
    assert [each['Resource Name'] for each in v3.show('registered limit list --service nova')] == ['cores']
    v3('project create quota')
    limit = v3.show('limit create --project quota --service nova --region RegionOne --resource-limit 5 cores')
    assert limit['resource_limit'] == 5
    v3('limit create --project quota --service nova --resource-limit 5 ram', fails=True)
    v3.show(f'limit set --resource-limit 7 --description d {limit["id"]}')
    assert v3.show(f'limit show {limit["id"]}')['resource_limit'] == 7
    assert [each['ID'] for each in v3.show('limit list --project quota')] == [limit['id']]
    v3(f'registered limit delete {registered["id"]}', fails=True)
    for line in (f'limit delete {limit["id"]}', f'registered limit delete {registered["id"]}', 'project delete quota',
                 'service delete nova'):
        v3(line)


def test_endpoint_groups_and_projects(v3, tmp_path):  # noqa: F811
    v3('service create --name glance image')
    endpoint = v3.show('endpoint create --region RegionOne image public http://g')['id']
    v3('project create seen')
    v3(f'endpoint add project {endpoint} seen')
    found = v3.show(f'endpoint list --endpoint {endpoint}')
    assert [each['Name'] for each in found] == ['seen']
    assert [each['ID'] for each in v3.show('endpoint list --project seen')] == [endpoint]
    v3(f'endpoint remove project {endpoint} seen')
    filters = tmp_path / 'filters.json'
    filters.write_text(json.dumps({'interface': 'public'}))
    group = v3.show(f'endpoint group create --description d public-ones {filters}')
    assert group['filters'] == {'interface': 'public'}
    assert [each['Name'] for each in v3.show('endpoint group list')] == ['public-ones']
    filters.write_text(json.dumps({'interface': 'admin'}))
    v3(f'endpoint group set --filters {filters} --name admin-ones public-ones')
    assert v3.show('endpoint group show admin-ones')['filters'] == {'interface': 'admin'}
    v3('endpoint group add project admin-ones seen')
    assert [each['Name'] for each in v3.show('endpoint group list --project seen')] == ['admin-ones']
    assert [each['Name'] for each in v3.show('endpoint group list --endpointgroup admin-ones')] == ['seen']
    v3('endpoint group remove project admin-ones seen')
    for line in ('endpoint group delete admin-ones', f'endpoint delete {endpoint}', 'project delete seen',
                 'service delete glance'):
        v3(line)


def test_policies_and_regions(v3, tmp_path):  # noqa: F811
    rules = tmp_path / 'rules.json'
    rules.write_text('{"x": "role:y"}')
    policy = v3.show(f'policy create --type application/json {rules}')
    assert v3.show(f'policy show {policy["id"]}')['rules'] == '{"x": "role:y"}'
    rules.write_text('{}')
    v3(f'policy set --rules {rules} {policy["id"]}')
    assert [each['ID'] for each in v3.show('policy list')] == [policy['id']]
    v3(f'policy delete {policy["id"]}')
    v3('region create --parent-region RegionOne --description d east')
    assert [each['Region'] for each in v3.show('region list --parent-region RegionOne')] == ['east']
    v3('region set --description e east')
    assert v3.show('region show east')['description'] == 'e'
    v3('region delete east')


def test_roles_of_domains_and_assignments(v3, site):  # noqa: F811
    v3('domain create --description d firm')
    v3('role create --domain firm boss')
    boss = v3.show('role show --domain firm boss')['id']
    # The command looks among global roles alone.
    client.Client(session=site.session()).inference_rules.create(boss, v3.show('role show member')['id'])
    v3('project create --domain firm work')
    v3('user create --domain firm --password x eve')
    v3(f'role add --user eve --user-domain firm --project work --project-domain firm {boss}')
    rows = v3.show('role assignment list --names --effective --user eve --user-domain firm')
    assert {each['Role'] for each in rows} == {'member', 'reader'}
    rows = v3.show('role assignment list --names --user eve --user-domain firm')
    assert [(each['Role'], each['User'], each['Project']) for each in rows] == [('boss@firm', 'eve@firm', 'work@firm')]
    v3('role add --user eve --user-domain firm --domain firm --inherited reader')
    rows = v3.show('role assignment list --names --inherited --domain firm')
    assert [(each['Role'], each['Domain'], each['Inherited']) for each in rows] == [('reader', 'firm', True)]
    assert v3.show('role assignment list --system all --names')[0]['System'] == 'all'
    assert v3.show('role assignment list --effective --project work --project-domain firm')
    v3('role create --immutable kept')
    v3('role delete kept', fails=True)
    v3('role set --no-immutable kept')
    v3('role delete kept')
    v3('project create --domain firm --parent work part')
    v3('project create --domain firm --tag a --tag b tagged')
    for query, names in (('--tags a,b', {'tagged'}), ('--tags-any a,c', {'tagged'})):
        assert {each['Name'] for each in v3.show(f'project list --domain firm {query}')} == names
    assert {each['Name'] for each in v3.show('project list --domain firm --not-tags a')} == {'work', 'part'}
    v3('project set --domain firm --remove-tag a tagged')
    assert v3.show('project show --domain firm tagged')['tags'] == ['b']
    assert [each['Name'] for each in v3.show('project list --parent work --domain firm')] == ['part']
    v3('domain set --disable firm')
    v3('domain delete firm')
    v3('role show --domain firm boss', fails=True)


def test_keystoneclient(site):  # noqa: F811
    keystone = client.Client(session=site.session())
    domain = keystone.domains.create('kc')
    config = {'identity': {'driver': 'ldap'}, 'ldap': {'url': 'ldap://x', 'password': 'hidden'}}
    assert keystone.domain_configs.create(domain, config).ldap == {'url': 'ldap://x'}
    assert keystone.domain_configs.get(domain).identity == {'driver': 'ldap'}
    assert keystone.domain_configs.update(domain, {'ldap': {'url': 'ldap://y'}}).ldap == {'url': 'ldap://y'}
    keystone.domain_configs.delete(domain)
    service = keystone.services.create('kc', 'x')
    endpoint = keystone.endpoints.create(service, 'http://x', interface='public', region='RegionOne')
    policy = keystone.policies.create('{}', 'application/json')
    keystone.endpoint_policy.create_policy_association_for_service(policy, service)
    assert keystone.endpoint_policy.check_policy_association_for_service(policy, service)
    assert keystone.endpoint_policy.get_policy_for_endpoint(endpoint).id == policy.id
    assert [each.id for each in keystone.endpoint_policy.list_endpoints_for_policy(policy)] == [endpoint.id]
    keystone.endpoint_policy.delete_policy_association_for_service(policy, service)
    project = keystone.projects.create('kc', domain)
    keystone.endpoint_filter.add_endpoint_to_project(project, endpoint)
    assert keystone.endpoint_filter.check_endpoint_in_project(project, endpoint)
    assert [each.id for each in keystone.endpoint_filter.list_projects_for_endpoint(endpoint)] == [project.id]
    group = keystone.endpoint_groups.create('kc', {'service_id': service.id})
    keystone.endpoint_filter.add_endpoint_group_to_project(group, project)
    assert [each.id for each in keystone.endpoint_filter.list_endpoint_groups_for_project(project)] == [group.id]
    keystone.projects.add_tag(project, 'one')
    assert keystone.projects.list_tags(project) == ['one'] and keystone.projects.check_tag(project, 'one')
    roles = {role.name: role for role in keystone.roles.list()}
    assert keystone.inference_rules.get(roles['admin'], roles['manager']).implies['name'] == 'manager'
    assert len(keystone.inference_rules.list_inference_roles()) >= 3
    user = keystone.users.create('kc', domain=domain)
    keystone.roles.grant(roles['reader'], user=user, domain=domain, os_inherit_extension_inherited=True)
    found = keystone.role_assignments.list(user=user, effective=True)
    assert [each.scope['project']['id'] for each in found] == [project.id]
    keystone.domains.update(domain, enabled=False)
    for manager, made in ((keystone.domains, domain), (keystone.services, service), (keystone.policies, policy),
                          (keystone.endpoint_groups, group)):
        manager.delete(made)


def test_the_sdk(site):  # noqa: F811
    identity = openstack.connection.Connection(session=site.session(), region_name='RegionOne').identity
    service = identity.create_service(name='sdk', type='x')
    registered = identity.create_registered_limit(service_id=service.id, resource_name='r', default_limit=3)
    project = identity.create_project(name='sdk')
    limit = identity.create_limit(project_id=project.id, service_id=service.id, resource_name='r', resource_limit=1)
    assert identity.get_limit(limit).resource_limit == 1 and len(list(identity.limits(project_id=project.id))) == 1
    assert identity.update_limit(limit, resource_limit=2).resource_limit == 2
    identity.delete_limit(limit)
    identity.delete_registered_limit(registered)
    domain = identity.create_domain(name='sdk')
    identity.create_domain_config(domain, identity={'driver': 'ldap'}, ldap={'url': 'ldap://x'})
    assert identity.get_domain_config(domain).ldap.url == 'ldap://x'
    identity.delete_domain_config(domain)
    identity.update_domain(domain, is_enabled=False)
    for delete, made in ((identity.delete_domain, domain), (identity.delete_project, project),
                         (identity.delete_service, service)):
        delete(made)
