"""Rules of the cache of image data."""
from essex.policy import rule

_ADMIN = 'rule:context_is_admin'

RULES = [
    rule('manage_image_cache', _ADMIN, 'See and change what this node has in its cache.',
         [('GET', '/v1/cached_images'), ('POST', '/v2/cache/prune')]),
    rule('cache_list', _ADMIN, 'See what this node has in its cache.', [('GET', '/v2/cache')]),
    rule('cache_image', _ADMIN, 'Fetch an image into the cache.', [('PUT', '/v2/cache/{image_id}')]),
    rule('cache_delete', _ADMIN, 'Take images out of the cache.', [('DELETE', '/v2/cache/{image_id}')]),
    rule('list_cached_nodes', _ADMIN, 'See which nodes have an image in their caches.',
         [('GET', '/v2/cache/nodes/{image_id}')]),
]
