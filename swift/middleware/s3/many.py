"""POST /bucket?delete: up to a thousand objects at once."""
from swift.middleware.bulk import work
from swift.middleware.s3 import checksums, xml
from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.listings import answer
from swift.middleware.s3.objects import delete_one

_LIMIT = 4 << 20


def delete(req):
    """Delete what the XML names; failures are told one by one."""
    if not req.header('content-md5') and not any(
            checksums.algorithm_of(name) for name in [*req.amz, req.amz.get('x-amz-trailer', '')]):
        raise S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*')
    found = req.document('Delete', _LIMIT)
    quiet = xml.text_of(found, 'Quiet', 'false').lower() == 'true'
    wanted = []
    for each in found.findall('Object'):
        # A key is taken as it is, spaces and all.
        key, version = each.find('Key'), xml.text_of(each, 'VersionId') or None
        if key is None or not key.text:
            raise S3Error('MalformedXML', 'Each Object needs a Key.')
        wanted.append((key.text, version))
    if not wanted or len(wanted) > req.conf.max_multi_delete:
        raise S3Error('MalformedXML', f'1 to {req.conf.max_multi_delete} objects are needed.')
    req.must_have_bucket()

    def remove(item):
        try:
            return item, delete_one(req, *item)
        except S3Error as error:
            return item, error
    done = [each for each in work.results(remove, wanted, req.conf.multi_delete_concurrency, 3600) if each]
    return answer('DeleteResult', [_told(*each) for each in done
                                   if not quiet or isinstance(each[1], S3Error)])


def _told(item, outcome):
    key, version = item
    if isinstance(outcome, S3Error):
        return 'Error', [('Key', key), ('VersionId', version), ('Code', outcome.code), ('Message', outcome.message)]
    marker = outcome.get('x-amz-delete-marker')
    return 'Deleted', [('Key', key), ('VersionId', version), ('DeleteMarker', True if marker else None),
                       ('DeleteMarkerVersionId', outcome.get('x-amz-version-id') if marker else None)]
