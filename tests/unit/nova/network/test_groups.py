"""Security groups: rules that mean something, owners, and who is told of a change."""
import pytest

from nova import exception
from nova.compute import quota
from nova.db import security_groups
from nova.network import allocation
from nova.network.api import API
from nova.network.security import rules_for
from tests.unit.nova.network.cast import ADMIN, OWNER, STRANGER, add_network, add_server, delete_row


@pytest.fixture
def api(told):
    return API()


@pytest.fixture
def web(api):
    return api.create_security_group(OWNER, 'web', 'servers of pages')


def test_default_is_there_on_first_use_and_stays(api):
    groups = api.list_security_groups(OWNER)
    assert [(group.name, group.description, group.rules) for group in groups] == [('default', 'default', [])]
    assert api.list_security_groups(OWNER)[0].id == groups[0].id
    with pytest.raises(exception.SecurityGroupInUse):
        api.delete_security_group(OWNER, groups[0].id)
    with pytest.raises(exception.InvalidSecurityGroup):
        api.update_security_group(OWNER, groups[0].id, 'mine', '')


def test_names_are_unique_in_a_project_alone(api, web):
    with pytest.raises(exception.SecurityGroupExists):
        api.create_security_group(OWNER, ' web ', '')
    with pytest.raises(exception.SecurityGroupExists):
        api.create_security_group(STRANGER, 'default')
    assert api.create_security_group(STRANGER, 'web').id != web.id
    assert [(group.project_id, group.name) for group in api.list_security_groups(ADMIN, all_projects=True)] == [
        ('p0', 'default'), ('p1', 'default'), ('p1', 'web'), ('p2', 'default'), ('p2', 'web')]
    assert {group.project_id for group in api.list_security_groups(OWNER, all_projects=True)} == {'p1'}


@pytest.mark.parametrize('name', ['', '   ', 'x' * 256, None, 5])
def test_names_that_are_none(api, name):
    with pytest.raises(exception.InvalidSecurityGroup):
        api.create_security_group(OWNER, name, 'x')


def test_a_strangers_group_is_not_found(api, web):
    rule = api.create_rule(OWNER, web.id, 'tcp', 22, 22)
    for call in (lambda: api.get_security_group(STRANGER, web.id),
                 lambda: api.delete_security_group(STRANGER, web.uuid),
                 lambda: api.update_security_group(STRANGER, web.id, 'x', 'y'),
                 lambda: api.create_rule(STRANGER, web.id, 'tcp', 1, 2),
                 lambda: api.create_rule(STRANGER, api.list_security_groups(STRANGER)[0].id, 'tcp', 1, 2,
                                         group_id=web.id)):
        with pytest.raises(exception.SecurityGroupNotFound):
            call()
    with pytest.raises(exception.SecurityGroupRuleNotFound):
        api.delete_rule(STRANGER, rule.id)
    assert api.get_security_group(ADMIN, web.id).name == 'web'


def test_quotas(api, web):
    quota.set_limits('p1', {'security_groups': 2, 'security_group_rules': 1})
    with pytest.raises(exception.QuotaExceeded):
        api.create_security_group(OWNER, 'third')
    api.create_rule(OWNER, web.id, 'tcp', 1, 1)
    with pytest.raises(exception.QuotaExceeded):
        api.create_rule(OWNER, web.id, 'tcp', 2, 2)


@pytest.mark.parametrize('protocol, low, high, cidr', [
    ('sctp', 1, 2, None), (None, 1, 2, None), ('', None, None, '10.0.0.0/8'), ('tcp', 0, 5, None), ('tcp', 5, 4, None),
    ('tcp', 1, 65536, None), ('udp', -1, -1, None), ('tcp', None, None, None), ('tcp', 22, None, None),
    ('icmp', -2, 0, None), ('icmp', 0, 256, None), ('tcp', 'x', 5, None), ('tcp', True, 5, None), ('tcp', 1.5, 5, None),
    ('tcp', 1, 2, '10.0.0.0/33'), ('tcp', 1, 2, 'nonsense'), (7, 1, 2, None)])
def test_rules_that_mean_nothing(api, web, protocol, low, high, cidr):
    with pytest.raises(exception.InvalidSecurityGroup):
        api.create_rule(OWNER, web.id, protocol, low, high, cidr)


def test_rules_by_address(api, web):
    rule = api.create_rule(OWNER, web.id, 'TCP', '80', '443')
    assert (rule.protocol, rule.from_port, rule.to_port, rule.cidr) == ('TCP', 80, 443, '0.0.0.0/0')
    assert api.create_rule(OWNER, web.id, 'icmp', -1, -1, '10.1.2.3/16').cidr == '10.1.0.0/16'
    for protocol, cidr in (('tcp', None), ('tcp', '0.0.0.0/0')):
        with pytest.raises(exception.SecurityGroupRuleExists):
            api.create_rule(OWNER, web.id, protocol, 80, 443, cidr)
    assert len(api.get_security_group(OWNER, web.uuid).rules) == 2
    api.delete_rule(OWNER, rule.id)
    with pytest.raises(exception.SecurityGroupRuleNotFound):
        api.delete_rule(OWNER, rule.id)


