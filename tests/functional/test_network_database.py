"""Fixed and floating addresses under real concurrency: nobody gets another's, on every database."""
import concurrent.futures
import os
import subprocess
import sys
import uuid

import pytest

from essex import db
from nova import exception
from nova.db import allocations, fixed_ips, floating_ips, security_groups, virtual_interfaces
from nova.network import allocation
from tests.unit.nova.network.cast import OWNER, add_network, add_server

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKERS, EACH = 8, 12

_CHILD = '''
import sys
from essex import concurrency
concurrency.patch()
from essex import config, db
from nova.network import allocation
config.CONF([], project='essex', default_config_files=[])
config.CONF.set_override('connection', sys.argv[1], 'database')
pool = concurrency.Pool(10)
for info in pool.imap(lambda each: allocation.allocate(each, 'node1'), sys.argv[2:]):
    print(info[0]['fixed_ips'][0]['address'])
'''


def test_processes_on_sqlite_get_different_addresses(database):
    url = database('nova')
    add_network()
    servers = [add_server(f'server{number}').uuid for number in range(30)]
    children = [subprocess.Popen([sys.executable, '-c', _CHILD, url, *servers[start::3]], cwd=ROOT, text=True,
                                 stdout=subprocess.PIPE) for start in range(3)]
    got = [line for child in children for line in child.communicate(timeout=120)[0].split()]
    assert len(got) == len(set(got)) == 30
    assert {row['address'] for row in fixed_ips.list_all()} == set(got)


class ServerContract:
    """The same on a database server, from native threads."""

    @pytest.fixture(autouse=True)
    def _database(self, request, database):
        server = request.getfixturevalue(self.server)
        database('nova', server.create_database(f'net_{uuid.uuid4().hex[:8]}'))
        self.network = add_network()

    @staticmethod
    def run(function, arguments):
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            return [future.result(60) for future in [pool.submit(function, each) for each in arguments]]

    def test_fixed_addresses(self):
        servers = [add_server(f'server{number}').uuid for number in range(WORKERS * EACH)]
        infos = self.run(lambda each: allocation.allocate(each, 'node1'), servers)
        addresses = [info[0]['fixed_ips'][0]['address'] for info in infos]
        assert len(set(addresses)) == len(servers)
        assert len({info[0]['address'] for info in infos}) == len(servers)
        # The lowest: a lost race skips a few at most.
        assert max(int(each.rsplit('.', 1)[1]) for each in addresses) <= len(servers) + 2 * WORKERS
        self.run(allocation.deallocate, servers)
        assert fixed_ips.list_all() == []

    def test_one_server_asked_for_at_once_by_several_gets_one_address(self):
        server = add_server().uuid
        infos = self.run(lambda each: allocation.allocate(each, 'node1'), [server] * 16)
        assert len({str(info) for info in infos}) == 1
        assert len(virtual_interfaces.of_instance(server)) == 1

    def test_one_address_wanted_by_several(self):
        def want(owner):
            try:
                return fixed_ips.allocate(self.network, owner, address='10.0.0.50').address
            except exception.FixedIpAlreadyInUse:
                return None
        assert sorted(filter(None, self.run(want, [str(uuid.uuid4()) for _ in range(16)]))) == ['10.0.0.50']

    def test_the_last_addresses_of_a_network(self):
        small = add_network('10.0.9.0/28', 'small', broadcast='10.0.9.15')

        def want(owner):
            try:
                return fixed_ips.allocate(small, owner).address
            except exception.NoMoreFixedIps:
                return None
        got = [each for each in self.run(want, [str(uuid.uuid4()) for _ in range(30)]) if each]
        assert sorted(got) == sorted(f'10.0.9.{number}' for number in range(2, 15))

    def test_floating_addresses(self):
        floating_ips.create([f'172.24.4.{number}' for number in range(1, 11)], 'nova')

        def want(project):
            try:
                return floating_ips.allocate(project, 'nova').address
            except exception.NoMoreFloatingIps:
                return None
        got = [each for each in self.run(want, [f'p{number}' for number in range(25)]) if each]
        assert len(got) == len(set(got)) == 10

    def test_one_floating_address_for_several_servers(self):
        floating_ips.create(['172.24.4.1'], 'nova')
        floating_ips.allocate('p1', 'nova')
        servers = [add_server().uuid for _ in range(8)]
        for server in servers:
            allocation.allocate(server, 'node1')

        def want(server):
            try:
                return floating_ips.associate('172.24.4.1', fixed_ips.of_instance(server)[0].id, 'node1', 'p1')
            except exception.FloatingIpAssociated:
                return False
        assert sorted(self.run(want, servers)) == [False] * 7 + [True]

    def test_the_group_default_is_made_once(self):
        self.run(lambda _: security_groups.ensure_default('p1', 'owner'), range(16))
        assert len(security_groups.list_for(OWNER)) == 1

    def test_equal_rules_added_at_once(self):
        group = security_groups.ensure_default('p1', 'owner')
        values = {'protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '0.0.0.0/0', 'group_id': None}

        def add(_):
            try:
                return security_groups.add_rule(group.id, dict(values)).id
            except exception.SecurityGroupRuleExists:
                return None
        assert len(list(filter(None, self.run(add, range(16))))) == 1

    def test_queries_everybody_needs(self):
        server = add_server()
        allocation.allocate(server.uuid, 'node1')
        group = security_groups.ensure_default('p1', 'owner')
        security_groups.add_members(server.uuid, [group.id])
        security_groups.add_rule(group.id, {'protocol': None, 'from_port': None, 'to_port': None, 'cidr': None,
                                            'group_id': group.id})
        assert security_groups.affected([group.id]) == security_groups.naming(group.id) == \
            security_groups.named_by(server.uuid) == {'node1': [server.uuid]}
        assert security_groups.rules_of(server.uuid)[0][-1] == ['10.0.0.2']
        assert allocations.ownerless() == [] and floating_ips.nat('node1') == []
        assert floating_ips.list_all() == [] and fixed_ips.dhcp_hosts(self.network.id)
        with pytest.raises(exception.FloatingIpNotFound):
            floating_ips.get_for(OWNER, '9999999999')
        db.dispose()


class TestPostgreSQL(ServerContract):
    server = 'postgresql'


class TestMariaDB(ServerContract):
    server = 'mariadb'


