"""Services that call each other on behalf of users whose tokens are limited, or have expired meanwhile."""
import dataclasses
import pathlib
import re
import time

import pytest
import webob
import webob.dec
from keystoneauth1 import identity
from keystoneauth1 import session as ks_session

from essex import context
from essex.client import session
from essex.cloud.layout import Layout
from essex.cloud.settings import Settings
from essex.exception import Unauthorized
from essex.middleware import auth_token
from keystone.token.provider import FernetProvider
from nova.image import glance
from tests.fixtures.processes import wait_for


@pytest.fixture
def settings(cloud):
    return Settings.load(Layout(cloud.directory))


@pytest.fixture
def demo(settings):
    """A keystoneauth session of the user demo."""
    values = settings.environment('demo')
    return ks_session.Session(identity.V3Password(
        values['OS_AUTH_URL'], username='demo', password=values['OS_PASSWORD'], project_name='demo',
        user_domain_name='Default', project_domain_name='Default'))


@pytest.fixture
def expired(cloud, conf, demo):
    """The RequestContext of a request of demo's whose token has expired a minute ago."""
    conf.set('key_repository', str(cloud.directory / 'keystone' / 'fernet-keys'), 'fernet_tokens')
    provider = FernetProvider()
    claims = provider.decode(demo.get_token())
    text = provider.encode(dataclasses.replace(claims, expires_at=time.time() - 60))
    return context.RequestContext(auth_token=text, user_id=claims.user_id, project_id=claims.project_id)


def limited_to(demo, settings, rules):
    """A session of an application credential of demo's with access rules."""
    made = demo.post(settings.url('keystone', f'/v3/users/{demo.get_user_id()}/application_credentials'), json={
        'application_credential': {'name': f'limited-{time.time()}', 'access_rules': rules}})
    found = made.json()['application_credential']
    return ks_session.Session(identity.V3ApplicationCredential(
        settings.url('keystone', '/v3'), application_credential_id=found['id'],
        application_credential_secret=found['secret']))


def test_an_application_credential_for_compute_alone_boots_a_server(cloud, settings, demo):
    images = demo.get(settings.url('glance', '/v2/images')).json()['images']
    compute = settings.url('nova', '/v2.1')
    robot = limited_to(demo, settings, [{'service': 'compute', 'method': method, 'path': '/v2.1/servers**'}
                                        for method in ('GET', 'POST', 'DELETE')])
    assert robot.get(settings.url('glance', '/v2/images'), raise_exc=False).status_code == 401
    assert robot.get(compute + '/flavors', raise_exc=False).status_code == 401
    server = robot.post(compute + '/servers', json={'server': {
        'name': 'limited', 'imageRef': images[0]['id'], 'flavorRef': '42'}}).json()['server']
    address = f'{compute}/servers/{server["id"]}'

    def status():
        answer = robot.get(address, raise_exc=False)
        return answer.json()['server']['status'] if answer.status_code == 200 else None
    wait_for(lambda: status() == 'ACTIVE', 60)
    # And an image of it, which Nova enters for the user at the image service.
    answer = robot.post(address + '/action', json={'createImage': {'name': 'of-limited'}})
    image = answer.headers['Location'].rpartition('/')[2]
    wait_for(lambda: demo.get(settings.url('glance', f'/v2/images/{image}')).json()['status'] == 'active', 60)
    robot.delete(address)
    wait_for(lambda: status() is None, 60)
    demo.delete(settings.url('glance', f'/v2/images/{image}'))
    # Nobody else's service token helps a user out of the rules.
    for other in (demo.get_token(), robot.get_token()):
        answer = robot.get(settings.url('glance', '/v2/images'), headers={'X-Service-Token': other}, raise_exc=False)
        assert answer.status_code == 401
    logs = '\n'.join(path.read_text(errors='replace') for path in pathlib.Path(cloud.directory, 'log').glob('*.log'))
    # Object storage tells the beginning of a token (reveal_sensitive_prefix).
    assert not re.search(r'gAAAAA[\w-]{20}', logs)


@webob.dec.wsgify
def foreign(req):
    """A service that is none of this project's."""
    return webob.Response(json={'user': req.headers['X-User-Id'], 'service': req.headers.get('X-Service-User-Name')})


def test_a_foreign_service_may_require_the_role_of_services(settings, conf, demo, expired):
    nova = ks_session.Session(identity.V3Password(
        settings.url('keystone', '/v3'), username='nova', password=settings.password('nova'), project_name='service',
        user_domain_name='Default', project_domain_name='Default'))
    for required, of_a_user in (('false', 200), ('true', 401)):
        app = auth_token.filter_factory(
            {}, auth_url=settings.url('keystone', '/v3'), username='glance', password=settings.password('glance'),
            service_type='key-manager', service_token_roles_required=required)(foreign)

        def call(user, service=None, app=app):
            headers = {'X-Auth-Token': user, **({'X-Service-Token': service} if service else {})}
            return webob.Request.blank('/v1/secrets', headers=headers).get_response(app)
        mine = demo.get_token()
        assert call(mine).json == {'user': demo.get_user_id(), 'service': None}
        assert call(mine, nova.get_token()).json == {'user': demo.get_user_id(), 'service': 'nova'}
        assert call(mine, mine).status_int == of_a_user
        assert call(mine, 'gAAAAAnonsense').status_int == 401
        assert call(expired.auth_token).status_int == call(expired.auth_token, mine).status_int == 401
        assert call(expired.auth_token, nova.get_token()).json['service'] == 'nova'


def test_a_token_that_has_expired_meanwhile(settings, conf, expired):
    for name, value in (('auth_url', settings.url('keystone', '/v3')), ('username', 'nova'),
                        ('password', settings.password('nova'))):
        conf.set(name, value, 'keystone_authtoken')
    conf.set('endpoint_override', settings.url('glance'), 'glance')
    with pytest.raises(Unauthorized):
        glance.list_for(expired, 1)
    conf.set('send_service_user_token', True, 'service_user')
    session.reset()
    (image,) = glance.list_for(expired, 1)
    assert glance.describe(expired, image['id']) == image
    made = glance.create(expired, 'late', 'raw', 'bare')
    assert glance.describe(expired, made)['owner'] == expired.project_id
    glance.delete_for(expired, made)
