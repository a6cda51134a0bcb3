"""Uploads in parts: begun, listed, completed, aborted.

An upload is an empty object `<key>/<id>` in the container `<bucket>+segments`, which keeps what the object will be
like; its parts are `<key>/<id>/<number>` beside it. Completing makes a static large object of them; then the upload
goes, last of all, so that whatever was cut short can be asked for again.
"""
import json
import re
import secrets

import webob

from swift.middleware import listing_hash
from swift.middleware.s3 import xml
from swift.middleware.s3.buckets import remove
from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.listings import Encoding, all_rows, answer, etag_of, number, rows
from swift.middleware.s3.objects import ETAG, check_conditions, described, version_of
from swift.middleware.s3.request import SEGMENTS, iso_of_listing, text
from swift.middleware.s3.upload_tags import tag_of

UPLOAD = 'X-Object-Sysmeta-S3api-Upload-Id'
_TYPE = 'X-Object-Sysmeta-S3api-Content-Type'
_LISTED, _EMPTY = 'X-Object-Sysmeta-Container-Update-Override-Etag', 'd41d8cd98f00b204e9800998ecf8427e'
_LIMIT = 4 << 20
_NAME = re.compile(r'(.+)/([0-9a-f]{48})', re.DOTALL)
_ID = re.compile(r'[0-9a-f]{48}')
_KEPT = ('content-encoding', 'content-disposition', 'content-language', 'cache-control', 'expires')
_DEPTH = 10000     # names of one listing: more than an upload has parts


class Upload:
    """The upload that a request names. `headers` are those of the object to be; raises S3Error when it is none."""

    def __init__(self, req):
        self._req, self.id = req, req.params['uploadId']
        self.container = req.bucket + SEGMENTS
        self.name = f'{req.key}/{self.id}'
        found = req.ask('HEAD', self.container, self.name) if _ID.fullmatch(self.id) else None
        if found is None or found.status_int == 404:
            raise S3Error('NoSuchUpload', UploadId=self.id)
        if found.status_int // 100 != 2:
            req.refuse(found)
        self._found = found.headers

    @property
    def headers(self):
        """{name: value}: what was said of the object when the upload began."""
        made = {name: value for name, value in self._found.items()
                if name.lower() in _KEPT or name.lower().startswith('x-object-meta-')}
        return {**made, 'Content-Type': self._found.get(_TYPE, 'binary/octet-stream')}

    @property
    def tag(self):
        """The ETag that a completion was to give, None before one."""
        return self._found.get(ETAG)

    def part(self, count):
        """The name of a part."""
        return f'{self.name}/{count}'

    def parts(self):
        """{number: item of the listing}."""
        start = f'{self.name}/'
        found = rows(self._req, self.container, {'prefix': start, 'limit': _DEPTH})
        return {int(item['name'][len(start):]): item for item in found if item['name'][len(start):].isdecimal()}

    def note(self, tag):
        """Keep what it is about to become: a version of an object tells nothing of its upload."""
        made = self._req.ask('PUT', self.container, self.name, headers=kept(self.headers, {ETAG: tag}))
        if made.status_int != 201:
            self._req.refuse(made)

    def forget(self, others=()):
        """Delete it, after `others` (names beside it)."""
        remove(self._req, self.container, others)
        remove(self._req, self.container, [self.name])


def kept(headers, more):
    """The headers of an upload that keep those of its object."""
    return {**headers, 'Content-Type': 'application/x-s3-upload', _TYPE: headers['Content-Type'], **more}


def begin(req):
    """POST /bucket/key?uploads."""
    headers = described(req)
    bucket, container, made = req.must_have_bucket(), req.bucket + SEGMENTS, secrets.token_hex(24)
    if req.container_info(container)['status'] // 100 != 2:
        policy = bucket.headers.get('X-Storage-Policy')
        response = req.ask('PUT', container, headers={'X-Storage-Policy': policy} if policy else {})
        if response.status_int // 100 != 2:
            req.refuse(response, of_object=False)
    response = req.ask('PUT', container, f'{req.key}/{made}', headers=kept(headers, {}))
    if response.status_int != 201:
        if response.status_int == 400:
            raise S3Error('KeyTooLongError')
        req.refuse(response)
    return answer('InitiateMultipartUploadResult', [('Bucket', req.bucket), ('Key', req.key), ('UploadId', made)])


def complete(req):
    """POST /bucket/key?uploadId=."""
    found = req.document('CompleteMultipartUpload', _LIMIT, required=False)
    if found is None:
        raise S3Error('MalformedXML', 'At least one Part is needed.')
    wanted = _wanted(found)
    conditions = check_conditions(req)
    try:
        upload = Upload(req)
    except S3Error as error:
        return _completed(req, error)
    parts = upload.parts()
    items = [_part(upload, parts, count, tag) for count, tag in wanted]
    if any(item['bytes'] < req.conf.min_segment for item in items[:-1]):
        raise S3Error('EntityTooSmall')
    tag = tag_of([given for _, given in wanted])
    if req.is_versioned():
        upload.note(tag)
    headers = {**upload.headers, **conditions, ETAG: tag, UPLOAD: upload.id}
    response = _store(req, upload, [item for item in items if item['bytes']], headers)
    if response.status_int == 412:
        return _completed(req, S3Error('PreconditionFailed'))
    if response.status_int == 404:
        raise S3Error('NoSuchBucket', BucketName=req.bucket)
    if response.status_int == 400:
        raise S3Error('InvalidPart')
    if response.status_int != 201:
        req.refuse(response)
    used = {item['name'] for item in items if item['bytes']}
    upload.forget([item['name'] for item in parts.values() if item['name'] not in used])
    return _told(req, tag, version_of(req, response))


