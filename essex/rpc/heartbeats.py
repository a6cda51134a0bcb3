"""When a peer was last heard of: told by whoever keeps the service records."""
import datetime
import logging

LOG = logging.getLogger(__name__)

_lookup = None


def set_heartbeat_lookup(function):
    """`function(topic, host or None) -> datetime (naive UTC) or None`; asked when a call gets no answer."""
    global _lookup
    _lookup = function


def last_heartbeat(topic, host):
    """The last heartbeat of a peer, None when it is not known."""
    if _lookup is None:
        return None
    try:
        return _lookup(topic, host)
    except Exception:   # the timeout itself must be reported, whatever is wrong with the records
        LOG.exception('cannot look up the last heartbeat of %s on %s', topic, host)
        return None


def describe(moment):
    """A clause for people about `moment`."""
    if moment is None:
        return 'no heartbeat of it is known'
    now = datetime.datetime.now(datetime.UTC)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    age = max(0, (now - aware).total_seconds())
    return f'its last heartbeat was at {aware:%Y-%m-%d %H:%M:%S} UTC, {age:.0f} s ago'
