"""Which function answers which method on which resource: service, bucket or object, and its subresource."""
from swift.middleware.s3 import acl, buckets, listings, many, objects, parts, uploads
from swift.middleware.s3.errors import S3Error, missing

_SERVICE, _BUCKET, _OBJECT = 'service', 'bucket', 'object'
_ROUTES = {
    (_SERVICE, None): {'GET': listings.buckets},
    (_BUCKET, None): {'GET': listings.objects, 'HEAD': buckets.head, 'PUT': buckets.create,
                      'DELETE': buckets.delete},
    (_BUCKET, 'delete'): {'POST': many.delete},
    (_BUCKET, 'acl'): {'GET': acl.get_bucket, 'PUT': acl.put_bucket},
    (_BUCKET, 'location'): {'GET': buckets.location},
    (_BUCKET, 'logging'): {'GET': buckets.get_logging},
    (_BUCKET, 'tagging'): {'GET': buckets.get_tagging},
    (_BUCKET, 'lifecycle'): {'GET': buckets.get_lifecycle},
    (_BUCKET, 'object-lock'): {'GET': buckets.get_object_lock},
    (_BUCKET, 'versioning'): {'GET': buckets.get_versioning, 'PUT': buckets.put_versioning},
    (_BUCKET, 'versions'): {'GET': listings.versions},
    (_BUCKET, 'uploads'): {'GET': uploads.uploads},
    (_OBJECT, 'uploads'): {'POST': uploads.begin},
    (_OBJECT, 'uploadId'): {'GET': parts.listed, 'PUT': parts.put, 'POST': uploads.complete,
                            'DELETE': uploads.abort},
    (_OBJECT, None): {'GET': objects.read, 'HEAD': objects.read, 'PUT': objects.put, 'DELETE': objects.delete},
    (_OBJECT, 'acl'): {'GET': acl.get_object, 'PUT': acl.put_object},
    (_OBJECT, 'tagging'): {'GET': objects.get_tagging},
}
# Subresources that S3 has and we do not, or only in part.
_ELSEWHERE = frozenset((
    'accelerate', 'analytics', 'attributes', 'cors', 'encryption', 'intelligent-tiering', 'inventory', 'legal-hold',
    'metadataConfiguration', 'metadataTable', 'metrics', 'notification', 'object-lock', 'ownershipControls', 'policy',
    'policyStatus', 'publicAccessBlock', 'renameObject', 'replication', 'requestPayment', 'restore', 'retention',
    'select', 'session', 'torrent', 'website', 'logging', 'lifecycle', 'tagging', 'acl', 'versioning', 'delete',
    'location', 'versions', 'uploads', 'uploadId', 'append'))


def find(req):
    """The function for a request. Raises S3Error: 405 or 501."""
    kind = _OBJECT if req.key is not None else _BUCKET if req.bucket is not None else _SERVICE
    sub = next((name for known, name in _ROUTES if known == kind and name in req.params), None)
    if sub is None:
        elsewhere = sorted(_ELSEWHERE & req.params.keys())
        if elsewhere and kind != _SERVICE:
            raise missing(f'?{elsewhere[0]} of {"an object" if kind == _OBJECT else "a bucket"}')
    methods = _ROUTES[kind, sub]
    if req.method in methods:
        return methods[req.method]
    if sub is not None or req.method in ('POST', 'PATCH'):
        raise missing(f'{req.method}{f" of ?{sub}" if sub else ""}')
    raise S3Error('MethodNotAllowed', ResourceType=kind.upper(), Method=req.method)