def _wanted(found):
    """[(number, ETag)] of the parts asked for. Raises S3Error."""
    made = []
    for part in found.findall('Part'):
        count, tag = xml.text_of(part, 'PartNumber', ''), xml.text_of(part, 'ETag', '').strip('"').lower()
        if not (count.isascii() and count.isdecimal() and len(count) < 7 and tag):
            raise S3Error('MalformedXML', 'Each Part needs a PartNumber and an ETag.')
        made.append((int(count), tag))
    if not made:
        raise S3Error('MalformedXML', 'At least one Part is needed.')
    if any(one >= other for (one, _), (other, _) in zip(made, made[1:])):
        raise S3Error('InvalidPartOrder')
    return made


def _part(upload, parts, count, tag):
    item = parts.get(count)
    if item is None or etag_of(item).strip('"') != tag:
        raise S3Error('InvalidPart', UploadId=upload.id, PartNumber=count, ETag=tag)
    return item


def _store(req, upload, items, headers):
    """Make the object. One without a byte is no large one."""
    if not items:
        listed = listing_hash.join(_EMPTY, {'s3_etag': headers[ETAG]})
        return req.ask('PUT', req.bucket, req.key, headers={**headers, _LISTED: listed})
    manifest = [{'path': f'/{upload.container}/{item["name"]}', 'etag': etag_of(item).strip('"'),
                 'size_bytes': item['bytes']} for item in items]
    return req.ask('PUT', req.bucket, req.key, {'multipart-manifest': 'put'}, headers, json.dumps(manifest).encode())


def _completed(req, error):
    """The answer to a completion that is asked for again; raises `error` when this upload is not what is there."""
    found = req.ask('HEAD', req.bucket, req.key)
    if found.status_int != 200 or found.headers.get(UPLOAD) != req.params['uploadId']:
        raise error
    return _told(req, found.headers[ETAG], version_of(req, found))


def _told(req, tag, headers):
    host = f'{req.environ["wsgi.url_scheme"]}://{text(req.environ.get("HTTP_HOST", ""))}'
    made = answer('CompleteMultipartUploadResult', [
        ('Location', f'{host}/{req.bucket}/{req.key}'), ('Bucket', req.bucket),
        ('Key', req.key), ('ETag', f'"{tag}"')])
    made.headers.update(headers)
    return made


def abort(req):
    """DELETE /bucket/key?uploadId=. Parts that an object is made of stay."""
    upload = Upload(req)
    if _is_object(req, upload):
        # A completion that was cut short before the upload went.
        upload.forget()
        raise S3Error('NoSuchUpload', UploadId=upload.id)
    upload.forget([item['name'] for item in upload.parts().values()])
    return webob.Response(status=204)


def _is_object(req, upload):
    found = req.ask('HEAD', req.bucket, req.key)
    if found.status_int == 200 and found.headers.get(UPLOAD) == upload.id:
        return True
    if upload.tag is None:
        return False
    versions = rows(req, req.bucket, {'versions': 'true', 'prefix': req.key})
    return any(item.get('name') == req.key and etag_of(item).strip('"') == upload.tag for item in versions)


def uploads(req):
    """GET /bucket?uploads: those that are neither completed nor aborted."""
    encoded, limit = Encoding(req), number(req, 'max-uploads', 1000)
    prefix, delimiter = req.params.get('prefix', ''), req.params.get('delimiter', '')
    after = req.params.get('key-marker', ''), req.params.get('upload-id-marker', '')
    req.must_have_bucket()
    found = sorted(_found(req, prefix), key=lambda each: (each[0].encode(), each[1]))
    page, prefixes, last, more = [], [], None, False
    for key, made, item in found:
        if key < after[0] or (key == after[0] and (not after[1] or made <= after[1])):
            continue
        group = key[len(prefix):].partition(delimiter)[0] if delimiter and delimiter in key[len(prefix):] else None
        group = None if group is None else prefix + group + delimiter
        if group is not None and (group in prefixes or group == after[0]):
            continue
        if len(page) + len(prefixes) >= limit:
            more = limit > 0
            break
        last = (group, '') if group else (key, made)
        prefixes.append(group) if group else page.append((key, made, item))
    shown = [('Bucket', req.bucket), ('KeyMarker', encoded(after[0])), ('UploadIdMarker', after[1]),
             ('NextKeyMarker', encoded(last[0]) if more else None),
             ('NextUploadIdMarker', last[1] if more else None), ('Prefix', encoded(prefix) or None),
             ('Delimiter', encoded(delimiter) or None), ('EncodingType', encoded.kind), ('MaxUploads', limit),
             ('IsTruncated', more)]
    shown += [('Upload', [('Key', encoded(key)), ('UploadId', made), req.owner('Initiator'), req.owner(),
                          ('StorageClass', 'STANDARD'), ('Initiated', iso_of_listing(item['last_modified']))])
              for key, made, item in page]
    return answer('ListMultipartUploadsResult',
                  shown + [('CommonPrefixes', [('Prefix', encoded(each))]) for each in prefixes])


def _found(req, prefix):
    """(key, id, item) of the uploads of a bucket."""
    container = req.bucket + SEGMENTS
    if req.container_info(container)['status'] == 404:
        return
    for item in all_rows(req, container, {'prefix': prefix} if prefix else {}):
        match = _NAME.fullmatch(item['name'])
        if match and match[1].startswith(prefix):
            yield match[1], match[2], item
