"""A bootstrapped Keystone in one process, with a cast: admin, owner and member of a project, a stranger, nobody."""
import copy
import shutil
import sqlite3
import uuid

import pytest
import webob

from essex.middleware.request_id import RequestId
from essex.middleware.size_limit import SizeLimit
from keystone.api import loaded
from keystone.api.app import Faces
from keystone.api.context import AuthContext
from keystone.assignment.grants import Grant
from keystone.bootstrap import Answers, Bootstrap
from keystone.db.records import Hints
from keystone.token.keys import KeyRepository

PASSWORD = 'the-password'

# The rules of the first test are those of all that do not ask for others: making them takes longer than most tests.
_rules = {}


class Api:
    """Calls the application without a network; answers are webob.Responses (with .json)."""

    def __init__(self, cloud, admin_port=False):
        self.cloud = cloud
        self.app = RequestId(SizeLimit(AuthContext(Faces(admin_port))))

    def __call__(self, method, path, body=None, token=None, subject=None, headers=None, **more):
        request = webob.Request.blank(path, method=method, base_url='http://keystone.test:5000', **more)
        if body is not None:
            request.json = body
        if token:
            request.headers['X-Auth-Token'] = token
        if subject:
            request.headers['X-Subject-Token'] = subject
        request.headers.update(headers or {})
        return request.get_response(self.app)


class Cloud:
    """The managers and the people. `made` says that the database holds them already, `known` who they are."""

    def __init__(self, made=False, known=None):
        self.managers = loaded.managers()
        if not made:
            self._make()
        if known:
            vars(self).update(copy.deepcopy(known))
        else:
            self._look()

    def _look(self):
        self.roles = {role['name']: role['id'] for role in self.managers.roles.list_roles(Hints())}
        self.admin, self.owner, self.member, self.stranger = (
            self.managers.identity.user_by_name(name, 'default') for name in ('admin', 'owner', 'fellow', 'stranger'))
        projects = {project['name']: project for project in self.managers.resource.list_projects(Hints())}
        self.admin_project, self.project, self.elsewhere = projects['admin'], projects['demo'], projects['elsewhere']

    def known(self):
        """What `_look` found."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name != 'managers'})

    def _make(self):
        Bootstrap(self.managers, Answers(password=PASSWORD, region_id='RegionOne', public_url='http://k:5000',
                                         internal_url='http://k:5000', admin_url='http://k:35357')).run()
        self.roles = {role['name']: role['id'] for role in self.managers.roles.list_roles(Hints())}
        project, elsewhere = self.new_project('demo'), self.new_project('elsewhere')
        for name, where in (('owner', project), ('fellow', project), ('stranger', elsewhere)):
            self.new_user(name, where, 'member')

    def new_project(self, name, **values):
        return self.managers.resource.create_project({'name': name, 'domain_id': 'default', **values})

    def new_user(self, name, project=None, role='member', **values):
        user = self.managers.identity.create_user({'name': name, 'domain_id': 'default', 'password': PASSWORD,
                                                   **values})
        if project is not None:
            self.grant(user, role, project=project)
        return user

    def grant(self, user, role, project=None, domain_id=None, inherited=False):
        target = ('project', project['id']) if project else ('domain', domain_id) if domain_id else ('system', 'system')
        self.managers.grants.add(Grant('user', user['id'], *target, inherited), self.roles[role])

    def ungrant(self, user, role, project):
        self.managers.grants.remove(Grant('user', user['id'], 'project', project['id']), self.roles[role])

    def issue(self, user, scope=None, password=PASSWORD):
        """A Token by password."""
        identity = {'methods': ['password'], 'password': {'user': {'id': user['id'], 'password': password}}}
        return self.managers.auth.authenticate(identity, scope)

    def token(self, user, project=None, domain_id=None, system=False):
        """A token's text, scoped as asked."""
        scope = {'unscoped': {}}
        if project is not None:
            scope = {'project': {'id': project['id']}}
        elif domain_id is not None:
            scope = {'domain': {'id': domain_id}}
        elif system:
            scope = {'system': {'all': True}}
        return self.issue(user, scope).id

    @property
    def admin_token(self):
        return self.token(self.admin, self.admin_project)

    def cast(self):
        """{who: token} of everybody an endpoint is tried as; nobody has none."""
        return {'admin': self.admin_token, 'owner': self.token(self.owner, self.project),
                'member': self.token(self.member, self.project), 'stranger': self.token(self.stranger, self.elsewhere),
                'nobody': None}


