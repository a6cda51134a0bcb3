"""Who changed what: keeps everything that is remembered in memory true, in this process and in others.

A writer of facts that tokens depend on (users, projects, grants, catalog...) adds one to a counter row in its
own transaction. When it commits, this process forgets at once. Other processes read the counters, and new
revocations with them, when they last did so more than `[cache] revision_interval` seconds ago: one statement,
no more often than that under any load. So a change is seen at once here and within that interval elsewhere, and
a remembered token costs no statement in between.
"""
import contextlib
import threading
import time

from oslo_config import cfg
from sqlalchemy import event

from essex import config, db
from keystone.db import revocations
from keystone.notifications import Notifications

OPTS = [
    cfg.FloatOpt('revision_interval', default=1.0, min=0,
                 help='Seconds within which a change made by another process is seen here. 0 asks the database on '
                      'every request.'),
]
CONF = config.register(OPTS, 'cache')

FACTS, REVOCATIONS = 'facts', revocations.REVOCATIONS


class Changes:
    """The two counters as this process last saw them, and who wants to hear when they move."""

    def __init__(self):
        self.notifications = Notifications()
        # Grows whenever facts may have changed; what was computed under an older one must not be kept.
        self.generation = 0
        self._seen = None
        self._last_event = 0
        self._stale = {FACTS, REVOCATIONS}
        self._next = 0.0
        self._listeners = {FACTS: [], REVOCATIONS: []}
        self._lock = threading.Lock()

    def listen(self, name, function):
        """Call `function` whenever the counter `name` moved; one for REVOCATIONS is given the new events."""
        self._listeners[name].append(function)

    @contextlib.contextmanager
    def writer(self):
        """db.writer() for facts; its commit is announced to every process."""
        with db.writer() as session:
            yield session
            session.flush()
            self.announce(session, FACTS)

    def tell(self, verb, kind, key):
        """Notify that the `kind` (user, project...) with id `key` was created, updated, deleted or disabled.

        Call it within the writer: listeners are told when that commits, and never of what was rolled back.
        """
        self._after_commit(self.notifications.resource, verb, kind, key)

    def tell_grant(self, verb, grant, role_id):
        """As `tell`, of a role that was granted (created) or taken (deleted)."""
        self._after_commit(self.notifications.role_assignment, verb, grant, role_id)

    def _after_commit(self, function, *args):
        if self.notifications.enabled:
            with db.writer() as session:
                event.listen(session, 'after_commit', lambda _session: function(*args), once=True)

    def announce(self, session, name):
        """Count up within the session's transaction, and forget in this process when it commits."""
        announced = session.info.setdefault('keystone.announced', set())
        if name not in announced:
            announced.add(name)
            revocations.count_up(session, name)
            # Only once it is committed: a reader in between would remember the old state as the new one.
            event.listen(session, 'after_commit', lambda _session: self.expire(name), once=True)

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
            values, events = revocations.pulse(session, self._last_event)
        moved = FACTS in stale or self._seen != values.get(FACTS)
        self._seen = values.get(FACTS)
        if moved:
            self.generation += 1
            for function in self._listeners[FACTS]:
                function()
        if events:
            self._last_event = events[-1]['id']
            for function in self._listeners[REVOCATIONS]:
                function(events)
        with self._lock:
            # Something may have been announced while the counters were read.
            self._next = 0.0 if self._stale else now + CONF.cache.revision_interval
