"""Definitions as files: loaded, merged, exported; and those that come with the project."""
import json
import pathlib

import pytest

from essex.exception import ConfigError
from glance.api.v2.metadefs.schemas import NAMESPACE
from glance.metadef import files

SHIPPED = pathlib.Path(__file__).parents[3] / 'glance' / 'metadef' / 'definitions'
CPU = {'title': 'CPUs', 'type': 'integer'}


def outcomes(bodies, **how):
    return dict(files.load(bodies, **how))


def properties(cloud, name='n'):
    shown = cloud.admin('GET', f'/v2/metadefs/namespaces/{name}').json['properties']
    assert all(body.pop('name') == key for key, body in shown.items())
    return shown


def test_the_shipped_ones_load_and_come_back_the_same(cloud, tmp_path):
    bodies = files.read(SHIPPED, NAMESPACE)
    assert len(bodies) == len(list(SHIPPED.glob('*.json'))) > 25
    assert set(outcomes(bodies).values()) == {'made'} and set(outcomes(bodies).values()) == {'kept'}
    assert cloud.owner('GET', '/v2/metadefs/namespaces?limit=100').json['namespaces'][0]['protected'] is True
    written = [json.loads(pathlib.Path(path).read_text()) for path in files.export(tmp_path / 'out')]
    assert set(outcomes(files.read(tmp_path / 'out', NAMESPACE)).values()) == {'kept'}
    again = {each['namespace']: each for each in written}
    for body in bodies:
        assert again[body['namespace']].get('properties', {}) == body.get('properties', {})
    assert files.unload() == len(bodies) and files.unload() == 0


def test_what_exists_is_kept_merged_or_replaced(cloud):
    old = {'namespace': 'n', 'protected': True, 'properties': {'a': CPU}, 'tags': [{'name': 'old'}]}
    new = {'namespace': 'n', 'properties': {'a': {**CPU, 'title': 'new'}, 'b': CPU}, 'description': 'new',
           'resource_type_associations': [{'name': 'R'}]}
    assert outcomes([old]) == {'n': 'made'}
    assert outcomes([new]) == {'n': 'kept'} and properties(cloud) == {'a': CPU}
    assert outcomes([new], merge=True) == {'n': 'merged'} and properties(cloud) == {'a': CPU, 'b': CPU}
    outcomes([new], merge=True, prefer_new=True)
    shown = cloud.admin('GET', '/v2/metadefs/namespaces/n').json
    assert shown['properties']['a']['title'] == 'new' and shown['description'] == 'new'
    assert shown['tags'] == [{'name': 'old'}] and shown['resource_type_associations'][0]['name'] == 'R'
    assert outcomes([old], overwrite=True) == {'n': 'replaced'} and properties(cloud) == {'a': CPU}


@pytest.mark.parametrize('text', ['{', '[]', '{"namespace": ""}', '{"namespace": "x", "odd": 1}'])
def test_a_file_that_is_wrong_is_named(tmp_path, text):
    (tmp_path / 'bad.json').write_text(text)
    with pytest.raises(ConfigError, match=r'bad\.json'):
        files.read(tmp_path, NAMESPACE)


def test_no_files_is_said(tmp_path):
    with pytest.raises(ConfigError, match='--path'):
        files.read(tmp_path, NAMESPACE)


def test_names_of_users_are_no_paths(cloud, tmp_path):
    cloud.admin('POST', '/v2/metadefs/namespaces', {'namespace': '../../etc/x'})
    (path,) = files.export(tmp_path)
    assert pathlib.Path(path).parent == tmp_path
