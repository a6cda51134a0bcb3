"""Buckets: containers with names as S3 has them."""
import webob

from swift.middleware.bulk import work
from swift.middleware.s3 import acl, xml
from swift.middleware.s3.errors import S3Error, missing
from swift.middleware.s3.listings import all_rows, answer
from swift.middleware.s3.request import SEGMENTS, is_bucket_name


def create(req):
    """PUT /bucket."""
    if not is_bucket_name(req.bucket, req.conf.dns_names):
        raise S3Error('InvalidBucketName', BucketName=req.bucket)
    if req.amz.get('x-amz-bucket-object-lock-enabled', 'false').lower() == 'true':
        raise missing('Object Lock')
    found = req.document('CreateBucketConfiguration', 65536, required=False)
    if found is not None:
        where = xml.text_of(found, 'LocationConstraint', '')
        if where and where != req.conf.location:
            raise S3Error('InvalidLocationConstraint', LocationConstraint=where)
    headers = acl.headers(req)
    # What is there keeps its access list: a PUT would give it the one of this request.
    known = req.ask('HEAD', req.bucket)
    if known.status_int // 100 == 2:
        raise S3Error('BucketAlreadyOwnedByYou', BucketName=req.bucket)
    if known.status_int != 404:
        req.refuse(known)
    response = req.ask('PUT', req.bucket, headers=headers)
    if response.status_int == 202:
        raise S3Error('BucketAlreadyOwnedByYou', BucketName=req.bucket)
    if response.status_int != 201:
        req.refuse(response, of_object=False)
    return webob.Response(status=200, headers={'Location': f'/{req.bucket}'})


def head(req):
    """HEAD /bucket."""
    req.must_have_bucket()
    return webob.Response(status=200, headers={'x-amz-bucket-region': req.conf.location})


def delete(req):
    """DELETE /bucket, with what uploads that were never completed left behind."""
    response = req.ask('DELETE', req.bucket)
    if response.status_int == 409:
        raise S3Error('BucketNotEmpty', BucketName=req.bucket)
    # The parts go last, as objects may be made of them; also those of a bucket whose deletion was cut short here.
    if response.status_int // 100 == 2 or response.status_int == 404:
        parts = req.bucket + SEGMENTS
        if req.ask('HEAD', parts).status_int // 100 == 2:
            remove(req, parts, [item['name'] for item in all_rows(req, parts, {})])
            req.ask('DELETE', parts)
    if response.status_int // 100 != 2:
        req.refuse(response, of_object=False)
    return webob.Response(status=204)


def remove(req, container, names):
    """Delete objects of a container, several at once. Raises S3Error when one stays."""
    for response in work.results(lambda name: req.ask('DELETE', container, name), names,
                                 req.conf.multi_delete_concurrency, 3600):
        if response is not None and response.status_int // 100 != 2 and response.status_int != 404:
            req.refuse(response, of_object=False)


def location(req):
    """GET /bucket?location; the first region has no name."""
    req.must_have_bucket()
    return answer('LocationConstraint', '' if req.conf.location == 'us-east-1' else req.conf.location)


def get_versioning(req):
    """GET /bucket?versioning."""
    enabled = req.must_have_bucket().headers.get('X-Versions-Enabled')
    status = None if enabled is None else 'Enabled' if enabled.lower() == 'true' else 'Suspended'
    return answer('VersioningConfiguration', [('Status', status)])


def put_versioning(req):
    """PUT /bucket?versioning."""
    found = req.document('VersioningConfiguration', 65536)
    status = xml.text_of(found, 'Status')
    if status not in ('Enabled', 'Suspended'):
        raise S3Error('MalformedXML', 'Status is Enabled or Suspended.')
    if xml.text_of(found, 'MfaDelete', 'Disabled') != 'Disabled':
        raise missing('MfaDelete')
    response = req.ask('POST', req.bucket, headers={'X-Versions-Enabled': str(status == 'Enabled').lower()})
    if response.status_int // 100 != 2:
        req.refuse(response, of_object=False)
    return webob.Response(status=200)


def get_logging(req):
    """GET /bucket?logging: there is none."""
    req.must_have_bucket()
    return answer('BucketLoggingStatus', '')


def get_tagging(req):
    """GET /bucket?tagging: there are no tags."""
    req.must_have_bucket()
    return answer('Tagging', [('TagSet', '')])


def get_lifecycle(req):
    """GET /bucket?lifecycle: there is none."""
    req.must_have_bucket()
    raise S3Error('NoSuchLifecycleConfiguration', BucketName=req.bucket)


def get_object_lock(req):
    """GET /bucket?object-lock: there is none."""
    req.must_have_bucket()
    raise S3Error('ObjectLockConfigurationNotFoundError', BucketName=req.bucket)
