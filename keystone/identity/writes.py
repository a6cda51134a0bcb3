"""Changes of users and groups, with what follows from them in SQL."""
from essex import db


def carry_out(changes, in_directory, write, record):
    """`write()` what the driver keeps, then `record(session)` what follows from it; returns what `write` did.

    One transaction; but for a directory that is written first, by itself: it may take seconds to answer, and a
    transaction would keep all other writers waiting. Should the database stay away after that, the directory's
    change stays (docs/identity-backends.md says what to do).
    """
    done = write() if in_directory else None

    @db.retry
    def commit():
        with changes.writer() as session:
            result = done if in_directory else write()
            record(session)
            return result
    return commit()
