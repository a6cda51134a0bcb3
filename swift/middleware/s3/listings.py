"""Lists of buckets, objects and versions: each of one listing of object storage."""
import base64
import json
from urllib.parse import quote

import webob

from swift.middleware import copied, listing_hash
from swift.middleware.s3 import xml
from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.request import SEGMENTS, is_bucket_name, iso_of_listing

_LIMIT = 256 << 20
_PAGE = 10000
_DELETED = 'application/x-deleted'


def answer(root, children, status=200):
    """A Response of XML."""
    return webob.Response(status=status, body=xml.document(root, children), content_type='application/xml')


def rows(req, container, query):
    """The items of a listing as JSON has them. Raises S3Error."""
    response = req.swift('GET', container, query={**query, 'format': 'json'})
    if response.status_int == 204:
        copied.close_body(response)
        return []
    if response.status_int != 200:
        req.refuse(response, of_object=False)
    body = copied.read_small(response, _LIMIT)
    try:
        return json.loads(body or b'[]')
    except ValueError:
        raise S3Error('InternalError') from None


def all_rows(req, container, query):
    """All items, page by page, as a generator."""
    marker = ''
    while True:
        page = rows(req, container, {**query, 'limit': _PAGE, **({'marker': marker} if marker else {})})
        yield from page
        if len(page) < _PAGE:
            return
        marker = page[-1].get('name') or page[-1]['subdir']


def etag_of(item):
    """The quoted ETag of a listed object: that of S3, of a large object, or the MD5."""
    md5, more = listing_hash.split(item.get('hash', ''))
    return f'"{(item.get("s3_etag") or more.get("s3_etag") or item.get("slo_etag") or md5).strip(chr(34))}"'


def buckets(req):
    """GET /: ListBuckets."""
    found = [item for item in all_rows(req, None, {})
             if not item['name'].endswith(SEGMENTS) and is_bucket_name(item['name'], req.conf.dns_names)]
    return answer('ListAllMyBucketsResult', [req.owner(), ('Buckets', [
        ('Bucket', [('Name', item['name']), ('CreationDate', iso_of_listing(item['last_modified']))])
        for item in found])])


def number(req, name, limit, default=None):
    """A parameter that is a count: `limit` at most. Raises S3Error."""
    given = req.params.get(name)
    if given is None or given == '':
        return default or limit
    if not (given.isascii() and given.isdecimal() and len(given) < 11 and int(given) < 2 ** 31):
        raise S3Error('InvalidArgument', f'Argument {name} must be an integer between 0 and 2147483647.',
                      ArgumentName=name, ArgumentValue=given)
    return min(int(given), limit)


class Encoding:
    """How names are written: as they are, or with encoding-type=url."""

    def __init__(self, req):
        self.kind = req.params.get('encoding-type') or None
        if self.kind not in (None, 'url'):
            raise S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request',
                          ArgumentName='encoding-type', ArgumentValue=self.kind)

    def __call__(self, name):
        """The name for the document; None stays."""
        return quote(name, safe='/') if self.kind and name is not None else name


