"""Flavors: who may use them, and what they may be."""
import pytest

from nova import exception
from nova.compute import flavors

pytestmark = pytest.mark.usefixtures('nova_sqlite')


def make(admin, name='x', **values):
    return flavors.create(admin, **{'name': name, 'memory_mb': 64, 'vcpus': 1, 'root_gb': 1, **values})


def test_ids_are_given_or_made(admin):
    assert make(admin, flavorid='5').flavorid == '5' and make(admin, 'y', flavorid=7).flavorid == '7'
    assert len(make(admin, 'z').flavorid) == 36 and make(admin, ' trimmed ', flavorid='auto').name == 'trimmed'


@pytest.mark.parametrize('values', [
    {'name': ''}, {'name': ' '}, {'name': 'x' * 256}, {'name': 'a\nb'}, {'name': None}, {'flavorid': 'a/b'},
    {'flavorid': ' '}, {'flavorid': 'x' * 256}, {'flavorid': 'ü'}, {'memory_mb': 0}, {'memory_mb': -1},
    {'memory_mb': 2 ** 31}, {'memory_mb': 'much'}, {'memory_mb': None}, {'memory_mb': float('inf')}, {'vcpus': 0},
    {'root_gb': -1}, {'ephemeral_gb': -1}, {'swap_mb': -1}, {'rxtx_factor': 0}, {'rxtx_factor': -1.5},
    {'rxtx_factor': float('inf')}, {'rxtx_factor': float('nan')}, {'rxtx_factor': 1e300}, {'rxtx_factor': 'x'},
    {'description': 'x' * 65536}, {'description': '\0'}])
def test_what_no_flavor_can_be(admin, values):
    with pytest.raises(exception.InvalidFlavor):
        make(admin, **values)
    assert flavors.list(admin, is_public=None) == []


def test_access(admin, alice):
    make(admin, 'open', flavorid='1')
    make(admin, 'closed', flavorid='2', is_public=False)
    with pytest.raises(exception.FlavorIsPublic):
        flavors.add_access(admin, '1', 'alpha')
    assert flavors.add_access(admin, '2', 'alpha') == ['alpha'] == flavors.access(admin, '2')
    assert [row.name for row in flavors.list(alice)] == ['open', 'closed']
    assert flavors.remove_access(admin, '2', 'alpha') == []
    with pytest.raises(exception.FlavorNotFound):
        flavors.get(alice, '2')
    with pytest.raises(exception.InvalidFlavor):
        flavors.add_access(admin, '2', 'x' * 65)


def test_extra_specs(admin):
    make(admin, flavorid='1')
    assert flavors.set_extra_specs(admin, '1', {'hw:cpu_policy': 'x', 'n': 3}) == {'hw:cpu_policy': 'x', 'n': '3'}
    assert flavors.extra_spec(admin, '1', 'n') == '3'
    flavors.delete_extra_spec(admin, '1', 'n')
    with pytest.raises(exception.FlavorExtraSpecNotFound):
        flavors.extra_spec(admin, '1', 'n')
    for bad in ({'': 'x'}, {'a/b': 'x'}, {'a': None}, {'a': []}, {'a': 'x' * 256}, {'k' * 256: 'x'}, {'a': True}):
        with pytest.raises(exception.InvalidFlavor):
            flavors.set_extra_specs(admin, '1', bad)


def test_description_and_deletion(admin):
    make(admin, flavorid='1')
    assert flavors.update(admin, '1', 'text').description == 'text'
    flavors.delete(admin, '1')
    for call in (flavors.get, flavors.delete, flavors.access):
        with pytest.raises(exception.FlavorNotFound):
            call(admin, '1')
    with pytest.raises(exception.InvalidFilter):
        flavors.list(admin, sort_key='extra_specs')
