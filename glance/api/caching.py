"""The filters of the flavors caching and cachemanagement: reading through the cache, and managing it.

They stand right of authentication: who may read an image is decided as ever, and only its data comes from elsewhere.
"""
import functools

from essex import wsgi
from essex.exception import ConfigError, NotFound
from glance import policy
from glance.api.faults import render
from glance.cache.cache import ImageCache
from glance.cache.options import CONF

# Where a request's environment holds the ImageCache it is to be read through.
CACHE = 'glance.cache'
_PATHS = ('cached_images', 'queued_images')


@functools.cache
def cache():
    """The ImageCache of this process. Raises ConfigError."""
    if not CONF.image_cache_dir:
        raise ConfigError('image_cache_dir is not set: a flavor with caching or cachemanagement needs it.')
    return ImageCache()


class Caching:
    """WSGI filter: marks requests to be read through the cache."""

    def __init__(self, app, found):
        self.app, self._cache = app, found

    def __call__(self, environ, start_response):
        environ[CACHE] = self._cache
        return self.app(environ, start_response)


def forget(req, image):
    """Take a deleted image out of the cache that a request goes through, if there is one."""
    if CACHE in req.environ:
        req.environ[CACHE].forget(image.id)


def caching_factory(global_conf, **local_conf):
    """Paste."""
    found = cache()
    return lambda app: Caching(app, found)


class CachedImages(wsgi.Controller):
    """/cached_images and /queued_images, as version 1 has them and version 2 had them."""

    def __init__(self, found):
        self._cache = found

    @staticmethod
    def _enforce(req):
        policy.enforce(req.context, 'manage_image_cache')

    @wsgi.route('GET', '/cached_images')
    def index(self, req):
        """What is in the cache."""
        self._enforce(req)
        return {'cached_images': [entry(each) for each in self._cache.entries()]}

    @wsgi.route('DELETE', '/cached_images')
    def clear(self, req):
        """Empty the cache."""
        self._enforce(req)
        return {'num_deleted': self._cache.clear()}

    @wsgi.route('DELETE', '/cached_images/<image_id>')
    def delete(self, req, image_id):
        """Take one image out of the cache; one that is not there is no error."""
        self._enforce(req)
        _checked(image_id, self._cache.delete)

    @wsgi.route('GET', '/queued_images')
    def queued(self, req):
        """What is wanted in the cache, the oldest wish first."""
        self._enforce(req)
        return {'queued_images': self._cache.queued()}

    @wsgi.route('PUT', '/queued_images/<image_id>')
    def queue(self, req, image_id):
        """Want an image in the cache; the prefetcher brings it."""
        self._enforce(req)
        _checked(image_id, self._cache.want)

    @wsgi.route('DELETE', '/queued_images')
    def clear_queue(self, req):
        """Empty the queue."""
        self._enforce(req)
        return {'num_deleted': self._cache.clear_queue()}

    @wsgi.route('DELETE', '/queued_images/<image_id>')
    def unqueue(self, req, image_id):
        """Take one image out of the queue; one that is not there is no error."""
        self._enforce(req)
        _checked(image_id, self._cache.unwant)


def entry(each):
    """An Entry as the APIs show it."""
    return {'image_id': each.image_id, 'last_accessed': each.last_accessed, 'last_modified': each.last_modified,
            'size': each.size, 'hits': each.hits, 'checksum': each.checksum}


def _checked(image_id, function):
    try:
        return function(image_id)
    except ValueError as error:
        raise NotFound(f'{image_id[:80]} is no image ID.') from error


class CacheManagement:
    """WSGI filter: answers the paths of CachedImages below /v1 and /v2, hands on the rest."""

    def __init__(self, app, found):
        self.app = app
        self._own = wsgi.Application([CachedImages(found)], render)

    def __call__(self, environ, start_response):
        version, _, rest = environ.get('PATH_INFO', '').lstrip('/').partition('/')
        if version not in ('v1', 'v2') or rest.partition('/')[0] not in _PATHS:
            return self.app(environ, start_response)
        return self._own({**environ, 'PATH_INFO': f'/{rest}'}, start_response)


def management_factory(global_conf, **local_conf):
    """Paste."""
    found = cache()
    return lambda app: CacheManagement(app, found)