def test_rules_by_group(api, web):
    def shape(rule):
        return rule.protocol, rule.from_port, rule.to_port, rule.cidr, rule.group_id
    assert shape(api.create_rule(OWNER, web.id, None, None, None, group_id=web.id)) == (None, None, None, None, web.id)
    assert shape(api.create_rule(OWNER, web.id, 'icmp', None, None, group_id=web.id)) == ('icmp', -1, -1, None, web.id)
    assert shape(api.create_rule(OWNER, web.id, 'udp', None, None, group_id=web.id)) == ('udp', 1, 65535, None, web.id)
    assert shape(api.create_rule(OWNER, web.id, 'tcp', 5, 6, group_id=web.id)) == ('tcp', 5, 6, None, web.id)
    with pytest.raises(exception.SecurityGroupRuleExists):
        api.create_rule(OWNER, web.id, 'tcp', 5, 6, group_id=web.id)
    with pytest.raises(exception.InvalidSecurityGroup):
        api.create_rule(OWNER, web.id, 'tcp', 5, 6, '10.0.0.0/8', web.id)
    with pytest.raises(exception.SecurityGroupNotFound):
        api.create_rule(OWNER, web.id, 'tcp', 5, 6, group_id=4711)
    assert api.groups_in_rules([api.get_security_group(OWNER, web.id)])[web.id].name == 'web'


def test_membership(api, web, told):
    server = add_server(host='node7')
    api.add_group_to_server(OWNER, server, 'web')
    assert told.take_filters() == {'node7': [server.uuid]}
    with pytest.raises(exception.SecurityGroupMemberExists):
        api.add_group_to_server(OWNER, server, 'web')
    with pytest.raises(exception.SecurityGroupNotFound):
        api.add_group_to_server(OWNER, server, 'nothing')
    assert [group.name for group in api.groups_of_server(OWNER, server.uuid)] == ['web']
    assert api.group_names([server.uuid, 'other']) == {server.uuid: ['web'], 'other': []}
    with pytest.raises(exception.SecurityGroupInUse):
        api.delete_security_group(OWNER, web.id)
    api.remove_group_from_server(OWNER, server, web.uuid)
    assert told.take_filters() == {'node7': [server.uuid]}
    with pytest.raises(exception.SecurityGroupMemberNotFound):
        api.remove_group_from_server(OWNER, server, 'web')


def test_a_deleted_member_does_not_hold_a_group(api, web):
    server = add_server()
    security_groups.add_members(server.uuid, [web.id])
    delete_row(server)
    api.delete_security_group(OWNER, web.id)
    with pytest.raises(exception.SecurityGroupNotFound):
        api.get_security_group(OWNER, web.id)


def test_groups_of_a_new_server_by_name(api, web):
    rows = security_groups.by_names(OWNER, ['web', 'default', web.uuid, 'web'])
    assert [row.name for row in rows] == ['web', 'default']
    with pytest.raises(exception.SecurityGroupNotFound):
        security_groups.by_names(STRANGER, ['web'])


def test_every_host_that_filters_by_a_changed_group_is_told(api, web, told):
    backend = api.create_security_group(OWNER, 'backend')
    front, back = add_server('front', host='node1'), add_server('back', host='node2')
    security_groups.add_members(front.uuid, [web.id])
    security_groups.add_members(back.uuid, [backend.id])
    api.create_rule(OWNER, web.id, 'tcp', 80, 80)
    assert told.take_filters() == {'node1': [front.uuid]}
    rule = api.create_rule(OWNER, backend.id, 'tcp', 5432, 5432, group_id=web.id)
    assert told.take_filters() == {'node2': [back.uuid]}
    third = add_server('third', host='node3')
    api.add_group_to_server(OWNER, third, 'web')
    assert told.take_filters() == {'node2': [back.uuid], 'node3': [third.uuid]}
    api.delete_rule(OWNER, rule.id)
    assert told.take_filters() == {'node2': [back.uuid]}


def test_what_the_firewall_lets_in(api, web):
    add_network()
    one, two = add_server('one'), add_server('two')
    for server in (one, two):
        allocation.allocate(server.uuid, 'node1')
        security_groups.add_members(server.uuid, [web.id])
    api.create_rule(OWNER, web.id, 'TCP', 22, 22, '192.0.2.0/24')
    api.create_rule(OWNER, web.id, None, None, None, group_id=web.id)
    everything = {'protocol': None, 'from_port': None, 'to_port': None}
    assert rules_for(one.uuid) == {'rules': [
        {'protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '192.0.2.0/24'},
        {**everything, 'cidr': '10.0.0.2/32'}, {**everything, 'cidr': '10.0.0.3/32'}]}
    allocation.deallocate(two.uuid)
    assert len(rules_for(one.uuid)['rules']) == 2
    assert rules_for('unknown') == {'rules': []}
