"""Options of the cache, under the names operators know."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.StrOpt('image_cache_dir',
               help='Directory of the cache. Used where the Paste file\'s flavor has caching or cachemanagement in it '
                    '(keystone+cachemanagement).'),
    cfg.StrOpt('image_cache_driver', default='sqlite',
               help='Where the cache notes how often each image was read: sqlite (a file in the directory), xattr '
                    '(attributes of the files) or centralized_db (this service\'s database).'),
    cfg.StrOpt('image_cache_sqlite_db', default='cache.db', help='The file of the driver sqlite.'),
    cfg.IntOpt('image_cache_max_size', default=10 * 1024 ** 3, min=0,
               help='Bytes that the pruner leaves. The cache may be larger between its runs.'),
    cfg.IntOpt('image_cache_stall_time', default=86400, min=0,
               help='Seconds after which a copy that was never finished is taken away by the cleaner.'),
]
CONF = config.register(OPTS)
