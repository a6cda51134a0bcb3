"""Tells the daemon that serves a queue of the journal that work waits there.

Nothing depends on it: a bell nobody hears only means that the daemon finds the work at its next look.
"""
import logging

from essex import context as contexts
from essex import rpc
from essex.rpc import threads

LOG = logging.getLogger(__name__)

# While the broker is away each ring waits for it; further ones would only say the same.
_MAX_WAITING = 200
_waiting = set()
_clients = {}


def ring(queue, operation_id):
    """Announce operation `operation_id` at `queue` ('scheduler', 'compute.<host>'); returns at once."""
    if len(_waiting) < _MAX_WAITING:
        _waiting.add((queue, operation_id))
        threads.start('bell', _cast, queue, operation_id, contexts.current())


def _cast(queue, operation_id, context):
    topic, _, host = queue.partition('.')
    try:
        client = _clients.setdefault(topic, rpc.Client(topic))
        client.cast(context, 'work', host=host or None, operation_id=operation_id)
    except Exception as error:
        LOG.warning('operation %s: cannot announce it at %s: %s', operation_id, queue, error)
    finally:
        _waiting.discard((queue, operation_id))
