"""What is in etc/keystone is true: pipelines that load."""
import pathlib

import webob

from essex.wsgi.server import loadapp

ETC = pathlib.Path(__file__).parents[3] / 'etc' / 'keystone'


def test_both_pipelines_load_and_answer(cloud):
    for name in ('public', 'admin'):
        app = loadapp(str(ETC / 'keystone-api-paste.ini'), name)
        assert webob.Request.blank('/healthcheck').get_response(app).status_int == 200
        answer = webob.Request.blank('/v3/users').get_response(app)
        assert answer.status_int == 401 and answer.headers['X-Openstack-Request-Id'].startswith('req-')
        listing = webob.Request.blank('/v2.0/tenants', headers={'X-Auth-Token': cloud.admin_token}).get_response(app)
        assert len(listing.json['tenants']) == (1 if name == 'public' else 3)
