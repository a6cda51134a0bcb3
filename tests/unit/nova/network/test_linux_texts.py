"""What the Linux driver and the firewall hand to nft and dnsmasq: looked at, not run (see tests/functional)."""
import types
import uuid

import pytest

from essex.exception import ConfigError
from nova.exception import FirewallError
from nova.network import commands, driver, firewall, nftables
from nova.network.driver import FloatingNat, NetworkSpec
from nova.network.fake import FakeDriver
from nova.network.linux import LinuxDriver, nat
from nova.network.linux.dnsmasq import Dnsmasq

UUID = '6f1c9e0e-6c1d-4a5b-9df3-0a8b6c1d2e3f'
SPEC = NetworkSpec('a', 'private', '10.0.0.0/24', '10.0.0.1', '10.0.0.1', '10.0.0.2', 'br100')


def vif(**values):
    return {'id': str(uuid.uuid4()), 'address': 'fa:16:3e:00:00:01', 'devname': 'tap01234567890',
            'network': {'dhcp_server': '10.0.0.1', 'cidr': '10.0.0.0/24'},
            'fixed_ips': [{'address': '10.0.0.2', 'version': 4, 'floating_ips': []}], **values}


def rule(protocol, low, high, cidr):
    return {'protocol': protocol, 'from_port': low, 'to_port': high, 'cidr': cidr}


@pytest.fixture
def scripts(conf, monkeypatch):
    """The scripts the firewall applied."""
    applied = []
    monkeypatch.setattr(nftables, 'apply', lambda lines: applied.append('\n'.join(lines)))
    monkeypatch.setattr(nftables, 'objects', lambda table, kinds: [])
    monkeypatch.setattr(firewall, '_have_bridge_netfilter', lambda: None)
    return applied


def apply(rules=(), cards=None):
    firewall.Firewall().apply(types.SimpleNamespace(uuid=UUID), [vif()] if cards is None else cards,
                              {'rules': list(rules)})


@pytest.mark.parametrize('rules, expected', [
    ([rule('tcp', 22, 22, '0.0.0.0/0')], 'tcp dport 22 accept'),
    ([rule('TCP', 80, 90, '192.0.2.0/24')], 'ip saddr { 192.0.2.0/24 } tcp dport 80-90 accept'),
    ([rule('udp', 1, 65535, '10.0.0.0/8')], 'ip saddr { 10.0.0.0/8 } ip protocol udp accept'),
    ([rule('icmp', -1, -1, None)], 'ip protocol icmp accept'),
    ([rule('icmp', 8, 0, '10.0.0.5/32')], 'ip saddr { 10.0.0.5/32 } ip protocol icmp icmp type 8 icmp code 0 accept'),
    ([rule(None, None, None, '0.0.0.0/0')], 'ip version 4 accept'),
    ([rule(None, None, None, '10.0.0.4/32'), rule(None, None, None, '10.0.0.5/32')], 'ip saddr { 10.0.0.4/31 } accept'),
    ([rule('tcp', 1, 2, '10.0.0.0/8'), rule('tcp', 1, 2, '10.1.0.0/16')],
     'ip saddr { 10.0.0.0/8 } tcp dport 1-2 accept')])
def test_rules(scripts, rules, expected):
    apply(rules)
    assert f'add rule ip essex_nova_guests groups-{UUID} {expected}' in scripts[0].splitlines()


def test_rules_for_ipv6_open_nothing(scripts):
    apply([rule('tcp', 22, 22, '::/0')])
    assert 'dport 22' not in scripts[0]


def test_what_is_not_let_in_is_dropped(scripts):
    apply([rule('tcp', 22, 22, '0.0.0.0/0')])
    chain = [line for line in scripts[0].splitlines() if f'add rule ip essex_nova_guests groups-{UUID}' in line]
    assert chain[-1].endswith(' drop') and 'dport 22' in chain[-2]


def test_a_card_without_an_address_may_only_ask_for_one(scripts):
    apply(cards=[vif(fixed_ips=[])])
    assert 'groups-' not in scripts[0] and 'ip saddr 0.0.0.0 ip daddr 255.255.255.255' in scripts[0]


@pytest.mark.parametrize('wrong', [
    {'devname': 'tap"; drop'}, {'address': 'fa:16:3e:00:00:01; accept'}, {'devname': ''},
    {'fixed_ips': [{'address': '10.0.0.2 accept', 'version': 4}]}])
def test_nothing_but_addresses_and_names_gets_into_a_script(scripts, wrong):
    with pytest.raises(FirewallError):
        apply(cards=[vif(**wrong)])
    assert scripts == []


