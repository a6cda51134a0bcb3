"""An image service in one process, and a cast: admin, owner, member and reader of a project, a stranger, nobody."""
import io
import json

import pytest
import webob

from essex import config, db
from essex.context import RequestContext
from essex.db import migration
from glance import policy
from glance.api import app as apps
from glance.api.body_limit import V1_DATA, V2_DATA, BodyLimit
from glance.api.versions import VersionNegotiation
from glance.db.journal import JOURNAL
from glance.db.models import Base
from glance.image.importing.worker import runner_of
from glance.image.manager import ImageManager
from glance.image.model import Image
from glance.store.filesystem import FilesystemStore
from glance.store.loader import SECTION_OPTS, Stores

CAST = {
    'admin': {'user_id': 'root', 'project_id': 'admin-project', 'roles': ('admin',), 'is_admin': True},
    'owner': {'user_id': 'alice', 'project_id': 'alpha', 'roles': ('member', 'reader')},
    'member': {'user_id': 'bob', 'project_id': 'alpha', 'roles': ('Member',)},
    'reader': {'user_id': 'rita', 'project_id': 'alpha', 'roles': ('reader',)},
    'stranger': {'user_id': 'charlie', 'project_id': 'beta', 'roles': ('member',)},
    'unscoped': {'user_id': 'alice', 'project_id': None, 'roles': ()},
}


class Caller:
    """Calls the whole application, without a network, as somebody. Answers are webob.Responses."""

    def __init__(self, app, context):
        self.app, self.context = app, context

    def __call__(self, method, path, body=None, headers=None, data=None):
        request = webob.Request.blank(path, method=method, base_url='http://images.test:9292')
        if isinstance(body, (dict, list)):
            request.body = json.dumps(body).encode()
            request.content_type = 'application/json'
        elif body is not None:
            request.body = body
            request.content_type = 'application/json'
        if data is not None:
            request.body_file_raw = io.BytesIO(data)
            request.content_length = len(data)
            request.content_type = 'application/octet-stream'
        request.headers.update(headers or {})
        if self.context is not None:
            request.environ['essex.context'] = RequestContext(**self.context)
        return request.get_response(self.app)

    def create(self, **fields):
        """A queued image's document."""
        answer = self('POST', '/v2/images', {'name': 'image', 'disk_format': 'raw', 'container_format': 'bare',
                                             **fields})
        assert answer.status_int == 201, answer.text
        return answer.json

    def upload(self, image, data=b'data'):
        """Give an image its data; returns its document."""
        answer = self('PUT', f'/v2/images/{image["id"]}/file', data=data)
        assert answer.status_int == 204, answer.text
        return self('GET', f'/v2/images/{image["id"]}').json

    def patch(self, image, *operations, kind='application/openstack-images-v2.1-json-patch'):
        """The answer to a patch of (op, path, value) tuples."""
        body = [dict(zip(('op', 'path', 'value'), each)) for each in operations]
        return self('PATCH', f'/v2/images/{image["id"]}', body, {'Content-Type': kind})


class Cloud:
    """The rules, and a Caller for each of the cast, by name."""

    def __init__(self, rules, faces):
        self.rules, self.api, self.registry_app = rules, faces.api, faces.registry
        faces.rules = rules
        for name, values in CAST.items():
            setattr(self, name, Caller(self.api, values))
        self.nobody = Caller(self.api, None)

    def registry(self, name):
        """A Caller of the registry's API."""
        return Caller(self.registry_app, CAST[name])

    def context(self, name):
        """The RequestContext of one of the cast."""
        return RequestContext(**CAST[name])


class Database:
    """One SQLite for the whole run, emptied before each test: a new one would compile every statement again."""

    def __init__(self, path):
        self.url = f'sqlite:///{path}'
        self._engine = None

    def use(self):
        """Make it the process's, unless it is."""
        if db.engine() is not self._engine:
            self._engine = db.configure(self.url)
            migration.sync('glance')
        with db.writer() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())


@pytest.fixture(scope='session')
def kept(tmp_path_factory):
    """The Database."""
    yield Database(tmp_path_factory.mktemp('glance') / 'glance.sqlite')
    db.dispose()


@pytest.fixture
def rules(conf, kept):
    """An ImageManager over an empty database and an empty directory."""
    conf.set('connection', kept.url, 'database')
    kept.use()
    policy.enforcer.cache_clear()
    stores = Stores()
    stores.check()
    return ImageManager(stores)


class Faces:
    """The applications, made once: compiling their schemas takes longer than most tests. `rules` is whose they are."""

    def __init__(self):
        self.rules = None
        self.api = VersionNegotiation(apps.Root({'/v1': BodyLimit(apps.v1_app(self), V1_DATA),
                                                 '/v2': BodyLimit(apps.v2_app(self), V2_DATA)}))
        self.registry = apps.registry_app(self)

    def __getattr__(self, name):
        return getattr(self.rules, name)


@pytest.fixture(scope='session')
def faces():
    """The Faces of this run."""
    return Faces()


@pytest.fixture
def cloud(rules, faces):
    """A Cloud."""
    return Cloud(rules, faces)


@pytest.fixture
def make(rules):
    """make(owner='alpha', data=b'..', **fields) -> an Image record, past the faces."""
    def make(context=None, data=None, **fields):
        values = {'owner': 'alpha', 'disk_format': 'raw', 'container_format': 'bare', **fields}
        context = context or RequestContext(**CAST['admin'])
        image = rules.create(context, Image(id=values.pop('id', None), **values))
        if data is not None:
            rules.upload(context, image, io.BytesIO(data))
        return image
    return make


@pytest.fixture
def stored(conf, tmp_path):
    """() -> the files in the store, half-written ones included."""
    def look():
        return sorted(str(path.relative_to(tmp_path / 'images')) for path in (tmp_path / 'images').rglob('*')
                      if path.is_file())
    return look


@pytest.fixture
def work(rules):
    """work() runs every import that waits, to its end."""
    runner = runner_of(rules)

    def run():
        while waiting := JOURNAL.ready(runner.owner, runner.queues):
            for operation_id in waiting:
                runner.run(operation_id)
    return run


@pytest.fixture
def several(conf, rules, tmp_path):
    """Three stores: fast (the default), slow and attic."""
    conf.set('enabled_backends', {'fast': 'file', 'slow': 'file', 'attic': 'file'})
    conf.set('default_backend', 'fast', 'glance_store')
    for name in ('fast', 'slow', 'attic'):
        config.register([*FilesystemStore.OPTS, *SECTION_OPTS], name)
        conf.set('filesystem_store_datadir', str(tmp_path / 'images' / name), name)
    rules.stores = Stores()
    rules.stores.check()
    return rules.stores
