"""Nova's database on each kind of server, and a cast of callers."""
import pytest
from sqlalchemy import delete

from essex import db
from essex.context import RequestContext
from nova.db import models

_migrated = {}


def _empty():
    with db.writer() as session:
        for table in reversed(models.Base.metadata.sorted_tables):
            session.execute(delete(table))


@pytest.fixture
def nova_sqlite(database):
    """A fresh SQLite."""
    return database('nova')


@pytest.fixture(params=['sqlite', 'postgresql', 'mariadb'])
def nova_database(request, conf, database):
    """Each kind of database, migrated and empty; returns its name. On the servers one schema serves all tests."""
    name = request.param
    if name == 'sqlite':
        request.getfixturevalue('nova_sqlite')
    else:
        server = request.getfixturevalue(name)
        if name not in _migrated:
            _migrated[name] = database('nova', server.create_database('nova_unit'))
        conf.set('connection', _migrated[name], 'database')
        db.configure(_migrated[name])
        _empty()
    return name


def caller(project='alpha', user='alice', **more):
    """The context of a user."""
    return RequestContext(user_id=user, project_id=project, **more)


@pytest.fixture
def alice():
    """A user of project alpha."""
    return caller()


@pytest.fixture
def stranger():
    """A user of another project."""
    return caller('beta', 'mallory')


@pytest.fixture
def admin():
    """An administrator in a project of their own."""
    return caller('ops', 'root', is_admin=True, roles=('admin',))
