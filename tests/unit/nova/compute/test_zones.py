"""In which availability zone a server is."""
import pytest

from essex import db
from nova.compute import zones
from nova.db import aggregates
from tests.unit.nova import rows


@pytest.fixture
def of(nova_sqlite):
    rows.host_up('node1')
    rows.host_up('node2')
    made = aggregates.create('racks', {'availability_zone': 'south'})
    aggregates.add_host(made.id, 'node2')
    return zones.OfServers().of


def test_a_server_is_in_the_zone_of_its_host(of):
    servers = [rows.server(host=host, availability_zone=None) for host in ('node1', 'node2')]
    assert [of(row) for row in servers] == ['nova', 'south']


def test_a_server_without_a_host_is_in_the_zone_it_asked_for(of):
    assert of(rows.server(host=None, availability_zone='east')) == 'east'
    assert of(rows.server(host=None, availability_zone=None)) == ''


def test_zones_of_hosts_are_asked_for_once(of):
    first, second = rows.server(host='node1'), rows.server(host='node2')
    of(first)
    with db.count_statements() as counter:
        assert of(second) == 'south'
    assert counter.total == 0
