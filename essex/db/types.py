"""Column types and base classes that behave alike on SQLite, PostgreSQL and MariaDB."""
import datetime

import orjson
from sqlalchemy import Column, DateTime, Text, types
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import declarative_base as _declarative_base


def utcnow():
    """Now, as the naive UTC datetime the databases keep."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


class JSON(types.TypeDecorator):
    """Any JSON value in a text column. Assign a new value to change it: changes inside are not seen."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name in ('mysql', 'mariadb'):
            # MariaDB's plain TEXT ends at 64 KiB.
            return dialect.type_descriptor(mysql.MEDIUMTEXT())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value, dialect):
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value, dialect):
        return None if value is None else orjson.loads(value)


# Microseconds everywhere: MariaDB's plain DATETIME cuts to seconds, which breaks ordering and markers.
Timestamp = DateTime().with_variant(mysql.DATETIME(fsp=6), 'mysql').with_variant(mysql.DATETIME(fsp=6), 'mariadb')


class TimestampMixin:
    """created_at and updated_at, kept by themselves."""

    created_at = Column(Timestamp, default=utcnow, nullable=False)
    updated_at = Column(Timestamp, onupdate=utcnow)


class _Model:
    """What every model can do."""

    def to_dict(self):
        """The row's columns by attribute name."""
        return {attribute.key: getattr(self, attribute.key) for attribute in self.__mapper__.column_attrs}

    def __repr__(self):
        key = ', '.join(f'{column.name}={getattr(self, column.name, None)!r}'
                        for column in self.__table__.primary_key.columns)
        return f'<{type(self).__name__} {key}>'


def declarative_base():
    """A base class for one service's models."""
    return _declarative_base(cls=_Model)
