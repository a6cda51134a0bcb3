"""The last warnings and errors of a process, in a file that outlives it: why it died is read there."""
import collections
import logging
import os
import time

import orjson

from essex import context, trace

KEPT, LONGEST = 50, 2000
# A storm of errors must not become one of writes.
_WRITE_SECONDS = 1


class Ring(logging.Handler):
    """A log handler that keeps the last KEPT records in `path` (none: only in memory)."""

    def __init__(self, path):
        super().__init__(logging.WARNING)
        self.path, self._changed, self._written = path, False, 0
        self.records = collections.deque(read(path) if path else (), KEPT)

    def emit(self, record):
        current = context.current()
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            text += f' ({type(record.exc_info[1]).__name__}: {record.exc_info[1]})'
        self.records.append({'time': record.created, 'level': record.levelname, 'logger': record.name,
                             'daemon': trace.daemon_name(), 'request_id': current.request_id if current else None,
                             'message': text[:LONGEST]})
        self._changed = True
        if time.monotonic() - self._written >= _WRITE_SECONDS:
            self.write()

    def write(self):
        """Have the file say what is here. A disk that is full costs the file, not the daemon."""
        if not self._changed or not self.path:
            return
        self._changed, self._written = False, time.monotonic()
        temporary = f'{self.path}.{os.getpid()}'
        try:
            with open(temporary, 'wb') as file:
                file.write(orjson.dumps(list(self.records)))
            os.replace(temporary, self.path)
        except OSError:
            # To log it would come here again.
            self._changed = True

    def attach(self):
        """Hear what is logged; also after the log was set up anew."""
        root = logging.getLogger()
        if self not in root.handlers:
            root.addHandler(self)

    def detach(self):
        """Hear no more."""
        logging.getLogger().removeHandler(self)


def read(path):
    """The records of a file, oldest first: {time (epoch seconds), level, logger, daemon, request_id, message}."""
    try:
        with open(path, 'rb') as file:
            return orjson.loads(file.read())
    except (OSError, orjson.JSONDecodeError):
        return []
