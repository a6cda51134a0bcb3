"""The same on SQLite, PostgreSQL and MariaDB: migrations, exact comparison, order, pages, locks, what is too long."""
import datetime
import io
import threading
import uuid

import pytest
import sqlalchemy

from essex import db
from essex.context import RequestContext
from essex.db import migration
from glance import policy
from glance.db import cached, images, journal, locations, staging, tasks
from glance.db.journal import JOURNAL
from glance.db.models import Base
from glance.exception import DuplicateImage, DuplicateMember, ImportConflict, InvalidTransition, QuotaExceeded
from glance.image import sharing, upload
from glance.image.importing import request as imports
from glance.image.importing.worker import runner_of
from glance.image.manager import ImageManager
from glance.image.model import Image, Location
from glance.image.query import ImageQuery
from glance.store.loader import Stores

SERVERS = ('sqlite', 'postgresql', 'mariadb')


@pytest.fixture(params=SERVERS)
def rules(request, database):
    """An ImageManager over a fresh database on each of the servers."""
    url = None
    if request.param != 'sqlite':
        url = request.getfixturevalue(request.param).create_database('glance_test')
    database('glance', url)
    policy.enforcer.cache_clear()
    stores = Stores()
    stores.check()
    return ImageManager(stores)


@pytest.fixture
def context():
    return RequestContext(user_id='alice', project_id='alpha', roles=('member',))


def make(rules, context, **fields):
    return rules.create(context, Image(id=None, **{'owner': 'alpha', 'disk_format': 'raw', 'container_format': 'bare',
                                                   **fields}))


def test_the_schema_is_that_of_the_models(rules):
    inspector = sqlalchemy.inspect(db.engine())
    tables = set(inspector.get_table_names()) - {'migrate_version'}
    assert tables == set(Base.metadata.tables)
    for name, table in Base.metadata.tables.items():
        found = {column['name']: column for column in inspector.get_columns(name)}
        assert set(found) == set(table.columns.keys()), name
        for column in table.columns:
            assert found[column.name]['nullable'] == column.nullable, (name, column.name)
            assert word(found[column.name]['type']) == word(compiled(column)), (name, column.name)
        key = inspector.get_pk_constraint(name)['constrained_columns']
        assert set(key) == {each.name for each in table.primary_key}
        assert {index.name for index in table.indexes} <= {each['name'] for each in inspector.get_indexes(name)}
    assert migration.version('glance') == migration.newest('glance') == migration.sync('glance')


def word(kind):
    """A type's name without its length."""
    return str(kind).split(' ')[0].split('(')[0]


def compiled(column):
    """A column's type as the server calls it."""
    dialect = db.engine().dialect
    name = column.type.compile(dialect)
    if name == 'FLOAT(53)':
        return {'postgresql': 'DOUBLE_PRECISION', 'mysql': 'DOUBLE', 'mariadb': 'DOUBLE'}.get(dialect.name, 'FLOAT')
    return {'BOOL': 'TINYINT'}.get(name, name)


def test_an_image_comes_back_as_it_was(rules, context):
    image = make(rules, context, name='naïve \U0001f600', properties={'ключ': 'значение', 'A': '1', 'a': '2',
                                                                      'a ': '3', 'none': None},
                 tags=['B', 'b', 'b '], min_ram=2147483647)
    found = rules.get(context, image.id)
    assert found == image
    changed = rules.update(context, image.id, lambda record: (record.properties.pop('A'), record.tags.remove('B'),
                                                              setattr(record, 'name', None)))
    after = rules.get(context, image.id)
    assert after == changed
    assert 'A' not in after.properties and after.properties['a'] == '2' and after.tags == ['b',
                                                                                           'b '] and after.name is None


def names(rules, context, **query):
    return [image.name for image in rules.find(context, ImageQuery(**query))]


def test_comparison_is_exact(rules, context):
    for name in ('disk', 'Disk', 'disk ', 'dïsk'):
        make(rules, context, name=name, properties={'Key': name}, tags=[name])
    for name in ('disk', 'Disk', 'disk ', 'dïsk'):
        assert names(rules, context, any_of={'name': [name]}) == [name]
        assert names(rules, context, properties={'Key': name}) == [name]
        assert names(rules, context, tags=[name]) == [name]
    assert names(rules, context, properties={'key': 'disk'}) == []


@pytest.mark.parametrize('sort', [[], [('name', 'asc')], [('name', 'desc')], [('size', 'asc'), ('name', 'asc')],
                                  [('disk_format', 'desc'), ('size', 'desc')], [('updated_at', 'asc')]])
def test_pages_with_missing_values(rules, context, sort):
    for number in range(7):
        image = make(rules, context, name=None if number % 3 == 0 else f'n{number % 4}',
                     disk_format=None if number % 4 == 0 else 'raw')
        if number % 2 and image.disk_format:
            rules.upload(context, image, io.BytesIO(b'x' * number))
    whole = [image.id for image in rules.find(context, ImageQuery(sort=sort))]
    found, marker = [], None
    while page := rules.find(context, ImageQuery(sort=sort, limit=2, marker=marker)):
        found += [image.id for image in page]
        marker = found[-1]
    assert found == whole and len(set(found)) == 7


def test_an_upload_and_its_end(rules, context, conf):
    conf.set('user_storage_quota', '1000')
    image = make(rules, context)
    rules.upload(context, image, io.BytesIO(b'data'))
    found = rules.get(context, image.id)
    assert found.status == 'active' and found.size == 4 and found.locations == image.locations
    assert images.stored_bytes('alpha') == 4
    with pytest.raises(InvalidTransition):
        rules.upload(context, found, io.BytesIO(b'data'))
    rules.delete(context, found)
    assert images.stored_bytes('alpha') == 0 and rules.find(context, ImageQuery()) == []
    assert images.purge(db.utcnow(), 10) == 1
    assert upload.recover(rules.stores) == 0


