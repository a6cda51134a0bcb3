"""Who changed what: keeps everything that is remembered in memory true, in this process and in others.

A writer of facts that tokens depend on (users, projects, grants, catalog...) adds one to a counter row in its
own transaction. When it commits, this process forgets at once. Other processes read the two counters again
when they last did so more than `[cache] revision_interval` seconds ago: one statement, no more often than that
under any load. So a change is seen at once here and within that interval elsewhere, and a remembered token
costs no statement in between.
"""
import contextlib
import threading
import time

from oslo_config import cfg
from sqlalchemy import event, select, update

from essex import config, db
from keystone.db.models import Revision

OPTS = [
    cfg.FloatOpt('revision_interval', default=1.0, min=0,
                 help='Seconds within which a change made by another process is seen here. 0 asks the database on '
                      'every request.'),
]
CONF = config.register(OPTS, 'cache')

FACTS, REVOCATIONS = 'facts', 'revocations'
_CURRENT = select(Revision.name, Revision.value)


class Changes:
    """The two counters as this process last saw them, and who wants to hear when they move."""

    def __init__(self):
        # Grows whenever facts may have changed; what was computed under an older one must not be kept.
        self.generation = 0
        self._seen = {}
        self._stale = {FACTS, REVOCATIONS}
        self._next = 0.0
        self._listeners = {FACTS: [], REVOCATIONS: []}
        self._lock = threading.Lock()

    def listen(self, name, function):
        """Call `function()` whenever the counter `name` moved."""
        self._listeners[name].append(function)

    @contextlib.contextmanager
    def writer(self, *names):
        """db.writer(), whose commit is announced to every process. `names`: FACTS unless told otherwise."""
        with db.writer() as session:
            yield session
            session.flush()
            self._announce(session, names or (FACTS,))

    def _announce(self, session, names):
        announced = session.info.setdefault('keystone.announced', set())
        for name in names:
            if name not in announced:
                announced.add(name)
                session.execute(update(Revision).where(Revision.name == name).values(value=Revision.value + 1))
                # Only once it is committed: a reader in between would remember the old state as the new one.
                event.listen(session, 'after_commit', lambda _session, name=name: self.expire(name), once=True)

    def expire(self, name):
        """Forget now; the counters are read again on next use."""
        with self._lock:
            self._stale.add(name)
            self._next = 0.0
            if name == FACTS:
                self.generation += 1

    def check(self):
        """Bring this process up to date. Costs nothing while the counters are younger than the interval."""
        now = time.monotonic()
        if now < self._next:
            return
        with self._lock:
            stale, self._stale = self._stale, set()
        with db.reader() as session:
            values = dict(session.execute(_CURRENT).all())
        moved = [name for name, value in values.items() if self._seen.get(name) != value or name in stale]
        self._seen = values
        if FACTS in moved:
            self.generation += 1
        for name in moved:
            for function in self._listeners[name]:
                function()
        with self._lock:
            # Something may have been announced while the counters were read.
            self._next = 0.0 if self._stale else now + CONF.cache.revision_interval
