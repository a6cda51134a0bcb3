"""The S3 API before object storage: buckets are containers, keys are objects, both APIs see the same.

A request that is signed as for S3 is answered here with what object storage says to one or more requests of its own;
every other one passes. Whoever stands right of it and knows the secrets (tempauth, s3token) checks the signature.
"""
import dataclasses
import re
from urllib.parse import parse_qsl

import webob

from swift import conf as options
from swift.exceptions import ConfigurationError
from swift.headers import utf8
from swift.middleware import copied, listing_hash
from swift.middleware.s3 import routes, signatures
from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.request import SEGMENTS, Request, is_bucket_name
from swift.middleware.s3.signed import KEY
from swift.proxy import registry

_LONGEST_KEY = 1024


@dataclasses.dataclass(frozen=True)
class Conf:
    """The options; see etc/swift/proxy-server.conf."""

    location: str
    dns_names: bool
    max_bucket_listing: int
    max_parts_listing: int
    max_multi_delete: int
    multi_delete_concurrency: int
    max_part: int
    min_segment: int
    multipart: bool
    storage_domains: tuple
    skew: int


class S3Api:
    """WSGI filter, left of the authentication."""

    def __init__(self, app, conf):
        self.app, self.conf = app, conf

    def __call__(self, environ, start_response):
        kind = signatures.kind_of(environ)
        if kind is None:
            if environ['REQUEST_METHOD'] == 'GET' and 'format=json' in environ.get('QUERY_STRING', ''):
                response = webob.Request(environ).get_response(self.app)
                return listing_hash.rewrite(response, _tell_etag, b's3_etag')(environ, start_response)
            return self.app(environ, start_response)
        try:
            response = self._answer(environ, kind)
        except S3Error as error:
            response = error.response(environ)
        trans_id = environ.get('swift.trans_id', '')
        response.headers.update({'x-amz-id-2': trans_id, 'x-amz-request-id': trans_id})
        return response(environ, start_response)

    def _answer(self, environ, kind):
        host_bucket = self._bucket_of_host(environ)
        signed, scope = signatures.read(environ, kind, self.conf.location, self.conf.skew, host_bucket)
        req = self._request(environ, host_bucket)
        self._authenticate(environ, signed)
        req.signed, req.scope = signed, scope
        return routes.find(req)(req)

    def _request(self, environ, host_bucket):
        try:
            path = utf8(environ['PATH_INFO'])
            params = dict(parse_qsl(environ.get('QUERY_STRING', ''), keep_blank_values=True, errors='strict'))
        except UnicodeDecodeError:
            raise S3Error('InvalidURI') from None
        if host_bucket:
            bucket, key = host_bucket, path[1:]
        else:
            bucket, _, key = path[1:].partition('/')
        if '\0' in path or any('\0' in value for value in params.values()):
            raise S3Error('InvalidArgument', 'There is a NUL in the request.')
        if bucket and not is_bucket_name(bucket, self.conf.dns_names):
            raise S3Error('InvalidBucketName', BucketName=bucket)
        if len(key.encode()) > _LONGEST_KEY:
            raise S3Error('KeyTooLongError')
        if not self.conf.multipart and not {'uploads', 'uploadId'}.isdisjoint(params):
            raise S3Error('NotImplemented', 'Uploads in parts are switched off here.')
        return Request(environ, self.app, self.conf, bucket or None, key or None, params)

    def _bucket_of_host(self, environ):
        """`bucket` of the host `bucket.<storage domain>`, or ''."""
        host = environ.get('HTTP_HOST', '').rpartition(':')[0] or environ.get('HTTP_HOST', '')
        for domain in self.conf.storage_domains:
            if host.lower().endswith('.' + domain):
                return host[:-len(domain) - 1].lower()
        return ''

    def _authenticate(self, environ, signed):
        """Have somebody vouch for the signature. Raises S3Error."""
        environ[KEY] = signed
        # What came with another kind of authentication does not count.
        for name in ('HTTP_X_AUTH_TOKEN', 'HTTP_X_STORAGE_TOKEN', 'HTTP_X_SERVICE_TOKEN', 'REMOTE_USER',
                     'HTTP_OPENSTACK_SYSTEM_SCOPE'):
            environ.pop(name, None)
        asked = dict(environ, PATH_INFO='/', QUERY_STRING='', REQUEST_METHOD='GET')
        copied.close_body(webob.Request(asked).get_response(self.app))
        signed.pending = False
        if signed.account is None:
            if signed.unavailable:
                raise S3Error('ServiceUnavailable', signed.unavailable)
            raise S3Error('SignatureDoesNotMatch', AWSAccessKeyId=signed.access)
        environ.update(signed.identity)


def _tell_etag(item, params):
    """Listings of the Swift API show what S3 keeps of an object's ETag by its name."""
    if 's3_etag' in params:
        item['s3_etag'] = f'"{params.pop("s3_etag")}"'


def _check_pipeline(global_conf):
    """Raises ConfigurationError for a pipeline in which nobody could vouch for a signature."""
    try:
        words = options.section(global_conf['__file__'], 'pipeline:main')['pipeline'].split()
    except (KeyError, OSError, ConfigurationError):
        return    # put together by hand
    if 's3api' not in words:
        return
    right = words[words.index('s3api') + 1:]
    if 'tempauth' not in right and not ('s3token' in right and 'keystoneauth' in right[right.index('s3token'):]):
        raise ConfigurationError('pipeline: right of s3api stands tempauth, or s3token and then keystoneauth')


def filter_factory(global_conf, **local_conf):
    """Paste."""
    conf = {**global_conf, **local_conf}
    domains = tuple(each.strip().lower().lstrip('.') for each in re.split(r'[,\s]+', conf.get('storage_domain', ''))
                    if each.strip())
    made = Conf(conf.get('location', 'us-east-1'), options.boolean(conf, 'dns_compliant_bucket_names', True),
                options.integer(conf, 'max_bucket_listing', 1000, 1),
                options.integer(conf, 'max_parts_listing', 1000, 1),
                options.integer(conf, 'max_multi_delete_objects', 1000, 1),
                options.integer(conf, 'multi_delete_concurrency', 2, 1),
                options.integer(conf, 'max_upload_part_num', 1000, 1),
                options.integer(conf, 'min_segment_size', 5 << 20, 1),
                options.boolean(conf, 'allow_multipart_uploads', True), domains,
                options.integer(conf, 'allowable_clock_skew', 900, 1))
    if options.boolean(conf, 'auth_pipeline_check', True):
        _check_pipeline(global_conf)
    registry.register('s3api', max_bucket_listing=made.max_bucket_listing, max_parts_listing=made.max_parts_listing,
                      max_upload_part_num=made.max_part, max_multi_delete_objects=made.max_multi_delete,
                      allow_multipart_uploads=made.multipart, min_segment_size=made.min_segment, s3_acl=False)
    return lambda app: S3Api(app, made)


__all__ = ['SEGMENTS', 'S3Api', 'filter_factory']