def objects(req):
    """GET /bucket: ListObjects of both versions."""
    second = req.params.get('list-type') == '2'
    if req.params.get('list-type') not in (None, '', '1', '2'):
        raise S3Error('InvalidArgument', 'list-type is 2, or left out.')
    encoded, limit = Encoding(req), number(req, 'max-keys', req.conf.max_bucket_listing)
    prefix, delimiter = req.params.get('prefix', ''), req.params.get('delimiter', '')
    start = _start_of_second(req) if second else req.params.get('marker', '')
    query = {'limit': limit + 1, 'prefix': prefix, 'delimiter': delimiter, 'marker': start}
    page = rows(req, req.bucket, {name: value for name, value in query.items() if value != ''})
    page, more = page[:limit], len(page) > limit > 0
    last = (page[-1].get('name') or page[-1]['subdir']) if page else ''
    shown = [('Name', req.bucket), ('Prefix', encoded(prefix))]
    if second:
        shown += [('KeyCount', len(page)), ('MaxKeys', limit),
                  ('ContinuationToken', req.params.get('continuation-token')),
                  ('StartAfter', encoded(req.params.get('start-after'))),
                  ('NextContinuationToken', _token(last) if more else None)]
    else:
        shown += [('Marker', encoded(req.params.get('marker', ''))), ('MaxKeys', limit),
                  ('NextMarker', encoded(last) if more and delimiter else None)]
    shown += [('Delimiter', encoded(delimiter) or None), ('EncodingType', encoded.kind), ('IsTruncated', more)]
    with_owner = not second or req.params.get('fetch-owner', '').lower() == 'true'
    shown += [('Contents', [('Key', encoded(item['name'])), *_about(item),
                            req.owner() if with_owner else ('Owner', None), ('StorageClass', 'STANDARD')])
              for item in page if 'name' in item]
    return answer('ListBucketResult', shown + _prefixes(page, encoded))


def _about(item):
    return [('LastModified', iso_of_listing(item['last_modified'])), ('ETag', etag_of(item)), ('Size', item['bytes'])]


def _prefixes(page, encoded):
    return [('CommonPrefixes', [('Prefix', encoded(item['subdir']))]) for item in page if 'subdir' in item]


def _token(name):
    return base64.urlsafe_b64encode(name.encode()).decode()


def _start_of_second(req):
    """Where the second version of the list begins: after the last name of the page before."""
    given = req.params.get('continuation-token')
    if given is None:
        return req.params.get('start-after', '')
    try:
        found = base64.b64decode(given, altchars=b'-_', validate=True).decode()
        if found and '\0' not in found:
            return found
    except ValueError:
        pass
    raise S3Error('InvalidArgument', 'The continuation token provided is incorrect',
                  ArgumentName='continuation-token')


def versions(req):
    """GET /bucket?versions: ListObjectVersions."""
    encoded, limit = Encoding(req), number(req, 'max-keys', req.conf.max_bucket_listing)
    prefix, delimiter = req.params.get('prefix', ''), req.params.get('delimiter', '')
    key_marker, version_marker = req.params.get('key-marker', ''), req.params.get('version-id-marker', '')
    if version_marker and not key_marker:
        raise S3Error('InvalidArgument', 'A version-id marker cannot be specified without a key marker.')
    query = {'limit': limit + 1, 'prefix': prefix, 'delimiter': delimiter, 'marker': key_marker,
             'version_marker': version_marker}
    query = {name: value for name, value in query.items() if value != ''}
    page = rows(req, req.bucket, {**query, 'versions': 'true'})
    page, more = page[:limit], len(page) > limit > 0
    shown = [('Name', req.bucket), ('Prefix', encoded(prefix)), ('KeyMarker', encoded(key_marker)),
             ('VersionIdMarker', version_marker)]
    if more:
        last = page[-1]
        shown += [('NextKeyMarker', encoded(last.get('name') or last['subdir'])),
                  ('NextVersionIdMarker', last.get('version_id', 'null') if 'name' in last else None)]
    shown += [('MaxKeys', limit), ('Delimiter', encoded(delimiter) or None), ('EncodingType', encoded.kind),
              ('IsTruncated', more)]
    shown += [_version(req, item, encoded) for item in page if 'name' in item]
    return answer('ListVersionsResult', shown + _prefixes(page, encoded))


def _version(req, item, encoded):
    same = [('Key', encoded(item['name'])), ('VersionId', item.get('version_id', 'null')),
            ('IsLatest', bool(item.get('is_latest', True)))]
    if item.get('content_type', '').startswith(_DELETED):
        return 'DeleteMarker', [*same, ('LastModified', iso_of_listing(item['last_modified'])), req.owner()]
    return 'Version', [*same, *_about(item), req.owner(), ('StorageClass', 'STANDARD')]
