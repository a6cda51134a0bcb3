"""/v2/cache: the cache of the node that answers."""
from essex import wsgi
from essex.exception import BadRequest, NotFound
from glance import policy
from glance.api.caching import CACHE, entry
from glance.cache.prefetch import Prefetcher
from glance.image import status
from glance.image.manager import is_id

_TARGET = 'X-Image-Cache-Clear-Target'


class CacheController(wsgi.Controller):
    """What is cached and queued. Where the flavor has no caching, these paths do not exist."""

    def __init__(self, manager):
        self.manager = manager
        self._prefetchers = {}

    def _cache(self, req, rule):
        cache = req.environ.get(CACHE)
        if cache is None:
            raise NotFound('Caching of images is not enabled on this node: it needs image_cache_dir and a flavor with '
                           'caching.')
        policy.enforce(req.context, rule)
        return cache

    @wsgi.route('GET', '/cache')
    def index(self, req):
        """What is there, and what is wanted."""
        cache = self._cache(req, 'cache_list')
        return {'cached_images': [entry(each) for each in cache.entries()], 'queued_images': cache.queued()}

    @wsgi.route('PUT', '/cache/<image_id>', status=202)
    def queue(self, req, image_id):
        """Want an image, and begin to fetch it."""
        cache = self._cache(req, 'cache_image')
        image = self.manager.get(req.context, image_id)
        if image.status != status.ACTIVE:
            raise BadRequest(f'Image {image.id} is {image.status}: only what is active is cached.')
        if not cache.has(image.id):
            cache.want(image.id)
            self._prefetcher(cache).start()

    def _prefetcher(self, cache):
        if cache not in self._prefetchers:
            self._prefetchers[cache] = Prefetcher(cache, self.manager)
        return self._prefetchers[cache]

    @wsgi.route('DELETE', '/cache/<image_id>', status=204)
    def delete(self, req, image_id):
        """Take an image out of the cache and its queue."""
        cache = self._cache(req, 'cache_delete')
        if not is_id(image_id):
            self.manager.get(req.context, image_id)
        unwanted, deleted = cache.unwant(image_id), cache.delete(image_id)
        if not unwanted and not deleted:
            self.manager.get(req.context, image_id)   # raises when there is no such image either

    @wsgi.route('DELETE', '/cache', status=204)
    def clear(self, req):
        """Empty the cache, its queue, or both."""
        cache = self._cache(req, 'cache_delete')
        target = req.headers.get(_TARGET, '').lower()
        if target not in ('', 'cache', 'queue'):
            raise BadRequest(f'{_TARGET} is cache or queue, or is left out for both; not {target[:40]!r}.')
        if target != 'queue':
            cache.clear()
        if target != 'cache':
            cache.clear_queue()

    @wsgi.route('GET', '/cache/nodes/<image_id>')
    def nodes(self, req, image_id):
        """The nodes that have an image in their caches."""
        cache = self._cache(req, 'list_cached_nodes')
        nodes = cache.nodes(self.manager.get(req.context, image_id).id)
        if nodes is None:
            raise NotFound('Only image_cache_driver centralized_db knows the caches of other nodes.')
        return {'cached_nodes': nodes}

    @wsgi.route('POST', '/cache/clean')
    def clean(self, req):
        """Remove what is spoilt or stalled."""
        self._cache(req, 'manage_image_cache').clean()

    @wsgi.route('POST', '/cache/prune')
    def prune(self, req):
        """Remove what was read longest ago until the rest is within image_cache_max_size."""
        count, size = self._cache(req, 'manage_image_cache').prune()
        return {'total_files_pruned': count, 'total_bytes_pruned': size}
