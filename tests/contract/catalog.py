"""What every catalog backend that can be written to does."""
import pytest

from essex.exception import Forbidden
from keystone.db.records import Hints
from keystone.exception import EndpointNotFound, IdConflict, RegionNotFound, ServiceNotFound


class CatalogContract:
    """Tests for a fixture `catalog`, a CatalogManager over an empty backend."""

    def endpoint(self, catalog, service, interface='public', url='http://x/$(tenant_id)s', **more):
        return catalog.create_endpoint({'service_id': service['id'], 'interface': interface, 'url': url, **more})

    def test_a_service_and_its_endpoints_come_and_go(self, catalog):
        service = catalog.create_service({'type': 'compute', 'name': 'nova', 'more': {'a': [1]}})
        assert service == catalog.get_service(service['id']) and service['more'] == {'a': [1]} and service['enabled']
        first = self.endpoint(catalog, service, region='R')
        second = self.endpoint(catalog, service, 'admin', 'http://a', region_id='R')
        assert catalog.get_region('R')['description'] == '' and first['region_id'] == 'R'
        (shown,) = catalog.catalog('u', 'p')
        assert {each['interface']: each['url'] for each in shown['endpoints']} == {'public': 'http://x/p',
                                                                                   'admin': 'http://a'}
        (shown,) = catalog.catalog('u', None)
        assert [each['id'] for each in shown['endpoints']] == [second['id']]
        assert catalog.update_endpoint(second['id'], {'enabled': False})['enabled'] is False
        assert catalog.update_service(service['id'], {'name': 'n', 'more': None}).get('more') is None
        assert [each['url'] for each in catalog.catalog('u', 'p')[0]['endpoints']] == ['http://x/p']
        catalog.delete_service(service['id'])
        assert catalog.catalog('u', 'p') == [] and catalog.list_endpoints(Hints()) == []
        with pytest.raises(ServiceNotFound):
            catalog.delete_service(service['id'])
        with pytest.raises(EndpointNotFound):
            catalog.update_endpoint(second['id'], {'url': 'x'})

    def test_regions(self, catalog):
        catalog.create_region({'id': 'A'})
        with pytest.raises(IdConflict):
            catalog.create_region({'id': 'A'})
        catalog.create_region({'id': 'B', 'parent_region_id': 'A', 'description': 'b'})
        assert [each['id'] for each in catalog.list_regions(Hints().add('parent_region_id', 'A'))] == ['B']
        assert catalog.update_region('B', {'parent_region_id': None})['parent_region_id'] is None
        catalog.delete_region('A')
        with pytest.raises(RegionNotFound):
            catalog.get_region('A')
        service = catalog.create_service({'type': 't'})
        self.endpoint(catalog, service, region_id='B')
        catalog.create_region({'id': 'A'})
        catalog.update_region('B', {'parent_region_id': 'A'})
        for region_id in ('B', 'A'):
            with pytest.raises(Forbidden):
                catalog.delete_region(region_id)
        catalog.delete_service(service['id'])
        catalog.delete_region('A')
        assert catalog.list_regions(Hints()) == []

    def test_lists(self, catalog):
        made = [catalog.create_service({'type': kind, 'name': name}) for kind, name in (
            ('a', 'One'), ('a', 'two'), ('b', None))]

        def names(*hint, **more):
            hints = Hints(**more)
            return [each['name'] for each in catalog.list_services(hints.add(*hint) if hint else hints)]
        assert sorted(names('type', 'a')) == ['One', 'two'] and names('name', 'o', 'icontains') != []
        assert names('name', 'O', 'startswith') == ['One'] and names('name', 'o', 'endswith') == ['two']
        assert sorted(names('id', [each['id'] for each in made[:2]], 'in')) == ['One', 'two']
        hints = Hints(limit=2)
        page = catalog.list_services(hints)
        assert hints.truncated and len(page) == 2
        rest = catalog.list_services(Hints(marker=page[-1]['id']))
        assert {each['id'] for each in (*page, *rest)} == {each['id'] for each in made} and len(rest) == 1

    def test_what_one_gets_is_ones_own(self, catalog):
        service = catalog.create_service({'type': 'a', 'list': [1]})
        service['list'].append(2)
        assert catalog.get_service(service['id'])['list'] == [1]
