"""The options of an S3 store, under the names operators know."""
from oslo_config import cfg

MEGABYTE = 1024 * 1024

OPTS = (
    cfg.StrOpt('s3_store_host', help='The S3 service: https://s3.amazonaws.com, http://host:port.'),
    cfg.StrOpt('s3_store_region_name', default='', help='Its region, where it has several.'),
    cfg.StrOpt('s3_store_access_key', secret=True, help='The access key.'),
    cfg.StrOpt('s3_store_secret_key', secret=True, help='The secret key.'),
    cfg.StrOpt('s3_store_bucket', help='Bucket of the images.'),
    cfg.BoolOpt('s3_store_create_bucket_on_put', default=False, help='Make the bucket when it is missing.'),
    cfg.StrOpt('s3_store_bucket_url_format', default='auto', choices=['auto', 'virtual', 'path'],
               help='Where the bucket is named: in the host (virtual), in the path, or as suits the host (auto).'),
    cfg.IntOpt('s3_store_large_object_size', default=100, min=1,
               help='Megabytes from which on an image is sent in parts. Data whose size is not known before is sent in '
                    'parts as well.'),
    cfg.IntOpt('s3_store_large_object_chunk_size', default=10, min=5,
               help='Megabytes of a part, 5 at least; later parts of very large images are larger.'),
    cfg.IntOpt('s3_store_thread_pools', default=10, min=1,
               help='Parts that are sent at the same time at most; each takes its size in memory.'),
    cfg.StrOpt('s3_store_cacert', help='File of the certificate authorities for HTTPS. The system\'s when unset.'),
)
