"""The catalog's backends: SQL, memory, and the file of Essex."""
import pathlib

import pytest

from essex.exception import ConfigError
from keystone.api import loaded
from keystone.catalog import templates
from keystone.catalog.templated import parse, parse_yaml
from keystone.db.records import Hints
from keystone.managers import Managers
from tests.contract.catalog import CatalogContract
from tests.unit.keystone.conftest import Api

ETC = pathlib.Path(__file__).parents[3] / 'etc' / 'keystone'
FILE = """# A catalog
catalog.RegionOne.identity.name = Identity Service
catalog.RegionOne.identity.publicURL = http://localhost:$(public_port)s/v2.0
catalog.RegionOne.identity.adminURL = http://localhost:$(admin_port)s/v2.0

catalog.eu.west.object_store.publicURL = http://o/AUTH_%(tenant_id)s
catalog.eu.west.object_store.adminURL = http://o/$(admin_token)s
"""


YAML = """
catalog:
  RegionOne:
    identity:
      name: Identity Service
      publicURL: http://localhost:$(public_port)s/v2.0
      adminURL: http://localhost:$(admin_port)s/v2.0
  eu.west:
    object-store: {publicURL: 'http://o/AUTH_%(tenant_id)s', adminURL: http://o/$(admin_token)s}
"""


class TestSql(CatalogContract):

    @pytest.fixture
    def catalog(self, keystone):
        return keystone.catalog


class TestKvs(CatalogContract):

    @pytest.fixture
    def catalog(self, keystone, conf):
        conf.set('driver', 'keystone.catalog.backends.kvs.Catalog', 'catalog')
        return Managers().catalog


