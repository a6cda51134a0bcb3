"""Objects: reading, writing, copying and deleting them."""
import json
from urllib.parse import parse_qsl, quote, unquote

import webob

from swift.headers import wsgi
from swift.middleware import copied
from swift.middleware.s3 import acl
from swift.middleware.s3.buckets import remove
from swift.middleware.s3.errors import S3Error, missing
from swift.middleware.s3.listings import answer, rows
from swift.middleware.s3.request import iso_of_header

ETAG = 'X-Object-Sysmeta-S3api-Etag'
_META = 'x-object-meta-'
_SHOWN = ('Content-Type', 'Content-Length', 'Content-Range', 'Content-Encoding', 'Content-Disposition',
          'Content-Language', 'Cache-Control', 'Expires', 'Last-Modified', 'Accept-Ranges')
# What may be said of an object when it is written.
_KEPT = ('Content-Encoding', 'Content-Disposition', 'Content-Language', 'Cache-Control', 'Expires')
_CONDITIONS = ('If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since')
_OVERRIDES = {'response-content-type': 'Content-Type', 'response-content-language': 'Content-Language',
              'response-expires': 'Expires', 'response-cache-control': 'Cache-Control',
              'response-content-disposition': 'Content-Disposition', 'response-content-encoding': 'Content-Encoding'}
# Asked for and not done would be a promise broken.
_REFUSED = ('x-amz-server-side-encryption', 'x-amz-tagging', 'x-amz-object-lock-', 'x-amz-website-redirect-location',
            'x-amz-copy-source-server-side-', 'x-amz-write-offset-bytes')
_LONGEST_META = 2048
_LARGEST_MANIFEST = 64 << 20


def read(req):
    """GET and HEAD /bucket/key."""
    query = {}
    if req.params.get('versionId'):
        query['version-id'] = req.params['versionId']
    if 'partNumber' in req.params:
        query['part-number'] = str(part_number(req))
    headers = {name: req.header(name) for name in ('Range', 'If-Range', *_CONDITIONS) if req.header(name) is not None}
    headers['X-Backend-Etag-Is-At'] = ETAG
    response = req.swift(req.method, req.bucket, req.key, query, headers)
    if response.status_int == 304:
        return webob.Response(status=304, headerlist=list(shown(response, req).items()))
    if response.status_int not in (200, 206):
        _refuse_read(req, response)
    made = shown(response, req)
    made.update({name: wsgi(req.params[param]) for param, name in _OVERRIDES.items() if param in req.params
                 and _is_header_text(req.params[param])})
    return webob.Response(status=response.status, headerlist=list(made.items()), app_iter=response.app_iter)


def _is_header_text(value):
    if any(ord(each) < 32 or ord(each) == 127 for each in value):
        raise S3Error('InvalidArgument', 'A response-* parameter holds control characters.')
    return True


def _refuse_read(req, response):
    marker = response.headers.get('X-Object-Version-Id')
    if response.status_int == 404 and response.headers.get('Content-Type', '').startswith('application/x-deleted'):
        raise S3Error('MethodNotAllowed', headers={'x-amz-delete-marker': 'true', 'x-amz-version-id': marker})
    if response.status_int == 400 and req.params.get('versionId'):
        raise S3Error('InvalidArgument', 'Invalid version id specified', ArgumentName='versionId',
                      ArgumentValue=req.params['versionId'])
    if response.status_int == 416 and 'partNumber' in req.params:
        raise S3Error('InvalidRange', 'The requested partnumber is not satisfiable')
    req.refuse(response)


def part_number(req):
    """The parameter partNumber. Raises S3Error."""
    given = req.params['partNumber']
    if not (given.isascii() and given.isdecimal() and len(given) < 7 and 1 <= int(given) <= req.conf.max_part):
        raise S3Error('InvalidArgument', f'Part number must be an integer between 1 and {req.conf.max_part}, '
                                         'inclusive', ArgumentName='partNumber', ArgumentValue=given)
    return int(given)


def etag_of(response):
    """The quoted ETag of an object as S3 tells it."""
    found = response.headers.get(ETAG) or response.headers.get('Etag', '')
    return f'"{found.strip(chr(34))}"'


def shown(response, req):
    """{name: value} of an object's headers as S3 names them."""
    made = {name: response.headers[name] for name in _SHOWN if name in response.headers}
    made['ETag'] = etag_of(response)
    for name, value in response.headers.items():
        if name.lower().startswith(_META):
            made[f'x-amz-meta-{name[len(_META):].lower()}'] = value
    if 'X-Object-Version-Id' in response.headers and req.is_versioned():
        made['x-amz-version-id'] = response.headers['X-Object-Version-Id']
    if 'X-Parts-Count' in response.headers:
        made['x-amz-mp-parts-count'] = response.headers['X-Parts-Count']
    return made


