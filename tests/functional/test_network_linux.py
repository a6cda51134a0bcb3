"""nova-network, the firewall and the metadata service for real: bridges, DHCP, filters and NAT between network
namespaces. Guests are namespaces whose interface is plugged into the bridge under the name of their tap device.
"""
import contextlib
import json
import os
import shutil
import subprocess
import threading

import pytest
from sqlalchemy import select

from essex import db
from nova.db import fixed_ips, floating_ips, security_groups
from nova.db.models import Network
from tests.functional.network_lab import Agent, AgentDied, Guest, Namespace, eventually
from tests.unit.nova.network.cast import OWNER, add_network, add_server, delete_row

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope='module', autouse=True)
def requirements():
    assert os.geteuid() == 0, 'only root can make network namespaces'
    missing = [command for command in ('ip', 'nft', 'dnsmasq', 'busybox', 'curl') if not shutil.which(command)]
    assert not missing, f'{", ".join(missing)}: install iproute2, nftables, dnsmasq-base, busybox-static, curl'


class Lab:
    """A host that runs the agent, an outside joined to it, and the guests."""

    def __init__(self, url, directory):
        self.directory = directory
        self.host, self.outside = Namespace('host'), Namespace('out')
        self.host.run('ip', 'link', 'add', 'pub0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', self.outside.name)
        self.host.run('ip', 'addr', 'add', '198.51.100.1/24', 'dev', 'pub0')
        self.host.run('ip', 'link', 'set', 'pub0', 'up')
        self.outside.run('ip', 'addr', 'add', '198.51.100.99/24', 'dev', 'eth0')
        self.outside.run('ip', 'link', 'set', 'eth0', 'up')
        config = os.path.join(directory, 'nova.conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(f'[DEFAULT]\nhost = node1\nstate_path = {directory}\nnetwork_driver = linux\n'
                       'public_interface = pub0\nnetwork_sweep_interval = 0\nnetwork_reconcile_interval = 0\n'
                       f'dhcp_lease_time = 3600\n[database]\nconnection = {url}\n')
        self.log = os.path.join(directory, 'agent.log')
        self.agent = Agent(self.host, ['--config-file', config], self.log)
        self.guests = []

    def boot(self, name, groups=('default',), plug=True, project='p1'):
        """A server as nova-compute would start it: addresses, filter, then the guest; returns it."""
        row = add_server(name, project=project)
        if project == OWNER.project_id:
            security_groups.add_members(row.uuid, [group.id for group in security_groups.by_names(OWNER, groups)])
        info = self.agent.call('manager.allocate_for_instance', instance_uuid=row.uuid, compute_host='node1')
        self.agent.call('firewall.apply', uuid=row.uuid, network_info=info)
        guest = Guest(name, self.host, info[0], self.directory)
        self.agent.call('firewall.plugged', network_info=info)
        guest.row, guest.uuid, guest.info = row, row.uuid, info
        self.guests.append(guest)
        if plug:
            lease = guest.dhcp()
            assert lease and lease['address'] == guest.address
        return guest

    def refilter(self, *guests):
        """What refresh_security does on the compute host."""
        for guest in guests:
            self.agent.call('firewall.apply', uuid=guest.uuid, network_info=guest.info)

    def allow(self, group, protocol, low, high, *guests, **source):
        rule = self.agent.call('api.create_rule', parent_group_id=group.id, ip_protocol=protocol, from_port=low,
                               to_port=high, **source)
        self.refilter(*guests)
        return int(rule.split('id=')[1].split('>')[0].split(',')[0])

    def destroy(self, guest):
        guest.close()
        self.guests.remove(guest)
        self.agent.call('firewall.remove', uuid=guest.uuid)
        self.agent.call('manager.deallocate_for_instance', instance_uuid=guest.uuid)
        delete_row(guest.row)

    def ruleset(self):
        return self.host.run('nft', 'list', 'ruleset').stdout

    def interfaces(self):
        """[(name, its bridge, whether it is up, addresses)] of the host; not what the kernel does in its own time."""
        return [(each['ifname'], each.get('master'), 'UP' in each['flags'],
                 [(address['local'], address['prefixlen']) for address in each['addr_info']
                  if (address['family'], address['scope']) != ('inet6', 'link')])
                for each in json.loads(self.host.run('ip', '-json', 'addr').stdout)]

    def close(self):
        for namespace in (*self.guests, self.host, self.outside):
            namespace.close()


@pytest.fixture
def lab(database, tmp_path):
    # Readable for nobody, as a state directory in /var/lib is: dnsmasq gives its rights away.
    url = database('nova')
    add_network()
    lab = Lab(url, str(tmp_path))
    try:
        lab.agent.start()
        yield lab
    finally:
        lab.close()


