"""Sessions: one transaction, joined, counted, retried."""
import sqlite3

import pytest
import sqlalchemy
from sqlalchemy import Column, Integer, exc

from essex import db
from essex.exception import ConfigError, ServiceUnavailable

Base = db.declarative_base()


class Thing(Base):
    __tablename__ = 'things'
    id = Column(Integer, primary_key=True)
    data = Column(db.JSON)


@pytest.fixture
def things(conf, tmp_path):
    db.configure(f'sqlite:///{tmp_path}/x.sqlite')
    Base.metadata.create_all(db.engine())
    yield
    db.dispose()


def count():
    with db.reader() as session:
        return session.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(Thing))


def test_a_writer_commits(things):
    with db.writer() as session:
        session.add(Thing(data={'a': [1, None, 'ü']}))
    with db.reader() as session:
        assert session.get(Thing, 1).data == {'a': [1, None, 'ü']}


def test_an_exception_rolls_back_everything_inside(things):
    with pytest.raises(ValueError, match='no'), db.writer() as session:
        session.add(Thing())
        with db.writer() as inner:
            inner.add(Thing())
        raise ValueError('no')
    assert count() == 0


def test_a_reader_inside_a_writer_sees_its_work(things):
    with db.writer() as session:
        session.add(Thing())
        session.flush()
        assert count() == 1


def test_statements_are_counted(things):
    with db.count_statements() as counter:
        count()
        count()
    assert counter.total == 2


def test_retry_tries_again_what_is_transient(things):
    tries = []

    @db.retry
    def work():
        tries.append(1)
        if len(tries) < 3:
            raise exc.OperationalError('x', {}, sqlite3.OperationalError('database is locked'))
        return 'done'
    assert work() == 'done'
    assert len(tries) == 3


def test_retry_gives_up_with_a_sentence(things, conf):
    conf.set('max_retries', 2, 'database')

    @db.retry
    def work():
        raise exc.OperationalError('x', {}, sqlite3.OperationalError('database is locked'))
    with pytest.raises(ServiceUnavailable, match='Try again'):
        work()


def test_who_was_overtaken_looks_again(things):
    tries = []

    @db.retry
    def work():
        tries.append(1)
        if len(tries) == 1:
            raise exc.IntegrityError('x', {}, sqlite3.IntegrityError('UNIQUE'))
        return 'done'
    assert work() == 'done'


def test_retry_lets_others_through(things):
    @db.retry
    def work():
        raise exc.IntegrityError('x', {}, sqlite3.IntegrityError('UNIQUE'))
    with pytest.raises(exc.IntegrityError):
        work()


def test_no_connection_is_said(conf):
    db.dispose()
    with pytest.raises(ConfigError, match='connection is not set'):
        db.engine()


def test_errors_tell_no_values(things):
    """They get into logs, traces and the operator API; rows hold hashes of passwords and keys."""
    for _ in range(2):
        try:
            with db.writer() as session:
                session.add(Thing(id=1, data='secret'))
        except exc.IntegrityError as error:
            assert 'secret' not in str(error)
            return
    pytest.fail('the second row has the id of the first one')
