"""Bringing wanted images into the cache."""
import logging

from essex import concurrency, context
from essex.exception import EssexError
from glance.db.visibility import EVERYONE

LOG = logging.getLogger(__name__)


class Prefetcher:
    """Fetches what is in the queue of `cache` through an ImageManager."""

    def __init__(self, cache, manager):
        self._cache, self._manager = cache, manager
        self._busy = False

    def run(self):
        """Fetch every image in the queue; returns (how many came, how many did not)."""
        done = [self.fetch(image_id) for image_id in self._cache.queued()]
        return done.count(True), done.count(False)

    def start(self):
        """Fetch what is in the queue in the background, one image after another; returns at once."""
        if not self._busy:
            self._busy = True
            concurrency.spawn(self._run_all)

    def _run_all(self):
        token = context.bind(context.RequestContext(is_admin=True))
        try:
            tried = set()
            while left := [image_id for image_id in self._cache.queued() if image_id not in tried]:
                tried.add(left[0])
                self.fetch(left[0])
        except Exception:
            LOG.exception('Images in the queue of the cache are not fetched')
        finally:
            self._busy = False
            context.unbind(token)

    def fetch(self, image_id):
        """Bring one image into the cache; returns whether it is there. One that is no more leaves the queue."""
        try:
            image = self._manager.get(EVERYONE, image_id)
            return self._cache.fetch(image, lambda: self._manager.data(EVERYONE, image))
        except EssexError as error:
            LOG.error('Image %s is not fetched into the cache: %s', image_id, error)
            if error.code == 404:
                self._cache.unwant(image_id)
        except OSError:
            LOG.exception('Image %s is not fetched into the cache', image_id)
        return False