def default_group():
    return security_groups.ensure_default('p1', 'owner')


def test_a_guest_gets_its_address_and_reaches_the_outside(lab):
    guest = lab.boot('web-1', plug=False)
    lease = guest.dhcp()
    assert lease['address'] == '10.0.0.2' and lease['router'] == lease['server'] == '10.0.0.1'
    assert (lease['domain'], lease['lease']) == ('novalocal', '3600')
    assert guest.pings('10.0.0.1')
    lab.outside.serve(80, 'outside')
    # Masqueraded: the outside sees the host.
    assert guest.get('http://198.51.100.99/') == 'outside 198.51.100.1'
    assert 'web-1.novalocal' in guest.run('busybox', 'nslookup', 'web-1.novalocal', '10.0.0.1', check=False).stdout


def test_nobody_else_is_given_an_address(lab):
    guest = lab.boot('one', plug=False)
    lab.agent.call('firewall.remove', uuid=guest.uuid)
    guest.run('ip', 'link', 'set', 'eth0', 'address', 'fa:16:3e:00:00:01')
    assert guest.dhcp(tries=2) is None


def test_an_address_can_be_had_by_the_next_server_at_once(lab):
    first = lab.boot('first')
    lab.destroy(first)
    second = lab.boot('second', plug=False)
    assert second.address == first.address and second.mac != first.mac
    assert second.dhcp(tries=3)['address'] == first.address


def test_spoofed_traffic_goes_nowhere(lab):
    group = default_group()
    one, two = lab.boot('one'), lab.boot('two')
    lab.allow(group, 'icmp', -1, -1, one, two)
    assert one.pings(two.address) and two.pings(one.address)
    # Another's address.
    one.set_address('10.0.0.77')
    assert not one.pings('10.0.0.1') and not one.pings(two.address)
    neighbours = lab.host.run('ip', 'neigh', 'show', 'dev', 'br100').stdout + two.run('ip', 'neigh').stdout
    assert '10.0.0.77' not in neighbours
    # The gateway's address, by ARP.
    one.set_address('10.0.0.1')
    one.run('busybox', 'arping', '-U', '-c', 2, '-I', 'eth0', '10.0.0.1', check=False)
    assert f'10.0.0.1 dev eth0 lladdr {one.mac}' not in two.run('ip', 'neigh').stdout
    # Another card.
    one.set_address(one.address)
    assert one.pings('10.0.0.1')
    one.run('ip', 'link', 'set', 'eth0', 'address', 'fa:16:3e:7f:ff:ff')
    one.run('ip', 'neigh', 'flush', 'all')
    one.set_address(one.address)
    assert not one.pings('10.0.0.1')
    one.run('ip', 'link', 'set', 'eth0', 'address', one.mac)
    one.set_address(one.address)
    assert eventually(lambda: one.pings('10.0.0.1'))
    # It is the filter that did this.
    lab.agent.call('firewall.remove', uuid=one.uuid)
    one.set_address('10.0.0.77')
    assert one.pings('10.0.0.1')


def test_ipv6_and_foreign_protocols_do_not_pass(lab):
    one, two = lab.boot('one'), lab.boot('two')
    lab.allow(default_group(), 'icmp', -1, -1, one, two)
    for guest, number in ((one, 1), (two, 2)):
        guest.run('ip', 'addr', 'add', f'fd00::{number}/64', 'dev', 'eth0', 'nodad')
    assert not two.pings('fd00::1') and not one.pings('fd00::2')
    assert one.pings(two.address)
    for guest in (one, two):
        lab.agent.call('firewall.remove', uuid=guest.uuid)
    assert eventually(lambda: two.pings('fd00::1'))


def test_a_guest_is_no_dhcp_server(lab):
    one, two = lab.boot('one'), lab.boot('two', plug=False)
    config = os.path.join(lab.directory, 'evil.conf')
    with open(config, 'w', encoding='utf-8') as file:
        file.write(f'start 10.0.0.200\nend 10.0.0.210\ninterface eth0\nlease_file {lab.directory}/evil.leases\n'
                   'option subnet 255.255.255.0\noption router 10.0.0.2\n')
    open(f'{lab.directory}/evil.leases', 'w', encoding='utf-8').close()
    one.start('busybox', 'udhcpd', '-f', config, stderr=subprocess.DEVNULL)
    # The true one is away: any answer would be the other's.
    os.kill(_pid_of_dnsmasq(lab), 9)
    assert two.dhcp(tries=3) is None
    for guest in (one, two):
        lab.agent.call('firewall.remove', uuid=guest.uuid)
    assert 200 <= int(two.dhcp(tries=5)['address'].rsplit('.', 1)[1]) <= 210


