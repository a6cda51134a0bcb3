"""Which storage nodes to ask, and in what order; nodes that fail too often are left alone for a while."""
import itertools
import logging
import random
import time

LOG = logging.getLogger(__name__)


class ErrorLimits:
    """Counts failures by node; shared by all requests of a proxy."""

    def __init__(self, limit, interval):
        self._limit, self._interval, self._failures = limit, interval, {}

    @staticmethod
    def _key(node):
        return node['ip'], node['port'], node['device']

    def skips(self, node):
        """Whether a node had so many failures lately that it is not to be asked."""
        if not self._failures:
            return False
        found = self._failures.get(self._key(node))
        if found is None:
            return False
        if time.monotonic() - found[1] > self._interval:
            del self._failures[self._key(node)]
            return False
        return found[0] > self._limit

    def failed(self, node, problem):
        """Count a failure, and log it."""
        found = self._failures.setdefault(self._key(node), [0, 0])
        found[0], found[1] = found[0] + 1, time.monotonic()
        LOG.error('%s:%s/%s: %s', *self._key(node), problem)

    def full(self, node):
        """The node answered 507: its device is full or gone; leave it alone at once."""
        self._failures[self._key(node)] = [self._limit + 1, time.monotonic()]
        LOG.error('%s:%s/%s: device unavailable or full', *self._key(node))


class Timings:
    """How long nodes took to answer lately: for sorting_method = timing."""

    def __init__(self, expiry):
        self._expiry, self._known = expiry, {}

    def took(self, node, seconds):
        """Remember; what is slower by less than a millisecond counts as equal."""
        self._known[node['ip']] = (round(seconds, 3), time.monotonic() + self._expiry)

    def of(self, node):
        """Seconds, or -1 for a node that was not asked lately: it is tried first."""
        seconds, until = self._known.get(node['ip'], (-1, 0))
        return seconds if until > time.monotonic() else -1


class NodeOrder:
    """Orders the nodes of a partition as a Placement says."""

    def __init__(self, limits, timings):
        self.limits, self.timings = limits, timings

    def for_reading(self, primaries, placement):
        """Primaries, the one to ask first first."""
        nodes = list(primaries)
        random.shuffle(nodes)
        if placement.sorting == 'timing':
            nodes.sort(key=self.timings.of)
        elif placement.sorting == 'affinity' and placement.read_affinity:
            nodes.sort(key=placement.read_affinity)
        return nodes

    @staticmethod
    def for_writing(primaries, handoffs, placement, replicas):
        """(nodes to write to first, an iterator of the others): with write affinity, local ones come first."""
        is_local = placement.write_affinity
        if is_local is None:
            return list(primaries), handoffs
        wanted = placement.write_affinity_nodes(replicas)
        primaries, handoffs = list(primaries), list(handoffs)
        local = [node for node in primaries if is_local(node)]
        chosen = list(itertools.islice(itertools.chain(local, (node for node in handoffs if is_local(node))), wanted))
        taken = {node['id'] for node in chosen}
        return chosen, (node for node in itertools.chain(primaries, handoffs) if node['id'] not in taken)


class NodeIter:
    """The nodes to try for one request: `first`, then `others`, at most `limit`, without those that fail too often."""

    def __init__(self, order, first, others, limit, primaries=None):
        self._limits = order.limits
        self._nodes = itertools.chain(first, others)
        self._left = limit
        self.primaries = {node['id'] for node in (first if primaries is None else primaries)}

    def __iter__(self):
        return self

    def __next__(self):
        while self._left > 0:
            node = next(self._nodes)
            if not self._limits.skips(node):
                self._left -= 1
                return node
        raise StopIteration

    def is_primary(self, node):
        """Whether the ring places the partition on this node."""
        return node['id'] in self.primaries
