"""Version documents and the way to a version."""
import pytest


@pytest.mark.parametrize('path,status', [('/', 300), ('', 300), ('/versions', 200), ('/versions/', 200),
                                         ('/v1.3/images', 300),
                                         ('/v9', 300), ('/nothing/at/all', 300), ('/v2', 300)])
def test_the_list_is_for_everybody(cloud, path, status):
    answer = cloud.nobody('GET', path or '/')
    assert answer.status_int == status
    newest = answer.json['versions'][0]
    assert newest['status'] == 'CURRENT' and newest['links'] == [{'rel': 'self', 'href': 'http://images.test:9292/v2/'}]
    assert {entry['id'] for entry in answer.json['versions']} >= {'v2.9', 'v2.0', 'v1.1', 'v1.0'}


def test_the_list_is_that_of_the_configuration(cloud, conf):
    def listed():
        return [entry['id'] for entry in cloud.nobody('GET', '/').json['versions']]
    old = [f'v2.{minor}' for minor in range(7, -1, -1)] + ['v1.1', 'v1.0']
    assert listed() == ['v2.17', 'v2.15', 'v2.9', *old]
    conf.set('enabled_backends', {'fast': 'file'})
    assert listed() == ['v2.17', 'v2.15', 'v2.13', 'v2.12', 'v2.11', 'v2.10', 'v2.9', 'v2.8', *old]


def test_a_cache_brings_versions(cloud, conf):
    conf.set('image_cache_dir', '/somewhere')
    versions = cloud.nobody('GET', '/').json['versions']
    assert [entry['id'] for entry in versions[:5]] == ['v2.18', 'v2.17', 'v2.16', 'v2.15', 'v2.14']


def test_a_public_address_wins(cloud, conf):
    conf.set('public_endpoint', 'https://images.example/image/')
    link = cloud.nobody('GET', '/').json['versions'][0]['links'][0]['href']
    assert link == 'https://images.example/image/v2/'


@pytest.mark.parametrize('path', ['/v1/images', '/v1.0/images', '/v1.1/images', '/v2/images', '/v2.0/images',
                                  '/v2.9/images', '/v2.18/images'])
def test_versions_in_the_path(cloud, path):
    assert cloud.owner('GET', path).json['images'] == []


def test_a_version_in_the_accept_header(cloud):
    answer = cloud.owner('GET', '/images/detail', headers={'Accept': 'application/vnd.openstack.images-v1'})
    assert answer.status_int == 200 and answer.json == {'images': []}
    answer = cloud.owner('GET', '/images', headers={'Accept': 'application/vnd.openstack.images-v2'})
    assert answer.json['schema'] == '/v2/schemas/images'
