"""Leave to open consoles. Only digests of tokens are kept."""
import sqlalchemy
from sqlalchemy import select

from essex import db
from nova.db.models import ConsoleToken


@db.retry
def store(token_hash, instance_uuid, console_type, host, port, internal_access_path, expires_at):
    """Keep what a token opens until `expires_at` (naive UTC)."""
    with db.writer() as session:
        session.add(ConsoleToken(token_hash=token_hash, instance_uuid=instance_uuid, console_type=console_type,
                                 host=host, port=port, internal_access_path=internal_access_path,
                                 expires_at=expires_at))


def valid(token_hash):
    """The row of a token that has not expired, or None."""
    with db.reader() as session:
        return session.scalars(select(ConsoleToken).where(ConsoleToken.token_hash == token_hash,
                                                          ConsoleToken.expires_at > db.utcnow())).first()


@db.retry
def take(token_hash):
    """The row of a token that has not expired, and no one gets it again; else None."""
    with db.writer() as session:
        row = session.scalars(select(ConsoleToken).where(ConsoleToken.token_hash == token_hash)
                              .with_for_update()).first()
        if row is None:
            return None
        session.execute(sqlalchemy.delete(ConsoleToken).where(ConsoleToken.token_hash == token_hash)
                        .execution_options(synchronize_session=False))
        session.expunge(row)
        return row if row.expires_at > db.utcnow() else None


@db.retry
def delete_of_instance(instance_uuid):
    """Forget the tokens of a server."""
    _delete(ConsoleToken.instance_uuid == instance_uuid)


@db.retry
def purge():
    """Forget what has expired; returns how many."""
    return _delete(ConsoleToken.expires_at <= db.utcnow())


def _delete(condition):
    with db.writer() as session:
        return session.execute(sqlalchemy.delete(ConsoleToken).where(condition)
                               .execution_options(synchronize_session=False)).rowcount
