"""What is in etc/glance is true: pipelines that load and ask for a token, real options."""
import pathlib
import re

import pytest
import webob

from essex import config
from essex.wsgi.server import loadapp
from glance import daemons
from glance.api import app

ETC = pathlib.Path(__file__).parents[3] / 'etc' / 'glance'


def test_the_options_of_the_registry_exist():
    section = None
    for line in (ETC / 'glance-registry.conf').read_text(encoding='utf-8').splitlines():
        header = re.fullmatch(r'\[(\w+)\]', line)
        section = header[1] if header else section
        option = re.match(r'# (\w+) =', line)
        if option:
            group = config.CONF if section == 'DEFAULT' else config.CONF[section]
            assert option[1] in group, (section, option[1])


@pytest.mark.parametrize('name,path', [('glance-api', '/v2/images'), ('glance-api', '/v1/images'),
                                       ('glance-registry', '/images')])
def test_both_pipelines_load_and_answer(cloud, monkeypatch, name, path):
    monkeypatch.setattr(app, 'manager', lambda: cloud.rules)
    for flavor, status in (('-keystone', 401), ('', 200)):
        pipeline = loadapp(str(ETC / f'{name}-paste.ini'), name + flavor)
        assert webob.Request.blank('/healthcheck').get_response(pipeline).status_int == 200
        answer = webob.Request.blank(path).get_response(pipeline)
        assert answer.status_int == status and answer.headers['X-Openstack-Request-Id'].startswith('req-')


@pytest.mark.parametrize('flavor', ['keystone', 'keystone+caching', 'keystone+cachemanagement', 'caching', ''])
def test_every_flavor_of_the_api_has_a_registry(conf, cloud, monkeypatch, flavor):
    conf.set_override('flavor', flavor, 'paste_deploy')
    monkeypatch.setattr(app, 'manager', lambda: cloud.rules)
    assert loadapp(str(ETC / 'glance-registry-paste.ini'), daemons.flavored('glance-registry'))


def test_metadata_is_bounded_and_data_is_not(cloud, monkeypatch):
    monkeypatch.setattr(app, 'manager', lambda: cloud.rules)
    pipeline = loadapp(str(ETC / 'glance-api-paste.ini'), 'glance-api')
    big = b'"' + b'x' * 200000 + b'"'
    for method, path in (('POST', '/v2/images'), ('PATCH', '/v2/images/x'), ('PUT', '/v1/images/x/members')):
        request = webob.Request.blank(path, method=method, body=big, content_type='application/json')
        assert request.get_response(pipeline).status_int == 413, path
    image = cloud.owner.create()
    request = webob.Request.blank(image['file'], method='PUT', body=big, content_type='application/octet-stream')
    assert request.get_response(pipeline).status_int == 204
