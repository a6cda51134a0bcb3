"""Ours and the original are exchanged for each other: the original Glance at our Keystone, our Glance at the original
Keystone, and each Keystone's tokens read by the other.
"""
import json
import os
import sqlite3
import subprocess

import pytest
import requests

from tests.fixtures import stock
from tests.fixtures.stock import PASSWORD, ROOT, OurGlance, OurKeystone, StockGlance, StockKeystone, running

DATA = os.urandom(3 * 1024 * 1024 + 17)
# The first one also waits for pip.
pytestmark = pytest.mark.timeout(500)


@pytest.fixture(scope='module')
def original():
    """The environment of the original packages."""
    try:
        return stock.environment()
    except stock.Unreachable as error:
        pytest.skip(f'pip reaches no registry to install {", ".join(stock.PINS)} from: {error}')


def openstack(keystone, *arguments):
    """The unmodified client, as demo."""
    variables = {'OS_AUTH_URL': keystone.url, 'OS_USERNAME': 'demo', 'OS_PASSWORD': PASSWORD, 'OS_PROJECT_NAME': 'demo',
                 'OS_USER_DOMAIN_ID': 'default', 'OS_PROJECT_DOMAIN_ID': 'default', 'OS_IDENTITY_API_VERSION': '3'}
    done = subprocess.run([ROOT / '.venv/bin/openstack', *arguments], env={**os.environ, **variables}, timeout=60,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f'{done.stdout}{done.stderr}'
    return done.stdout


@pytest.mark.parametrize('kinds', [(OurKeystone, StockGlance), (StockKeystone, OurGlance)],
                         ids=['original-glance', 'original-keystone'])
def test_glance_of_one_works_with_keystone_of_the_other(original, tmp_path, kinds):
    keystone = kinds[0](tmp_path / 'keystone').make()
    glance = kinds[1](tmp_path / 'glance').make(keystone)
    with running(keystone, glance):
        keystone.image_service(glance.url)
        keystone.account('demo', 'demo', 'member')
        _use_images(keystone, glance, tmp_path)
        _be_refused(keystone, glance)


def _use_images(keystone, glance, tmp_path):
    path = tmp_path / 'data'
    path.write_bytes(DATA)
    made = json.loads(openstack(keystone, 'image', 'create', '--file', str(path), '--disk-format', 'raw',
                                '--container-format', 'bare', '--property', 'colour=red', 'mine', '-f', 'json'))
    assert (made['status'], made['size'], made['visibility']) == ('active', len(DATA), 'shared')
    listed = json.loads(openstack(keystone, 'image', 'list', '-f', 'json'))
    assert [(image['Name'], image['Status']) for image in listed] == [('mine', 'active')]
    token = keystone.token('demo')
    data = requests.get(f'{glance.url}/v2/images/{made["id"]}/file', headers={'X-Auth-Token': token}, timeout=30)
    assert data.content == DATA


def _be_refused(keystone, glance):
    url = f'{glance.url}/v2/images'
    for headers in ({}, {'X-Auth-Token': 'gAAAAA'}, {'X-Roles': 'admin', 'X-Identity-Status': 'Confirmed'}):
        refused = requests.get(url, headers=headers, timeout=30)
        assert refused.status_code == 401
        assert refused.headers['WWW-Authenticate'].lower().startswith('keystone uri=')
    # Neither role nor project of another shows: the policy of the one knows the roles of the other.
    body = {'name': 'x', 'disk_format': 'raw', 'container_format': 'bare', 'visibility': 'public'}
    status = {user: requests.post(url, json=body, headers={'X-Auth-Token': keystone.token(user, project)}, timeout=30
                                  ).status_code for user, project in (('demo', 'demo'), ('admin', 'admin'))}
    assert status == {'demo': 403, 'admin': 201}


class Twins:
    """Two Keystones with the same keys and ids: ours takes over those of the original."""

    def __init__(self, directory):
        keys = stock.new_keys()
        self.stock = StockKeystone(directory / 'stock').make(keys)
        self.ours = OurKeystone(directory / 'ours').make(keys)
        with running(self.ours):
            ours = self._fill(self.ours)
        self.stock.serve()
        self.ids = self._fill(self.stock)
        self._rename({ours[name]: value for name, value in self.ids.items()})
        del self.ours._admin    # a token of ids that are gone
        self.ours.serve()

    @staticmethod
    def _fill(keystone):
        """{name: id} of everything tokens name, made alike in both."""
        ids = dict(zip(('bob', 'home'), keystone.account('bob', 'home', 'member'), strict=True))
        for kind in ('user', 'project', 'role'):
            found = keystone.call('GET', f'/{kind}s').json()[f'{kind}s']
            ids |= {f'{kind} {each["name"]}': each['id'] for each in found}
        admin, member = ids['user admin'], ids['role member']
        for role in ('admin', 'member'):
            keystone.call('PUT', f'/domains/default/users/{admin}/roles/{ids["role " + role]}')
        trust = keystone.call('POST', '/OS-TRUST/trusts', {'trust': {
            'trustor_user_id': admin, 'trustee_user_id': ids['bob'], 'project_id': ids['project admin'],
            'impersonation': True, 'roles': [{'id': member}]}})
        assert trust.status_code == 201, trust.text
        made = keystone.call('POST', f'/users/{admin}/application_credentials', {'application_credential': {
            'name': 'script', 'secret': PASSWORD, 'roles': [{'id': member}]}})
        assert made.status_code == 201, made.text
        return {**ids, 'trust': trust.json()['trust']['id'], 'credential': made.json()['application_credential']['id']}

    def _rename(self, names):
        """Other ids everywhere in our database."""
        path = self.ours.directory / 'keystone.sqlite'
        with sqlite3.connect(path) as old:
            script = '\n'.join(old.iterdump())
        for own, other in names.items():
            script = script.replace(own, other)
        path.unlink()
        for suffix in ('-wal', '-shm'):
            (path.parent / (path.name + suffix)).unlink(missing_ok=True)
        with sqlite3.connect(path) as new:
            new.execute('PRAGMA foreign_keys = off')
            new.executescript(script)

    def logins(self):
        """{kind: arguments of login} for every published layout."""
        project, default = {'project': {'id': self.ids['project admin']}}, {'id': 'default'}
        credential = {'methods': ['application_credential'], 'application_credential': {
            'id': self.ids['credential'], 'secret': PASSWORD}}
        return {'unscoped': ({'unscoped': {}}, 'admin', {}), 'project': (project, 'admin', {}),
                'domain': ({'domain': default}, 'admin', {}), 'system': ({'system': {'all': True}}, 'admin', {}),
                'trust': ({'OS-TRUST:trust': {'id': self.ids['trust']}}, 'bob', {}),
                'credential': (None, 'admin', credential)}


@pytest.fixture(scope='module')
def twins(original, tmp_path_factory):
    made = Twins(tmp_path_factory.mktemp('twins'))
    yield made
    made.ours.close()
    made.stock.close()


@pytest.mark.parametrize('kind', ['unscoped', 'project', 'domain', 'system', 'trust', 'credential'])
@pytest.mark.parametrize('issuer', ['ours', 'stock'])
def test_a_token_of_one_is_one_of_the_other(twins, issuer, kind):
    scope, user, identity = twins.logins()[kind]
    issued = getattr(twins, issuer).login(scope, user, **identity)
    assert issued.status_code == 201, issued.text
    token = issued.headers['X-Subject-Token']
    read = {name: keystone.call('GET', '/auth/tokens', X_Subject_Token=token)
            for name, keystone in (('ours', twins.ours), ('stock', twins.stock))}
    assert {name: answer.status_code for name, answer in read.items()} == {'ours': 200, 'stock': 200}
    ours, theirs = (_comparable(answer.json()['token']) for answer in read.values())
    assert ours == theirs
    assert ours == _comparable(issued.json()['token'])


def _comparable(token):
    """A token's document without what is each one's own: the catalog's ids and addresses."""
    found = {name: value for name, value in token.items() if name != 'catalog'}
    found['roles'] = sorted(role['name'] for role in token.get('roles', ()))
    found['catalog'] = sorted(service['type'] for service in token.get('catalog', ()))
    return found
