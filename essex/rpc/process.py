"""What a process shares for messaging: one broker, publisher and reply queue, made when first needed."""
import logging
import os
import threading

from essex.rpc import broker as brokers
from essex.rpc import memory
from essex.rpc.options import CONF
from essex.rpc.publisher import Publisher
from essex.rpc.replies import Replies

LOG = logging.getLogger(__name__)

_lock = threading.Lock()
_current = None
_url = None   # of configure(); else transport_url


class Process:
    """The messaging of this process."""

    def __init__(self, url):
        self.broker = brokers.Broker(url)
        self.publisher = Publisher(self.broker)
        self.replies = Replies(self.broker)
        self.servers = set()

    def state(self):
        """The part of `rpc.stats()` that is known here."""
        names = sorted({name for server in self.servers for name in server.queue_names})
        try:
            depths = self.publisher.depths(names) if names else {}
        except brokers.ERRORS as error:
            LOG.warning('cannot ask %s for queue depths: %s', self.broker.name, brokers.describe(error))
            depths = None
        return {'transport': self.broker.name, 'queues': depths, 'waiting': self.replies.waiting,
                'running': sum(server.running for server in self.servers)}

    def close(self):
        """Stop its servers and close its connections."""
        for server in list(self.servers):
            server.stop()
        self.replies.close()
        self.publisher.close()


def current():
    """The messaging of this process, to the broker of `configure` or of transport_url."""
    global _current
    if _current is None:
        with _lock:
            if _current is None:
                _current = Process(_url or CONF.transport_url)
    return _current


def configure(url):
    """Use the broker at `url` from now on; what used another is shut down."""
    global _current, _url
    shutdown()
    with _lock:
        _current, _url = Process(url), url


def shutdown():
    """Stop this process's servers, fail its waiting calls, close its connections. It may begin anew."""
    global _current, _url
    with _lock:
        ending, _current, _url = _current, None, None
    if ending is not None:
        ending.close()
        if ending.broker.in_memory:
            memory.clear()


def after_fork():
    """In a forked child: forget the parent's connections without a word to the broker. Runs by itself."""
    global _current, _lock
    _lock = threading.Lock()
    _current = None
    memory.clear()


os.register_at_fork(after_in_child=after_fork)