def described(req):
    """The headers of a PUT that say what S3's headers say of the object. Raises S3Error."""
    for name in req.amz:
        if name.startswith(_REFUSED):
            raise missing(name)
    if req.amz.get('x-amz-storage-class', 'STANDARD') != 'STANDARD':
        raise S3Error('InvalidStorageClass')
    acl.check_object(req)
    made = {name: req.header(name) for name in _KEPT if req.header(name)}
    encodings = [each.strip() for each in made.pop('Content-Encoding', '').split(',')]
    encodings = [each for each in encodings if each and each.lower() != 'aws-chunked']
    if encodings:
        made['Content-Encoding'] = ', '.join(encodings)
    # What webob adds for a form is none of ours: S3's own type for what has none.
    made['Content-Type'] = req.environ.get('CONTENT_TYPE') or 'binary/octet-stream'
    metadata = {name[len('x-amz-meta-'):]: value for name, value in req.amz.items()
                if name.startswith('x-amz-meta-') and len(name) > len('x-amz-meta-')}
    if sum(len(name) + len(value) for name, value in metadata.items()) > _LONGEST_META:
        raise S3Error('MetadataTooLarge')
    made.update({f'X-Object-Meta-{name}': value for name, value in metadata.items()})
    return made


def check_conditions(req):
    """{name: value} of the conditions of a PUT. Raises S3Error for those that are not there."""
    given = {name: req.header(name) for name in _CONDITIONS if req.header(name) is not None}
    if given.pop('If-None-Match', '*').strip() != '*' or given:
        raise missing('A conditional PUT other than with If-None-Match: *')
    return {'If-None-Match': '*'} if req.header('If-None-Match') else {}


def put(req):
    """PUT /bucket/key."""
    if 'x-amz-copy-source' in req.amz:
        return copy(req)
    headers = {**described(req), **check_conditions(req)}
    md5 = req.md5()
    if md5:
        headers['Etag'] = md5
    response = req.swift('PUT', req.bucket, req.key, headers=headers, stream=req.body())
    if response.status_int != 201:
        _refuse_put(req, response)
    return webob.Response(status=200, headers={'ETag': etag_of(response), **version_of(req, response)})


def _refuse_put(req, response):
    if response.status_int == 404:
        raise S3Error('NoSuchBucket', BucketName=req.bucket)
    if response.status_int == 400 and len(req.key.encode()) > 1024:
        raise S3Error('KeyTooLongError')
    req.refuse(response)


def version_of(req, response):
    """{x-amz-version-id: id} of what was written to a bucket with versions."""
    found = response.headers.get('X-Object-Version-Id')
    return {'x-amz-version-id': found} if found and req.is_versioned() else {}


class Source:
    """What x-amz-copy-source names: `bucket`, `key`, `version` or None. Raises S3Error."""

    def __init__(self, req):
        value, _, query = req.amz['x-amz-copy-source'].partition('?')
        try:
            name = unquote(value.encode('latin-1').decode(), errors='strict').removeprefix('/')
            params = dict(parse_qsl(query, keep_blank_values=True, errors='strict'))
        except UnicodeDecodeError:
            name, params = '', {}
        self.bucket, slash, self.key = name.partition('/')
        self.version = params.get('versionId') or None
        if not self.bucket or not self.key or '\0' in name:
            raise S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: '
                                             '/sourcebucket/sourcekey', ArgumentName='x-amz-copy-source')

    def headers(self, req):
        """Those that have object storage read it, with the conditions it has to meet."""
        value = quote(f'{self.bucket}/{self.key}') + (f'?version-id={quote(self.version)}' if self.version else '')
        given = {name: req.amz.get(f'x-amz-copy-source-{name.lower()}') for name in _CONDITIONS}
        # The tag of what was uploaded in parts counts as well.
        return {'X-Copy-From': value, 'X-Backend-Etag-Is-At': ETAG,
                **{name: value for name, value in given.items() if value is not None}}


def copy(req):
    """PUT /bucket/key with x-amz-copy-source."""
    source, directive = Source(req), req.amz.get('x-amz-metadata-directive', 'COPY').upper()
    if directive not in ('COPY', 'REPLACE'):
        raise S3Error('InvalidArgument', 'Unknown metadata directive.', ArgumentName='x-amz-metadata-directive',
                      ArgumentValue=directive)
    if (source.bucket, source.key, source.version, directive) == (req.bucket, req.key, None, 'COPY'):
        raise S3Error('InvalidRequest', "This copy request is illegal because it is trying to copy an object to itself "
                                        "without changing the object's metadata, storage class, website redirect "
                                        'location or encryption attributes.')
    if req.body().length:
        raise S3Error('InvalidRequest', 'A copy takes no body.')
    headers = described(req)
    if directive == 'REPLACE':
        headers['X-Fresh-Metadata'] = 'true'
    else:
        headers = {}
    response = req.ask('PUT', req.bucket, req.key, headers={**headers, **source.headers(req)})
    check_copied(req, response, source)
    made = answer('CopyObjectResult', [('LastModified', iso_of_header(response.headers.get('Last-Modified'))),
                                       ('ETag', etag_of(response))])
    made.headers.update(version_of(req, response))
    if response.headers.get('X-Copied-From-Version-Id', 'null') != 'null':
        made.headers['x-amz-copy-source-version-id'] = response.headers['X-Copied-From-Version-Id']
    return made


