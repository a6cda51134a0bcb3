"""All checks, in an order in which the first finding is the one to mend first."""
import sqlalchemy.exc

from essex import db
from essex.exception import EssexError
from keystone.doctor import database, keys, network, settings
from keystone.doctor import error as found_error
from keystone.managers import Managers


def _guarded(check):
    """The findings of a check; that it fails is one."""
    try:
        yield from check()
    except (EssexError, OSError, sqlalchemy.exc.SQLAlchemyError, ValueError) as problem:
        first = str(getattr(problem, 'orig', None) or problem).strip().splitlines()
        yield found_error(f'{check.__module__.rpartition(".")[2]}.{check.__name__} could not be looked at: '
                          f'{first[0] if first else type(problem).__name__}', 'Mend what is named above first.')


def _reachable():
    try:
        with db.reader() as session:
            session.execute(sqlalchemy.text('SELECT 1'))
    except (EssexError, OSError, sqlalchemy.exc.SQLAlchemyError) as problem:
        first = str(getattr(problem, 'orig', None) or problem).strip().splitlines()[0]
        yield found_error(f'The database cannot be reached: {first}',
                          'Start it, or correct [database] connection.')


def findings():
    """Every Finding. Without a database of this version only what needs none is looked at."""
    for check in (*settings.CHECKS[:4], *network.CHECKS, keys.of_tokens, keys.of_receipts):
        yield from _guarded(check)
    broken = list(_reachable()) or list(_guarded(database.version))
    yield from broken
    if broken:
        return
    for check in (*database.CHECKS[1:], *settings.CHECKS[4:], keys.of_credentials,
                  network.Endpoints(Managers().catalog).check):
        yield from _guarded(check)
