"""Networks and the servers on them."""
import pytest

INDEX = '/project/networks/'


@pytest.fixture
def member(browse):
    return browse('member')


def test_the_list_takes_two_calls_however_many_servers(member, cloud):
    cloud.add_servers(20)
    cloud.calls.clear()
    [row] = member.get(INDEX).context['table'].rows
    assert row.data['servers'] == 20
    assert sorted(path for _, _, path, _ in cloud.calls) == ['/os-networks', '/servers/detail']


def test_a_network_shows_who_is_there(member, cloud):
    cloud.add_server('web <b>1</b>')
    [row] = member.get(INDEX).context['table'].rows
    page = member.get(f'{INDEX}{row.key}/')
    assert [each.title for each in page.context['table'].rows] == ['web <b>1</b>']
    assert 'web &lt;b&gt;1&lt;/b&gt;' in page.content.decode()


def test_there_is_no_other(member):
    assert member.get(f'{INDEX}nowhere/').status_code == 404


def test_a_stranger_sees_the_network_and_none_of_the_servers(browse, cloud):
    cloud.add_server('web')
    [row] = browse('stranger').get(INDEX).context['table'].rows
    assert row.data['servers'] == 0


def test_nobody(browse):
    assert browse('nobody').get(INDEX).status_code == 404
