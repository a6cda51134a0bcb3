"""What Nova's daemons have in common: a record of their own that shows they live, and the names of their topics."""
import functools
import logging

from essex import db, rpc, service, vitals
from essex.config import CONF
from essex.db import facts, migration
from nova.compute import zones  # noqa: F401  its option is the zone reported
from nova.db import services

LOG = logging.getLogger(__name__)


class Heartbeat(service.Periodic):
    """Keeps a daemon's row in `services` young. Started last, so that only what serves is up."""

    def __init__(self, binary, topic):
        super().__init__(self._beat, CONF.report_interval, initial_delay=CONF.report_interval, daemon=binary)
        self.binary, self.topic = binary, topic
        self._started_at, self._failing = None, False

    def start(self):
        self._started_at = db.utcnow()
        self.run_once()
        super().start()

    def _beat(self):
        try:
            services.heartbeat(CONF.host, self.binary, self.topic, CONF.default_availability_zone, self._started_at)
        except Exception as error:
            # Told once: a database that is away for long must not fill the log.
            if not self._failing:
                LOG.error('%s cannot report to the database: %s', self.binary, error)
            self._failing = True
            return
        if self._failing:
            LOG.info('%s reports to the database again', self.binary)
        self._failing = False


class NovaDaemon(service.Daemon):
    """One of Nova's daemons. Subclasses set `name` (nova-compute) and `topic` (compute), and make parts in `setup`."""

    topic = None

    def setup(self):
        """Make the daemon's parts. Those of all of Nova's daemons are made elsewhere."""

    def bind(self):
        _require_schema()
        rpc.set_heartbeat_lookup(last_heartbeat)
        vitals.tell('database', lambda: facts.describe('nova'))
        super().bind()
        self.add(Heartbeat(self.name, self.topic or self.name.removeprefix('nova-')))


@functools.cache
def _require_schema():
    # Once a process: nova-all has many daemons on one database.
    migration.require('nova')


def last_heartbeat(topic, host):
    """When a daemon of `topic` (on `host`, or anywhere) was last seen; None when never. For rpc.Timeout's text."""
    seen = [row.last_seen_up for row in services.list(host=host) if row.topic == topic and row.last_seen_up]
    return max(seen, default=None)
