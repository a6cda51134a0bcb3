"""Security groups and their rules."""
import pytest

INDEX = '/project/security_groups/'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


@pytest.fixture
def rules(member):
    """Address of the rules of a new group."""
    return member.post(INDEX + 'create/', {'name': 'web'}).url


def calls(cloud):
    return [(method, path) for method, _, path, _ in cloud.calls]


def test_the_list_takes_one_call(member, cloud):
    page = member.get(INDEX)
    assert 'default' in text(page)
    assert calls(cloud) == [('GET', '/os-security-groups')]


def test_default_can_be_neither_edited_nor_deleted(member):
    row = next(row for row in member.get(INDEX).context['table'].rows if row.title == 'default')
    assert [each.name for each in row.actions] == ['rules']


def test_a_new_group_leads_to_its_rules(member, rules, cloud):
    cloud.calls.clear()
    page = member.get(rules)
    assert 'This group lets nothing in.' in text(page)
    assert sorted(calls(cloud)) == [('GET', '/os-security-groups'), ('GET', rules.replace('/project/security_groups',
                                                                                        '/os-security-groups')[:-1])]


@pytest.mark.parametrize(('fields', 'said'), [
    ({'kind': 'ssh'}, 'tcp 22 from anywhere'),
    ({'kind': 'tcp', 'ports': '8000 - 8100', 'cidr': '192.0.2.9/24'}, 'tcp 8000-8100 from 192.0.2.0/24'),
    ({'kind': 'ping'}, 'icmp all types from anywhere'),
    ({'kind': 'all_udp', 'cidr': '10.0.0.0/8'}, 'udp all ports from 10.0.0.0/8')])
def test_rules_are_added_and_read_as_sentences(member, rules, fields, said):
    assert member.post(rules, fields).url == rules
    [row] = member.get(rules).context['table'].rows
    assert row.title == said


def test_from_a_group(member, rules):
    group = rules.rstrip('/').rsplit('/', 1)[1]
    member.post(rules, {'kind': 'https', 'group': group})
    assert [row.title for row in member.get(rules).context['table'].rows] == ['tcp 443 from group web']


@pytest.mark.parametrize(('fields', 'field'), [
    ({'kind': 'tcp', 'ports': ''}, 'ports'), ({'kind': 'tcp', 'ports': '0-80'}, 'ports'),
    ({'kind': 'tcp', 'ports': '90-80'}, 'ports'), ({'kind': 'udp', 'ports': '65536'}, 'ports'),
    ({'kind': 'icmp', 'ports': '8-256'}, 'ports'), ({'kind': 'tcp', 'ports': '²'}, 'ports'),
    ({'kind': 'ssh', 'cidr': '10.0.0.1.2'}, 'cidr'), ({'kind': 'ssh', 'cidr': '::/0'}, 'cidr'),
    ({'kind': 'nonsense'}, 'kind'), ({'kind': 'ssh', 'group': 'no-such'}, 'group')])
def test_what_cannot_be_is_said_at_the_field(member, rules, cloud, fields, field):
    answer = member.post(rules, fields)
    assert answer.status_code == 422
    assert field in answer.context['form'].errors
    assert not any(method == 'POST' and 'rules' in path for method, _, path, _ in cloud.calls)


def test_remove_a_rule(member, rules):
    member.post(rules, {'kind': 'ssh'})
    key = member.get(rules).context['table'].rows[0].key
    done = member.post(rules, {'table': 'rules', 'action': f'delete:{key}'}, follow=True)
    assert 'Removed: tcp 22 from anywhere' in text(done)
    assert done.context['table'].rows == []


def test_edit_and_delete(member, rules):
    group = rules.rstrip('/').rsplit('/', 1)[1]
    assert member.post(f'{INDEX}{group}/edit/', {'name': 'web2', 'description': 'all <b>of</b> it'}).url == INDEX
    page = text(member.get(INDEX))
    assert 'all &lt;b&gt;of&lt;/b&gt; it' in page
    member.post(INDEX, {'table': 'security_groups', 'action': f'delete:{group}', 'keys': group, 'confirmed': '1'})
    assert [row.title for row in member.get(INDEX).context['table'].rows] == ['default']


def test_a_stranger_does_not_find_it(browse, rules):
    stranger = browse('stranger')
    assert stranger.get(rules).status_code == 404
    assert stranger.post(rules, {'kind': 'ssh'}).status_code == 404
    assert 'web' not in [row.title for row in stranger.get(INDEX).context['table'].rows]


def test_nobody(browse, stranger_to_all):
    assert browse('nobody').get(INDEX).status_code == 404
    assert stranger_to_all.get(INDEX).status_code == 302
