"""Parts of an upload: sent, copied, listed."""
import re

import webob

from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.listings import Encoding, answer, etag_of, number
from swift.middleware.s3.objects import Source, check_copied, part_number
from swift.middleware.s3.objects import etag_of as etag_of_response
from swift.middleware.s3.request import iso_of_header, iso_of_listing
from swift.middleware.s3.uploads import Upload

_RANGE = re.compile(r'bytes=(\d{1,18})-(\d{1,18})', re.ASCII)


def put(req):
    """PUT /bucket/key?uploadId=&partNumber=."""
    if 'partNumber' not in req.params:
        raise S3Error('InvalidArgument', 'partNumber is missing.', ArgumentName='partNumber')
    count = part_number(req)
    upload = Upload(req)
    if 'x-amz-copy-source' in req.amz:
        return _copy(req, upload, count)
    md5 = req.md5()
    response = req.swift('PUT', upload.container, upload.part(count), headers={
        'Content-Type': 'application/octet-stream', **({'Etag': md5} if md5 else {})}, stream=req.body())
    if response.status_int != 201:
        req.refuse(response, of_object=False)
    return webob.Response(status=200, headers={'ETag': etag_of_response(response)})


def _copy(req, upload, count):
    """With x-amz-copy-source, and perhaps a range of it."""
    source = Source(req)
    if req.body().length:
        raise S3Error('InvalidRequest', 'A copy takes no body.')
    headers = {'X-Fresh-Metadata': 'true', 'Content-Type': 'application/octet-stream', **source.headers(req),
               **_range(req, source)}
    response = req.ask('PUT', upload.container, upload.part(count), headers=headers)
    if response.status_int == 416:
        raise S3Error('InvalidRange')
    check_copied(req, response, source)
    return answer('CopyPartResult', [('LastModified', iso_of_header(response.headers.get('Last-Modified'))),
                                     ('ETag', etag_of_response(response))])


def _range(req, source):
    """{Range: value} of what is copied; all of it has to be there. Raises S3Error."""
    given = req.amz.get('x-amz-copy-source-range')
    if given is None:
        return {}
    found = _RANGE.fullmatch(given)
    if not found or int(found[1]) > int(found[2]):
        raise S3Error('InvalidArgument', 'The x-amz-copy-source-range value must be of the form bytes=first-last where '
                                         'first and last are the zero-based offsets of the first and last bytes to '
                                         'copy', ArgumentName='x-amz-copy-source-range', ArgumentValue=given)
    head = req.ask('HEAD', source.bucket, source.key, {'version-id': source.version} if source.version else {})
    if head.status_int == 200 and int(found[2]) >= int(head.headers.get('Content-Length', 0)):
        raise S3Error('InvalidRange')
    return {'Range': given}


def listed(req):
    """GET /bucket/key?uploadId=: ListParts."""
    encoded, limit = Encoding(req), number(req, 'max-parts', req.conf.max_parts_listing)
    after = number(req, 'part-number-marker', 2 ** 31) if req.params.get('part-number-marker') else 0
    upload = Upload(req)
    found = [(count, item) for count, item in sorted(upload.parts().items()) if count > after]
    page, more = found[:limit], len(found) > limit > 0
    return answer('ListPartsResult', [
        ('Bucket', req.bucket), ('Key', encoded(req.key)), ('UploadId', upload.id), req.owner('Initiator'),
        req.owner(), ('StorageClass', 'STANDARD'), ('PartNumberMarker', after),
        ('NextPartNumberMarker', page[-1][0] if page else None), ('MaxParts', limit),
        ('EncodingType', encoded.kind), ('IsTruncated', more),
        *[('Part', [('PartNumber', count), ('LastModified', iso_of_listing(item['last_modified'])),
                    ('ETag', etag_of(item)), ('Size', item['bytes'])]) for count, item in page]])
