"""What messaging did since the process began, for `essex status` and the curious."""
import collections
import threading

_lock = threading.Lock()
_counts = collections.Counter()

COUNTED = ('calls', 'casts', 'fanouts', 'timeouts', 'errors', 'handled', 'failed')


def count(name):
    """One more of `name`, which is one of COUNTED."""
    with _lock:
        _counts[name] += 1


def stats():
    """A dict: how many were sent (calls, casts, fanouts), timed out or ended in an error; handled and failed
    here; `running` handlers, `waiting` callers, `transport`, and `queues`: how many messages wait in each
    queue of this process's servers (None when the broker is away)."""
    from essex.rpc import process
    result = {name: _counts[name] for name in COUNTED}
    result.update(process.current().state())
    return result
