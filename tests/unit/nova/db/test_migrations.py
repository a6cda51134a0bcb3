"""The schema the migrations make is the one the models describe, on every kind of database."""
import sqlalchemy

from essex import db
from essex.db import migration
from nova.db import models


def _type(column_type):
    """Types as they compare: MariaDB reports Boolean as TINYINT, Text as MEDIUMTEXT and so on."""
    text = str(column_type).split(' COLLATE')[0].split(' CHARACTER')[0]
    for alias, name in (('TINYINT', 'BOOLEAN'), ('MEDIUMTEXT', 'TEXT'), ('DOUBLE_PRECISION', 'FLOAT'),
                        ('DOUBLE PRECISION', 'FLOAT'), ('TIMESTAMP', 'DATETIME'), ('INTEGER(11)', 'INTEGER')):
        text = name if text.startswith(alias) else text
    return text


def _described(inspector):
    return {table: {
        'columns': {column['name']: (_type(column['type']), column['nullable'])
                    for column in inspector.get_columns(table)},
        'key': tuple(inspector.get_pk_constraint(table)['constrained_columns']),
        'references': sorted((tuple(each['constrained_columns']), each['referred_table'],
                              each['options'].get('ondelete', 'NO ACTION').upper())
                             for each in inspector.get_foreign_keys(table)),
        'unique': sorted({tuple(each['column_names']) for each in inspector.get_unique_constraints(table)}),
        'indexes': sorted({(tuple(each['column_names']), bool(each['unique']))
                           for each in inspector.get_indexes(table)})}
        for table in inspector.get_table_names() if table != 'migrate_version'}


def test_migrations_make_what_the_models_say(nova_database, request, tmp_path):
    migrated = _described(sqlalchemy.inspect(db.engine()))
    if nova_database == 'sqlite':
        url = f'sqlite:///{tmp_path}/models.sqlite'
    else:
        url = request.getfixturevalue(nova_database).create_database('nova_models')
    db.configure(url)
    models.Base.metadata.create_all(db.engine())
    assert migrated == _described(sqlalchemy.inspect(db.engine()))


def test_names_compare_byte_by_byte(nova_database):
    """MariaDB would take Web and web, or e and é, for the same name."""
    from nova.db import keypairs
    for name in ('web', 'Web', 'wéb'):
        keypairs.create({'user_id': 'u', 'name': name, 'fingerprint': 'f', 'public_key': 'k'})
    assert keypairs.get('u', 'Web').name == 'Web'


def test_sync_again_changes_nothing(nova_sqlite):
    assert migration.sync('nova') == migration.version('nova') == migration.newest('nova') == 5