@pytest.fixture(params=['sqlite', 'postgresql', 'mariadb'])
def url(request):
    """The URL of a fresh database of each kind; None for SQLite in the test's directory."""
    if request.param == 'sqlite':
        return None
    return request.getfixturevalue(request.param).create_database(f'keystone_{uuid.uuid4().hex[:8]}')


@pytest.fixture(scope='session')
def keyring(tmp_path_factory):
    """A repository of keys to copy: making keys waits for the disk."""
    path = tmp_path_factory.mktemp('keys') / 'keys'
    KeyRepository(path).setup()
    return path


@pytest.fixture
def start(database, conf, tmp_path, keyring):
    """start(url) -> the Managers of an empty Keystone on that database (SQLite when there is no url)."""
    def call(url=None):
        database('keystone', url)
        for name in ('fernet-keys', 'credential-keys'):
            if not (tmp_path / name).exists():
                shutil.copytree(keyring, tmp_path / name)
        conf.set('key_repository', str(tmp_path / 'fernet-keys'), 'fernet_tokens')
        conf.set('key_repository', str(tmp_path / 'credential-keys'), 'credential')
        conf.set('password_hash_rounds', 4, 'identity')
        loaded.reset()
        loaded._loaded.update(_rules)
        _rules['enforcer'] = loaded.enforcer()
        return loaded.managers()
    yield call
    loaded.reset()


@pytest.fixture
def keystone(start):
    """The Managers of an empty Keystone on SQLite."""
    return start()


@pytest.fixture(scope='session')
def stencil(tmp_path_factory):
    """Where the first test leaves a bootstrapped database for the others to copy."""
    return tmp_path_factory.mktemp('keystone') / 'keystone.sqlite'


@pytest.fixture(scope='session')
def known():
    """Where the first test leaves who is in it."""
    return {}


@pytest.fixture
def prefilled(stencil, tmp_path):
    """Whether the database `start` finds is a copy of the bootstrapped one."""
    if stencil.exists():
        shutil.copy(stencil, tmp_path / 'keystone.sqlite')
    return stencil.exists()


@pytest.fixture
def cloud(prefilled, start, stencil, known, tmp_path):
    """A bootstrapped Keystone with its cast."""
    start()
    made = Cloud(prefilled, known)
    if not prefilled:
        known.update(made.known())
        with sqlite3.connect(tmp_path / 'keystone.sqlite') as source, sqlite3.connect(stencil) as target:
            source.backup(target)
    return made


@pytest.fixture
def api(cloud):
    """The public port."""
    return Api(cloud)


@pytest.fixture
def admin_api(cloud):
    """The admin port."""
    return Api(cloud, admin_port=True)


@pytest.fixture
def as_admin(cloud, api):
    """as_admin(method, path, body): a call on v3 with the administrator's token."""
    token = cloud.admin_token

    def call(method, path, body=None, **more):
        return api(method, f'/v3{path}', body, token=token, **more)
    return call


@pytest.fixture
def admin(cloud, admin_api):
    """admin(method, path, body): a call of v2.0 on the admin port with the administrator's token."""
    token = cloud.admin_token

    def call(method, path, body=None, **more):
        return admin_api(method, f'/v2.0{path}', body, token=token, **more)
    return call


@pytest.fixture
def named(as_admin):
    """named('/users?enabled=true') -> the names in that list, sorted."""
    def call(path):
        body = as_admin('GET', path).json
        return sorted(each['name'] for each in body[path[1:].split('?')[0]])
    return call
