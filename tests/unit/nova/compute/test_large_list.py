"""A thousand servers with everything about them: a fixed handful of statements."""
import uuid

import pytest

from essex import db
from nova import exception
from nova.compute.api import API
from nova.db import faults, instances, security_groups
from tests.unit.nova.rows import server_values

COUNT = 1000


@pytest.fixture
def thousand(nova_database):
    group = security_groups.ensure_default('alpha', 'alice')
    vif = {'id': str(uuid.uuid4()), 'address': 'fa:16:3e:00:00:01', 'network': {'id': 'n', 'label': 'private'},
           'fixed_ips': [{'address': '10.0.0.9', 'version': 4, 'floating_ips': []}]}
    values = [server_values(display_name=f'web-{number}', host='node1', network_info=[vif],
                            vm_state='error' if number % 10 == 0 else 'active') for number in range(COUNT)]
    rows = instances.create_all(values, [group.id])
    with db.writer():
        for row in rows[::10]:
            faults.add(row.uuid, exception.NoValidHost(reason='RamFilter left 0 of 3 hosts.'))
    return rows


def test_details_of_all_take_three_statements(thousand, alice):
    api = API()
    with db.count_statements() as counter:
        rows = api.list(alice, limit=COUNT)
        shown = api.faults(rows)
        groups = security_groups.names_of([row.uuid for row in rows])
    assert (len(rows), len(shown), len(groups)) == (COUNT, COUNT // 10, COUNT)
    assert counter.total == 3, counter.statements


def test_a_page_in_the_middle_takes_two(thousand, alice):
    with db.count_statements() as counter:
        page = API().list(alice, limit=100, marker=thousand[500].uuid)
    assert [row.uuid for row in page] == [row.uuid for row in reversed(thousand[400:500])] and counter.total == 2