class TestTemplated:

    @pytest.fixture(params=['catalog', 'catalog.yaml', 'catalog.yml'])
    def templated(self, cloud, conf, tmp_path, request):
        """The cloud with a catalog in a file."""
        path = tmp_path / request.param
        path.write_text(YAML if path.suffix else FILE, encoding='utf-8')
        conf.set('template_file', str(path), 'catalog')
        conf.set('driver', 'keystone.catalog.backends.templated.TemplatedCatalog', 'catalog')
        conf.set('admin_token', 'very-secret')
        loaded.reset()
        cloud.managers = loaded.managers()
        return cloud

    def test_it_is_what_the_file_says(self, templated):
        catalog = templated.managers.catalog
        assert {each['id'] for each in catalog.list_regions(Hints())} == {'RegionOne', 'eu.west'}
        found = {each['type']: each for each in catalog.catalog('u', 'p')}
        assert found['identity']['name'] == 'Identity Service'
        urls = {each['interface']: each['url'] for each in found['identity']['endpoints']}
        assert urls == {'public': 'http://localhost:5000/v2.0', 'admin': 'http://localhost:35357/v2.0'}
        # An option that is no address is not put into a URL: it may be a secret.
        assert [each['url'] for each in found['object-store']['endpoints']] == ['http://o/AUTH_p']
        without = {each['type']: len(each['endpoints']) for each in catalog.catalog('u', None)}
        assert without == {'identity': 2, 'object-store': 0}
        again = Managers().catalog
        assert again.list_endpoints(Hints()) == catalog.list_endpoints(Hints())

    def test_both_apis_show_it_and_refuse_changes(self, templated):
        api, token = Api(templated), templated.admin_token
        assert len(api('GET', '/v3/services', token=token).json['services']) == 2
        assert len(api('GET', '/v3/endpoints?interface=admin', token=token).json['endpoints']) == 2
        assert len(api('GET', '/v2.0/endpoints', token=token).json['endpoints']) == 2
        key = api('GET', '/v3/services', token=token).json['services'][0]['id']
        for answer in (api('POST', '/v3/services', {'service': {'type': 'x'}}, token=token),
                       api('PATCH', f'/v3/services/{key}', {'service': {'name': 'x'}}, token=token),
                       api('DELETE', f'/v3/services/{key}', token=token),
                       api('POST', '/v3/regions', {'region': {'id': 'x'}}, token=token),
                       api('POST', '/v2.0/OS-KSADM/services', {'OS-KSADM:service': {'type': 'x'}}, token=token)):
            assert answer.status_int == 501 and 'operator edits' in answer.json['error']['message']
        body = {'auth': {'passwordCredentials': {'username': 'owner', 'password': 'the-password'},
                         'tenantName': 'demo'}}
        services = api('POST', '/v2.0/tokens', body).json['access']['serviceCatalog']
        assert services[0]['endpoints'][0]['adminURL'] == 'http://localhost:35357/v2.0'

    def test_the_sample_is_that_of_the_guides(self, conf):
        found = parse((ETC / 'default_catalog.templates').read_text(encoding='utf-8'), 'sample')
        services = {
            'identity': ('Identity Service', '$(public_port)s/v2.0', '$(admin_port)s/v2.0'),
            'compute': ('Compute Service', *['$(compute_port)s/v1.1/$(tenant_id)s'] * 2),
            'volume': ('Volume Service', *['8776/v1/$(tenant_id)s'] * 2),
            'ec2': ('EC2 Service', '8773/services/Cloud', '8773/services/Admin'),
            'image': ('Image Service', *['9292/v1'] * 2)}
        assert found == {('RegionOne', kind): {
            'name': name, 'publicURL': f'http://localhost:{public}', 'internalURL': f'http://localhost:{public}',
            'adminURL': f'http://localhost:{admin}'} for kind, (name, public, admin) in services.items()}

    @pytest.mark.parametrize('line', ['nonsense', 'catalog.RegionOne.identity = x', 'catalog.R.identity.name'])
    def test_a_line_that_is_none_is_named(self, line):
        with pytest.raises(ConfigError, match='line 2'):
            parse(f'# x\n{line}', 'file')

    def test_both_forms_say_the_same(self):
        assert parse_yaml(YAML, 'y') == parse(FILE, 'f')
        both = parse_yaml('catalog: {1: {object_store: {name: a}, object-store: {publicURL: b}}}', 'y')
        assert both == {('1', 'object-store'): {'name': 'a', 'publicURL': 'b'}}

    @pytest.mark.parametrize('text,words', [
        ('', 'mapping'), ('[]', 'mapping'), ('catalog:', 'catalog has to be'), ('catalog: {R: x}', r'catalog\.R '),
        ('catalog: {R: {compute: }}', r'catalog\.R\.compute has'), ('a: [', 'not the YAML'),
        ('a: !!python/name:os.x', 'YAML'),
        ('catalog: {R: {compute: {publicUrl: x}}}', r'R\.compute\.publicUrl'), ('catalog: {R: {}, R: {}}', 'R stands'),
        ('catalog: {R: {compute: {publicURL: [x]}}}', 'expected a text'), ('catalog: {[R]: {}}', 'YAML')])
    def test_yaml_that_is_no_catalog_is_said(self, text, words):
        with pytest.raises(ConfigError, match=words):
            parse_yaml(text, 'file')

    def test_a_file_that_is_missing_is_said(self, keystone, conf, tmp_path):
        conf.set('driver', 'templated', 'catalog')
        conf.set('template_file', str(tmp_path / 'none'), 'catalog')
        with pytest.raises(ConfigError, match='template_file'):
            Managers()


@pytest.mark.parametrize('url, filled', [
    ('http://h/$(tenant_id)s/$(user_id)s', 'http://h/t/u'), ('http://h/%(tenant_id)s/%(project_id)s', 'http://h/t/t'),
    ('http://h/v1', 'http://h/v1'), ('http://h:$(public_port)s:$(admin_port)s:$(compute_port)s',
                                     'http://h:5000:35357:8774'),
    ('http://h/100%', 'http://h/100%'), ('http://h/$(odd)s', None), ('http://h/$(tenant_id)', None),
    ('http://h/$(tenant_id)d', None), ('http://h/$(tenant_id', None), ('http://h/$(admin_token)s', None)])
def test_values_in_urls(conf, url, filled):
    """What cannot be filled in is None: that endpoint is in no catalog."""
    values = {**templates.configured(), 'tenant_id': 't', 'project_id': 't', 'user_id': 'u'}
    assert templates.fill(url, values) == filled
    without = {**templates.configured(), 'user_id': 'u', 'tenant_id': None, 'project_id': None}
    assert templates.fill(url, without) == (None if 'tenant_id' in url else filled)
