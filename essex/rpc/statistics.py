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


def facts():
    """What this process tells of its messaging: `transport` (memory or amqp), `brokers` (host:port), `queues`: {name:
    {topic, depth}} of its servers, depth None where only the broker knows it; what it counted."""
    from essex.rpc import memory, process
    now = process.current()
    names = {name: server.topic for server in list(now.servers) for name in server.queue_names}
    queues = {name: {'topic': topic, 'depth': memory.depth(name) if now.broker.in_memory else None}
              for name, topic in sorted(names.items())}
    return {'transport': 'memory' if now.broker.in_memory else 'amqp', 'brokers': now.broker.addresses,
            'queues': queues, 'running': sum(server.running for server in list(now.servers)),
            **{name: _counts[name] for name in COUNTED}}