def test_security_groups_open_and_close_while_traffic_flows(lab):
    group = default_group()
    one, two = lab.boot('one'), lab.boot('two')
    two.serve(80, 'two')
    page = f'http://{two.address}/'
    # From another guest of the same bridge, and from the host itself.
    assert one.get(page) is None and lab.host.get(page) is None and not one.pings(two.address)
    rule = lab.allow(group, 'tcp', 80, 80, two)
    assert one.get(page) == f'two {one.address}' and lab.host.get(page) == 'two 10.0.0.1'
    assert not one.pings(two.address)
    # A connection that is open when the rule goes is cut off.
    client = one.start(
        'python3', '-c', 'import http.client,sys,time\n'
        f'c = http.client.HTTPConnection("{two.address}", 80, timeout=2)\n'
        'while True:\n    c.request("GET", "/"); c.getresponse().read(); print("ok", flush=True); time.sleep(0.1)\n',
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert client.stdout.readline() == 'ok\n'
    lab.agent.call('api.delete_rule', id_or_uuid=rule)
    lab.refilter(two)
    assert client.wait(15) != 0
    assert one.get(page) is None
    lab.allow(group, 'tcp', 79, 81, two, cidr=f'{one.address}/32')
    assert one.get(page) == f'two {one.address}' and lab.host.get(page) is None


def test_rules_by_group_follow_their_members(lab):
    group = default_group()
    one, two = lab.boot('one'), lab.boot('two')
    two.serve(80, 'two')
    lab.allow(group, None, None, None, one, two, group_id=group.id)
    assert one.get(f'http://{two.address}/') and one.pings(two.address)
    assert lab.host.get(f'http://{two.address}/') is None
    stranger = lab.boot('stranger', project='p2')
    assert stranger.get(f'http://{two.address}/') is None


def test_what_a_guest_begins_is_answered_whatever_the_groups_say(lab):
    one = lab.boot('one')
    lab.outside.serve(80, 'outside')
    assert one.get('http://198.51.100.99/') and one.pings('198.51.100.99')


def test_broadcasts_of_others_do_not_go_around_the_groups(lab):
    one, two = lab.boot('one'), lab.boot('two')
    listener = two.start('python3', '-c', 'import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n'
                         's.bind(("", 9999)); s.settimeout(2)\nprint("up", flush=True)\nprint(s.recv(9), flush=True)',
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert listener.stdout.readline() == 'up\n'
    one.run('python3', '-c', 'import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n'
            's.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)\n'
            'for a in ("10.0.0.255", "255.255.255.255"):\n    s.sendto(b"hello", (a, 9999))')
    assert listener.wait(10) != 0


def test_a_floating_address(lab):
    floating_ips.create(['198.51.100.7', '198.51.100.8'], 'nova')
    one, two = lab.boot('one'), lab.boot('two')
    lab.allow(default_group(), 'tcp', 80, 80, one, two)
    one.serve(80, 'one')
    two.serve(80, 'two')
    lab.outside.serve(80, 'outside')
    floating_ips.allocate('p1', 'nova')
    fixed = fixed_ips.of_instance(one.uuid)[0]
    floating_ips.associate('198.51.100.7', fixed.id, 'node1', 'p1')
    lab.agent.call('manager.apply_nat')
    page = 'http://198.51.100.7/'
    assert lab.outside.get(page) == 'one 198.51.100.99'
    # From within: another guest, the guest itself, the host.
    assert two.get(page).startswith('one ') and lab.host.get(page) and one.get(page)
    # Seen outside under it.
    assert one.get('http://198.51.100.99/') == 'outside 198.51.100.7'
    assert two.get('http://198.51.100.99/') == 'outside 198.51.100.1'
    # To another server: the neighbours are told, old connections end.
    floating_ips.disassociate('198.51.100.7')
    lab.agent.call('manager.apply_nat')
    assert lab.outside.get(page) is None
    assert '198.51.100.7' not in lab.host.run('ip', 'addr').stdout
    floating_ips.associate('198.51.100.7', fixed_ips.of_instance(two.uuid)[0].id, 'node1', 'p1')
    lab.agent.call('manager.apply_nat')
    assert lab.outside.get(page) == 'two 198.51.100.99'


def test_the_metadata_service_knows_who_asks(lab):
    one, two = lab.boot('one'), lab.boot('two')
    url = 'http://169.254.169.254/latest/meta-data/local-ipv4'
    assert one.get(url) == one.address and two.get(url) == two.address
    assert json.loads(one.get('http://169.254.169.254/openstack/latest/meta_data.json'))['uuid'] == one.uuid
    assert one.get(url, headers=[f'X-Forwarded-For: {two.address}']) == one.address
    # A guest that believes the address to be on its own segment.
    one.run('ip', 'route', 'add', '169.254.0.0/16', 'dev', 'eth0')
    assert one.get(url) == one.address
    # Somebody else's address is not even sent.
    two.run('ip', 'addr', 'add', f'{one.address}/24', 'dev', 'eth0')
    done = two.run('curl', '-s', '-m', '2', '--interface', one.address, url, check=False)
    assert done.returncode != 0 and two.get(url) == two.address
    lab.outside.run('ip', 'route', 'add', '169.254.169.254', 'via', '198.51.100.1')
    assert lab.outside.get(url) is None


def test_nothing_is_left_of_servers_that_go(lab):
    before = lab.ruleset()
    floating_ips.create(['198.51.100.7'], 'nova')
    guests = [lab.boot(f'guest{number}') for number in range(3)]
    floating_ips.allocate('p1', 'nova')
    floating_ips.associate('198.51.100.7', fixed_ips.of_instance(guests[0].uuid)[0].id, 'node1', 'p1')
    lab.agent.call('manager.apply_nat')
    assert lab.agent.call('firewall.leftovers') == sorted(guest.uuid for guest in guests)
    for guest in guests:
        lab.destroy(guest)
    assert lab.agent.call('firewall.leftovers') == []
    rules = lab.ruleset()
    assert before.strip() in rules and '10.0.0.2' not in rules and 'fa:16:3e' not in rules
    assert '198.51.100.7' not in lab.host.run('ip', 'addr').stdout
    with open(f'{lab.directory}/networks/nova-br100.hosts', encoding='utf-8') as file:
        assert file.read() == ''
    assert fixed_ips.list_all() == []


@pytest.mark.parametrize('point', ['network.allocate.after_database', 'network.deallocate.after_database'])
def test_killed_in_the_middle_it_is_right_after_the_next_start(lab, point):
    first = lab.boot('first')
    lab.agent.kill()
    lab.agent.start(ESSEX_FAILPOINTS=f'{point}=kill')
    if 'deallocate' in point:
        first.close()
        lab.guests.remove(first)
        with pytest.raises(AgentDied):
            lab.agent.call('manager.deallocate_for_instance', instance_uuid=first.uuid)
    else:
        row = add_server('second')
        with pytest.raises(AgentDied):
            lab.agent.call('manager.allocate_for_instance', instance_uuid=row.uuid, compute_host='node1')
    lab.agent.start()
    if 'deallocate' in point:
        assert first.address not in lab.ruleset().split('essex_nova_guests')[0]
        second = lab.boot('second', plug=False)
        assert second.address == first.address and second.dhcp(tries=3)
    else:
        info = lab.agent.call('manager.allocate_for_instance', instance_uuid=row.uuid, compute_host='node1')
        lab.agent.call('firewall.apply', uuid=row.uuid, network_info=info)
        guest = Guest('second', lab.host, info[0], lab.directory)
        lab.guests.append(guest)
        assert guest.dhcp(tries=3)['address'] == info[0]['fixed_ips'][0]['address']


def test_killed_at_random_moments_the_host_is_equal_to_the_database_afterwards(lab):
    floating_ips.create(['198.51.100.7'], 'nova')
    floating_ips.allocate('p1', 'nova')
    rows = [add_server(f'server{number}') for number in range(6)]
    for round_ in range(8):
        victim = threading.Timer(0.02 + 0.04 * round_, lab.agent.child.kill)
        victim.start()
        with contextlib.suppress(AgentDied, BrokenPipeError):
            for row in rows[round_ % 3::3]:
                lab.agent.call('manager.allocate_for_instance', instance_uuid=row.uuid, compute_host='node1')
            _toggle_floating(rows[round_ % 3])
            lab.agent.call('manager.apply_nat')
            for row in rows[(round_ + 1) % 3::3]:
                lab.agent.call('manager.deallocate_for_instance', instance_uuid=row.uuid)
        victim.join()
        lab.agent.child.wait(10)
        lab.agent.start()
        _check_equal(lab)


def _toggle_floating(row):
    floating_ips.disassociate('198.51.100.7')
    own = fixed_ips.of_instance(row.uuid)
    if own:
        floating_ips.associate('198.51.100.7', own[0].id, 'node1', 'p1')


def _check_equal(lab):
    with db.reader() as session:
        network_id = session.scalar(select(Network.id))
    with open(f'{lab.directory}/networks/nova-br100.hosts', encoding='utf-8') as file:
        assert [tuple(line.split(',')) for line in file.read().splitlines()] == fixed_ips.dhcp_hosts(network_id)
    nat = [(address, fixed) for address, fixed, _ in floating_ips.nat('node1')]
    assert ('198.51.100.7/32' in lab.host.run('ip', 'addr', 'show', 'dev', 'pub0').stdout) == bool(nat)
    assert all(f'{address} : {fixed}' in lab.ruleset() for address, fixed in nat)
    assert nat or '198.51.100.7' not in lab.ruleset()
    assert len([line for line in lab.host.run('ss', '-Hlun').stdout.splitlines() if ':67 ' in line]) == 1


def test_guests_do_not_notice_that_nova_network_is_away(lab):
    one = lab.boot('one')
    lab.outside.serve(80, 'outside')
    dnsmasq = _pid_of_dnsmasq(lab)
    lab.agent.kill()
    assert one.dhcp() and one.get('http://198.51.100.99/')
    lab.agent.start()
    assert _pid_of_dnsmasq(lab) == dnsmasq


def _pid_of_dnsmasq(lab):
    with open(f'{lab.directory}/networks/nova-br100.pid', encoding='utf-8') as file:
        return int(file.read())


def test_reconcile_repairs_whatever_was_broken(lab):
    one = lab.boot('one')
    lab.outside.serve(80, 'outside')
    os.kill(_pid_of_dnsmasq(lab), 9)
    lab.host.run('nft', 'flush', 'ruleset')
    lab.host.run('ip', 'addr', 'flush', 'dev', 'br100')
    lab.host.run('ip', 'link', 'set', 'br100', 'down')
    lab.agent.call('manager.reconcile')
    lab.refilter(one)
    assert eventually(one.dhcp) and one.get('http://198.51.100.99/')
    before = sorted(lab.ruleset().splitlines()), lab.interfaces()
    lab.agent.call('manager.reconcile')
    assert (sorted(lab.ruleset().splitlines()), lab.interfaces()) == before


def test_tables_of_others_are_left_alone(lab):
    lab.host.run('nft', 'add', 'table', 'ip', 'mine')
    lab.host.run('nft', 'add chain ip mine keep { type filter hook forward priority 0; policy accept; }')
    lab.boot('one')
    lab.agent.call('manager.reconcile')
    assert 'chain keep' in lab.ruleset()


def test_a_deleted_network_leaves_nothing(lab):
    lab.boot('one')
    lab.destroy(lab.guests[0])
    with db.reader() as session:
        network = session.scalar(select(Network.uuid))
    lab.agent.call('api.delete_network', uuid=network)
    assert eventually(lambda: 'br100' not in lab.host.run('ip', 'link').stdout)
    # The record goes last: whoever dies before that finds in it what is to be removed.
    assert eventually(lambda: not [name for name in os.listdir(f'{lab.directory}/networks')
                                   if name.startswith('nova-')])
    assert 'dnsmasq' not in lab.host.run('ss', '-Hlunp').stdout


def test_the_interface_of_the_network_is_put_into_the_bridge(database, tmp_path):
    url = database('nova')
    add_network('192.0.2.0/24', bridge='br7', bridge_interface='pub1', dhcp_server='192.0.2.1', gateway='192.0.2.1')
    lab = Lab(url, str(tmp_path))
    try:
        lab.host.run('ip', 'link', 'add', 'pub1', 'type', 'veth', 'peer', 'name', 'eth1', 'netns', lab.outside.name)
        lab.host.run('ip', 'addr', 'add', '203.0.113.2/24', 'dev', 'pub1')
        lab.host.run('ip', 'link', 'set', 'pub1', 'up')
        lab.host.run('ip', 'route', 'add', 'default', 'via', '203.0.113.1')
        lab.outside.run('ip', 'addr', 'add', '203.0.113.1/24', 'dev', 'eth1')
        lab.outside.run('ip', 'link', 'set', 'eth1', 'up')
        lab.agent.start()
        state = json.loads(lab.host.run('ip', '-json', 'addr', 'show', 'dev', 'br7').stdout)[0]
        addresses = [each['local'] for each in state['addr_info'] if each['family'] == 'inet']
        assert addresses == ['192.0.2.1', '203.0.113.2']
        assert 'default via 203.0.113.1 dev br7' in lab.host.run('ip', 'route').stdout
        assert eventually(lambda: lab.host.pings('203.0.113.1'))
        lab.agent.call('manager.reconcile')
        assert lab.host.pings('203.0.113.1')
    finally:
        lab.close()
