import pytest

from swift.cmd import account_info, container_info
from tests.fixtures.swift_db import Nodes

AT = '1500000000.00000'


@pytest.fixture
def container(tmp_path):
    with Nodes(tmp_path, 'container', count=3, replicas=2, policies=(0, 1)) as nodes:
        broker = nodes.broker('d1', 'AUTH_a', 'photos', policy=1)
        broker.put_object('o', AT, 5, 't', 'e', 0, 1)
        broker.commit_pending()
        broker.update_metadata({'X-Container-Meta-Color': ('blue', AT), 'X-Container-Sysmeta-Secret': ('s', AT),
                                'X-Container-Read': ('.r:*', AT), 'X-Container-Meta-Gone': ('', AT)})
        yield nodes, broker


def test_a_container_tells_what_an_operator_asks(container, capsys):
    nodes, broker = container
    assert container_info.main([broker.path, '-d', nodes.swift_dir]) == 0
    shown = capsys.readouterr().out
    for text in ('Path: /AUTH_a/photos\n', 'Deleted: False', 'Object Count: 1\n', 'Bytes Used: 5\n',
                 'Storage Policy: policy-1 (1)', "User Metadata: {'X-Container-Meta-Color': 'blue'}",
                 "System Metadata: {'X-Container-Sysmeta-Secret': 's'}", 'X-Container-Read: .r:*',
                 f'UUID: {broker.get_info()["id"]}', 'curl -g -I -XHEAD "http://127.0.0.1:', 'ssh 127.0.0.1 '):
        assert text in shown


def test_prefixes_can_be_dropped(container, capsys):
    nodes, broker = container
    container_info.main([broker.path, '-d', nodes.swift_dir, '--drop-prefixes'])
    assert "User Metadata: {'Color': 'blue'}" in capsys.readouterr().out


def test_without_swift_conf_it_says_what_it_can(container, capsys):
    _, broker = container
    assert container_info.main([broker.path, '-d', '/nowhere']) == 0
    assert 'Storage Policy: unknown (1)' in capsys.readouterr().out


def test_a_broken_file_stays_where_it_is(container, capsys):
    _, broker = container
    broker.forget()
    with open(broker.path, 'r+b') as file:
        file.write(b'x' * 100)
    assert container_info.main([broker.path]) == 1
    assert 'file is not a database' in capsys.readouterr().err and broker.exists()
    assert container_info.main(['/nowhere.db']) == 1


def test_an_account_tells_as_much(tmp_path, capsys):
    with Nodes(tmp_path, 'account', count=1, replicas=1) as nodes:
        broker = nodes.broker('d1', 'AUTH_a')
        broker.put_container('c', AT, '0', 3, 4, 0)
        broker.commit_pending()
        assert account_info.main([broker.path, '-d', nodes.swift_dir]) == 0
    shown = capsys.readouterr().out
    assert 'Account: AUTH_a' in shown and 'Container Count: 1' in shown and 'No user metadata found' in shown