@pytest.mark.parametrize('wrong', [rule('sctp', 1, 2, None), rule('tcp', 1, 'x', None), rule('tcp', 1, 2, 'x')])
def test_a_rule_that_makes_no_sense_is_an_error_not_a_hole(scripts, wrong):
    with pytest.raises(FirewallError):
        apply([wrong])


def test_a_failing_nft_is_told_as_what_it_is(scripts, conf, monkeypatch):
    def fail(lines):
        raise commands.CommandFailed('nft: no such thing')
    monkeypatch.setattr(nftables, 'apply', fail)
    conf.set('host', 'node9')
    with pytest.raises(FirewallError) as error:
        apply()
    assert 'node9' in str(error.value) and 'no such thing' in str(error.value)


def test_the_same_net_may_be_let_in(scripts, conf):
    conf.set('allow_same_net_traffic', True)
    apply()
    assert f'add rule ip essex_nova_guests groups-{UUID} ip saddr 10.0.0.0/24 accept' in scripts[0]


def test_nat(conf):
    conf.set('metadata_host', '127.0.0.1')
    text = '\n'.join(nat.script([SPEC], [FloatingNat('192.0.2.1', '10.0.0.2'), FloatingNat('192.0.2.2', '10.0.0.2')]))
    assert 'iifname "br100" ip daddr 169.254.169.254 tcp dport 80 dnat to 10.0.0.1:8775' in text
    assert '{ 192.0.2.1 : 10.0.0.2, 192.0.2.2 : 10.0.0.2 }' in text and '{ 10.0.0.2 : 192.0.2.1 }' in text
    assert text.rstrip('}\n ').endswith('ip saddr { 10.0.0.0/24 } masquerade')


def test_a_metadata_service_elsewhere_sees_fixed_addresses(conf):
    conf.set('metadata_host', '198.51.100.5')
    conf.set('metadata_port', 80)
    conf.set('routing_source_ip', '198.51.100.9')
    conf.set('dmz_cidr', ['10.128.0.0/24'])
    text = '\n'.join(nat.script([SPEC], []))
    assert 'dnat to 198.51.100.5:80' in text and 'daddr { 10.128.0.0/24, 198.51.100.5 } accept' in text
    assert 'snat to 198.51.100.9' in text and 'masquerade' not in text


def test_no_networks_no_translation(conf):
    assert 'saddr {' not in '\n'.join(nat.script([], []))


def test_settings_of_dnsmasq(conf):
    text = Dnsmasq(NetworkSpec('a', 'x', '10.0.0.0/24', '10.0.0.254', '10.0.0.1', '10.0.0.2', 'br5',
                               dns=('192.0.2.53',), mtu=1400))._config_text().splitlines()
    for line in ('interface=br5', 'bind-interfaces', 'dhcp-range=10.0.0.2,static,255.255.255.0,86400s',
                 'dhcp-option=option:router,10.0.0.254', 'dhcp-option-force=option:mtu,1400', 'server=192.0.2.53',
                 'no-resolv', 'domain=novalocal', 'dhcp-lease-max=256'):
        assert line in text


def test_a_hostname_that_is_none_is_left_out(conf):
    hosts = [('fa:16:3e:00:00:01', 'web-1', '10.0.0.2'), ('fa:16:3e:00:00:02', 'a\nb,c', '10.0.0.3'),
             ('fa:16:3e:00:00:03', '', '10.0.0.4')]
    assert Dnsmasq(SPEC)._hosts_text(hosts) == (
        'fa:16:3e:00:00:01,web-1,10.0.0.2\nfa:16:3e:00:00:02,10.0.0.3\nfa:16:3e:00:00:03,10.0.0.4\n')


def test_drivers_by_name(conf):
    assert isinstance(driver.load('linux'), LinuxDriver) and isinstance(driver.load('fake'), FakeDriver)
    with pytest.raises(ConfigError, match='nothing'):
        driver.load('nothing')
    conf.set('firewall_driver', 'fake')
    assert isinstance(firewall.load(), firewall.FakeFirewall)
    conf.set('firewall_driver', 'nothing')
    with pytest.raises(ConfigError):
        firewall.load()


def test_an_ordinary_user_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr('os.geteuid', lambda: 1000)
    with pytest.raises(ConfigError, match='network_driver = fake'):
        LinuxDriver().check()


def test_missing_programs_are_named_with_their_packages():
    commands.require({'true': 'coreutils'})
    with pytest.raises(ConfigError, match='apt-get install a-package'):
        commands.require({'no-such-program': 'a-package'})


@pytest.mark.parametrize('text', ['{"nftables": []}', '{"nftables": []}\n{"nftables": [{"map": {"table": "t"}}]}\n'])
def test_the_answers_of_nft(monkeypatch, text):
    monkeypatch.setattr(commands, 'run', lambda *argv, **options: text)
    assert len(nftables.objects('t', ('maps', 'chains'))) == text.count('map')