def test_conflicts(rules, context, conf):
    image = make(rules, context)
    with pytest.raises(DuplicateImage):
        rules.create(context, Image(id=image.id))
    sharing.add(image, 'beta')
    with pytest.raises(DuplicateMember):
        sharing.add(image, 'beta')
    conf.set('image_member_quota', 1)
    with pytest.raises(QuotaExceeded):
        sharing.add(image, 'gamma')
    assert [each.member for each in sharing.visible_members(context, image)] == ['beta']


def test_changes_at_once_all_count(rules, context):
    image = make(rules, context)
    errors = []

    def change(number):
        try:
            rules.update(context, image.id, lambda record: record.properties.update({f'p{number}': str(number)}))
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(rules.get(context, image.id).properties) == {f'p{number}' for number in range(8)}


def test_members_at_once_keep_to_the_quota(rules, context, conf):
    conf.set('image_member_quota', 3)
    image = make(rules, context)
    outcomes = []

    def share(number):
        try:
            sharing.add(image, f'project-{number}')
            outcomes.append('added')
        except QuotaExceeded:
            outcomes.append('refused')
    threads = [threading.Thread(target=share, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ['added'] * 3 + ['refused'] * 5


def test_uploads_at_once_one_wins(rules, context):
    image = make(rules, context)
    outcomes = []

    def send(number):
        try:
            rules.upload(context, rules.get(context, image.id), io.BytesIO(str(number).encode()))
            outcomes.append(number)
        except InvalidTransition:
            outcomes.append(None)
    threads = [threading.Thread(target=send, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [each for each in outcomes if each is not None]
    assert len(winners) == 1 and len(outcomes) == 6
    assert b''.join(rules.data(context, rules.get(context, image.id))) == str(winners[0]).encode()


def test_what_each_of_two_projects_sees(rules, context):
    other = RequestContext(user_id='charlie', project_id='beta', roles=('member',))
    shared = make(rules, context, name='shared')
    make(rules, context, name='private', visibility='private')
    make(rules, context, name='community', visibility='community')
    make(rules, context, name='public', visibility='public')
    sharing.add(shared, 'beta')
    assert names(rules, other) == ['public']
    assert names(rules, other, member_status='all') == ['public', 'shared']
    assert names(rules, other, visibility='all') == ['public', 'community']
    sharing.answer(shared, 'beta', 'accepted')
    assert names(rules, other) == ['public', 'shared']
    assert len(names(rules, context)) == 4
    assert images.get(str(uuid.uuid4()), other) is None


def test_the_caches_of_nodes_and_copies_given_up(rules, context):
    for node in ('one', 'two', 'one'):
        cached.add(node, 'image', size=2 ** 40, checksum='c', hits=0, last_modified=1.6e9, last_accessed=1.6e9)
    cached.hit('two', 'image', 1.7e9 + 0.25)
    assert cached.entries('two') == [('image', 2 ** 40, 'c', 1.6e9, 1.7e9 + 0.25, 1)]
    cached.remove('one', 'image')
    assert cached.nodes('image') == ['two'] and cached.entries('one') == []
    image = make(rules, context)
    rules.upload(context, image, io.BytesIO(b'x'))
    images.add_location(image.id, Location('file:///else', 'else'))
    with db.writer():
        assert images.hold(image.id) and locations.begin_removal(image.id, 'else')
    assert [place.store for place in rules.get(context, image.id).locations] == ['file']
    assert rules.finish_removals() == 1 and locations.removals() == []


def test_tasks_and_staged_data(rules, context):
    expiry = db.utcnow() + datetime.timedelta(hours=1)
    for number in range(5):
        task = tasks.Task(tasks.new_id(), 'import', owner='alpha', input={'number': number}, status='pending')
        tasks.add(task)
        tasks.change(task.id, expires_at=expiry if number % 2 else None, message='\U0001f600')
    for order in ([('expires_at', 'asc')], [('expires_at', 'desc')], [('status', 'asc')], [('created_at', 'desc')]):
        found, marker = [], None
        while page := tasks.find({'type': 'import'}, 'alpha', order, 2, marker):
            found += page
            marker = page[-1].id
        assert sorted(each.input['number'] for each in found) == [0, 1, 2, 3, 4]
    tasks.change(task.id, expires_at=db.utcnow() - datetime.timedelta(seconds=1))
    assert tasks.get(task.id) is None and tasks.expire() == 1
    image = make(rules, context)
    staging.put(image.id, name='first', host='here', size=7)
    assert staging.change(image.id, 'first', next='second') and not staging.change(image.id, 'other', next='third')
    assert staging.known(['first', 'second', 'third']) == {'first', 'second'} and staging.bytes_of('alpha') == 7
    assert staging.get(image.id).name == 'first'
    assert images.purge(db.utcnow(), 10) == 0
    rules.delete(context, image)
    assert staging.known(['first']) == set() and images.count('alpha') == 0


def test_an_import_from_its_lock_to_its_end(rules, context):
    image = make(rules, context)
    rules.stage(context, image, io.BytesIO(b'data'))
    imports.begin(rules, context, image.id, imports.Wish(imports.DIRECT, {}))
    with pytest.raises(ImportConflict):
        imports.begin(rules, context, image.id, imports.Wish(imports.DIRECT, {}))
    runner = runner_of(rules)
    for operation_id in JOURNAL.ready(runner.owner, runner.queues):
        runner.run(operation_id)
    assert rules.get(context, image.id).status == 'active' and tasks.of_image(image.id)[0].status == 'success'
    assert journal.adopt('import.', 'import.here', {'host': 'here'}, db.utcnow()) == 0
