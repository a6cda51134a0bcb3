"""nova-manage: every command by place and by name, what it says when it cannot, and its exit status."""
import pytest

from essex import config
from essex.db import migration
from nova.cmd import manage
from nova.cmd.management import CATEGORIES
from nova.compute import quota
from nova.db import fixed_ips, flavors, networks, services
from tests.unit.nova.rows import host_up, server


@pytest.fixture
def run(nova_sqlite, monkeypatch, capsys):
    """run('flavor list') -> (exit status, standard output, standard error)."""
    monkeypatch.setattr(config, 'load', lambda *arguments, **more: config.CONF)

    def call(text):
        with pytest.raises(SystemExit) as ended:
            manage.main(text.split())
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err
    return call


def test_without_arguments_it_lists_and_ends_with_2(run):
    status, out, _err = run('')
    assert status == 2 and 'network create' in out and 'flavor | instance_type create' in out


@pytest.mark.parametrize(('category', 'action'), [(category, action) for category, commands in CATEGORIES.items()
                                                 for action in commands])
def test_every_action_has_help(run, category, action):
    status, out, _err = run(f'{category} {action} --help')
    assert status == 0 and CATEGORIES[category][action].help.split()[0] in out


def test_unique_beginnings_suffice(run):
    assert run('Flav Li')[0] == 0 and run('version')[0] == 0
    status, _out, err = run('f list')
    assert status == 2 and 'fixed' in err and 'floating' in err
    assert run('nonsense list')[0] == run('flavor nonsense')[0] == run('flavor')[0] == 2


def test_schema(run):
    newest = migration.newest('nova')
    assert run('db sync') == (0, f'database at version {newest}\n', '')
    assert run('db version') == (0, f'{newest}\n', '')


def test_flavors(run, alice):
    assert run('flavor create m1.tiny 64 1 2 --flavor 7')[0] == 0
    assert run('instance_type create --name big --memory 512 --cpu 2 --swap 5 --is_public false')[0] == 0
    assert flavors.get_for(alice, '7').root_gb == 2 and flavors.get_by_name('big').is_public is False
    out = run('flavor list')[1].splitlines()
    assert out[1].split()[:3] == ['m1.tiny', '7', '64'] and len(out) == 3
    assert run('flavor create m1.tiny 64 1 1')[0] == 2 and run('flavor create x many 1 1')[0] == 1
    assert run('flavor create x')[0] == 2
    assert run('flavor delete m1.tiny')[0] == 0 and run('flavor delete m1.tiny')[0] == 3
    assert 'big' in run('flavor list big')[1] and run('flavor list none')[0] == 3


def test_networks_and_addresses(run):
    assert run('network create private 10.0.0.0/24 --dns1 192.0.2.53')[0] == 0
    row, = networks.list_all()
    assert (row.label, row.cidr, row.dns1) == ('private', '10.0.0.0/24', '192.0.2.53')
    assert run('network create again 10.0.0.0/16')[0] == 2 and run('network create x nonsense')[0] == 1
    assert '10.0.0.0/24' in run('network list')[1]
    assert run('network modify 10.0.0.0/24 --project alpha --host node1')[0] == 0
    assert networks.get(row.uuid).project_id == 'alpha'
    assert run('network modify --fixed_range 10.0.0.0/24 --disassociate_project --disassociate_host')[0] == 0
    assert (networks.get(row.uuid).project_id, networks.get(row.uuid).host) == (None, None)
    assert run('fixed reserve 10.0.0.9')[0] == 0 and fixed_ips.by_address('10.0.0.9').reserved
    assert '10.0.0.9' in run('fixed list')[1]
    assert run('fixed unreserve 10.0.0.9')[0] == 0 and run('fixed unreserve 10.0.0.9')[0] == 3
    assert run('network delete')[0] == 3 and run(f'network delete --uuid {row.uuid}')[0] == 0


def test_floating_ranges_can_be_added_again(run):
    assert run('floating create 192.0.2.0/30')[1] == '2 floating addresses added\n'
    assert run('floating create 192.0.2.0/29 other')[1] == '4 floating addresses added\n'
    assert run('floating list')[1].count('192.0.2.') == 6
    assert run('floating delete 192.0.2.0/29')[0] == 0 and run('floating delete 192.0.2.0/29')[0] == 3
    assert run('floating create x')[0] == 1


def test_services_and_hosts(run):
    host_up('node1')
    out = run('service list')[1]
    assert 'nova-compute' in out and ':-)' in out and 'enabled' in out
    assert run('service disable node1 nova-compute --reason fan')[0] == 0
    assert services.get_by_host('node1', 'nova-compute').disabled_reason == 'fan'
    assert run('service enable --host node1 --service nova-compute')[0] == 0
    assert run('service enable node9 nova-compute')[0] == 3 and run('service describe_resource node1')[0] == 3
    assert run('host list')[1].split() == ['Host', 'Zone', 'node1', 'nova']
    server(display_name='mine')
    assert 'mine' in run('vm list')[1] and 'mine' not in run('vm list node9')[1]


def test_quotas(run):
    assert run('project quota alpha cores 30')[0] == 0 and quota.limits('alpha')['cores'] == 30
    status, out, _err = run('account quota --project alpha --key ram --value unlimited')
    assert status == 0 and 'unlimited' in out
    for bad in ('alpha cores', 'alpha cores many', 'alpha nonsense 5', 'alpha cores -2'):
        assert run(f'user quota {bad}')[0] in (1, 2)


def test_too_many_arguments(run):
    status, _out, err = run('db version 5')
    assert status == 2 and 'too many' in err
