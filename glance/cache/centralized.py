"""Notes on the caches of all nodes in the service's database, each node's under its URL."""
from essex import config
from glance.cache.index import Entry, Index, Unusable
from glance.db import cached
from glance.image.staged import own_address


class CentralizedIndex(Index):
    """One table of nodes and one of what each has."""

    def check(self):
        """See Index.check."""
        self._node = own_address() or config.CONF.host
        if len(self._node) > 255:
            raise Unusable('worker_self_reference_url has more than 255 characters')

    def add(self, entry, path):
        """See Index.add."""
        cached.add(self._node, entry.image_id, size=entry.size, checksum=entry.checksum, hits=entry.hits,
                   last_modified=entry.last_modified, last_accessed=entry.last_accessed)

    def hit(self, image_id, now):
        """See Index.hit."""
        cached.hit(self._node, image_id, now)

    def remove(self, image_id):
        """See Index.remove."""
        cached.remove(self._node, image_id)

    def entries(self):
        """See Index.entries."""
        return [Entry(*row) for row in cached.entries(self._node)]

    def nodes(self, image_id):
        """See Index.nodes."""
        return cached.nodes(image_id)
