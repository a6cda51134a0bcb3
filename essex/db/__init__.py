"""SQL state: engine, sessions, base model, retry. One database a process ([database] connection).

    with db.writer() as session:      # one transaction, committed at the end
        session.add(...)

Never let other green threads run (RPC, HTTP, sleep, file transfer) inside a writer: on SQLite they would
wait for the one write lock, on the others for rows.
"""
from essex.db.engine import configure, connection_url, count_statements, dispose, engine, reader, retry, writer
from essex.db.types import JSON, TimestampMixin, declarative_base, utcnow

__all__ = ['JSON', 'TimestampMixin', 'configure', 'connection_url', 'count_statements', 'declarative_base', 'dispose',
           'engine', 'reader', 'retry', 'utcnow', 'writer']