def check_copied(req, response, source):
    """Raises S3Error when a copy was refused."""
    if response.status_int == 304:
        raise S3Error('PreconditionFailed')
    if response.status_int == 404:
        for bucket in (req.bucket, source.bucket):
            if req.container_info(bucket)['status'] == 404:
                raise S3Error('NoSuchBucket', BucketName=bucket)
        raise S3Error('NoSuchVersion' if source.version else 'NoSuchKey', Key=source.key)
    if response.status_int == 413:
        raise S3Error('InvalidRequest', 'The specified copy source is larger than the maximum allowable size for a '
                                        'copy source.')
    if response.status_int != 201:
        req.refuse(response)


def delete(req):
    """DELETE /bucket/key."""
    made = delete_one(req, req.key, req.params.get('versionId'))
    return webob.Response(status=204, headers=made)


def delete_one(req, key, version=None):
    """Delete an object (or a version), with the parts of a large one; the headers that tell of it. Raises S3Error."""
    versioned = req.is_versioned()
    query = {'version-id': version} if version else {}
    found = req.ask('HEAD', req.bucket, key, query)
    # Where there are versions, the object just gets out of sight: its parts stay.
    hides = versioned and not version
    if found.status_int == 200 and not hides and found.headers.get('X-Static-Large-Object', '').lower() == 'true':
        if version:
            _delete_parts(req, key, version)
        else:
            query['multipart-manifest'] = 'delete'
    response = req.swift('DELETE', req.bucket, key, query)
    status, told = response.status_int, response.text if 'multipart-manifest' in query else ''
    if status == 404 and req.container_info()['status'] == 404:
        raise S3Error('NoSuchBucket', BucketName=req.bucket)
    if status == 400 and version:
        raise S3Error('InvalidArgument', 'Invalid version id specified', ArgumentName='versionId',
                      ArgumentValue=version)
    if status // 100 != 2 and status != 404:
        req.refuse(response)
    if told and 'Response Status: 200' not in told:
        raise S3Error('ServiceUnavailable', 'Not all parts of the object could be deleted. Please try again.')
    if version and not response.headers.get('X-Object-Current-Version-Id'):
        _promote(req, key)
    made = {}
    if versioned and response.headers.get('X-Object-Version-Id'):
        made['x-amz-version-id'] = response.headers['X-Object-Version-Id']
    elif version:
        made['x-amz-version-id'] = version
    if versioned and (hides and status // 100 == 2 or found.headers.get('Content-Type', '').startswith(
            'application/x-deleted')):
        made['x-amz-delete-marker'] = 'true'
    return made


def _promote(req, key):
    """Make the newest version left the object, unless that tells of a deletion: as S3 has it."""
    newest = next((item for item in rows(req, req.bucket, {'versions': 'true', 'prefix': key, 'limit': 1})
                   if item.get('name') == key), None)
    if newest is None or newest['version_id'] == 'null' or newest['content_type'].startswith('application/x-deleted'):
        return
    response = req.ask('PUT', req.bucket, key, {'version-id': newest['version_id']})
    if response.status_int // 100 != 2 and response.status_int != 404:
        req.refuse(response)


def _delete_parts(req, key, version):
    """Delete what a version is made of, before it: what is cut short can be asked for again."""
    response = req.swift('GET', req.bucket, key, {'multipart-manifest': 'get', 'version-id': version})
    if response.status_int != 200:
        req.refuse(response)
    try:
        records = json.loads(copied.read_small(response, _LARGEST_MANIFEST) or b'')
        paths = [record['name'].lstrip('/').partition('/') for record in records if 'name' in record]
    except (ValueError, KeyError, TypeError):
        raise S3Error('InternalError') from None
    for container in {path[0] for path in paths}:
        remove(req, container, [path[2] for path in paths if path[0] == container])


def get_tagging(req):
    """GET /bucket/key?tagging: there are no tags."""
    found = req.ask('HEAD', req.bucket, req.key)
    if found.status_int // 100 != 2:
        req.refuse(found)
    return answer('Tagging', [('TagSet', '')])
