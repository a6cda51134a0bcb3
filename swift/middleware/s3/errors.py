"""What S3 clients are told when something is wrong: a code, a sentence, a status, as XML."""
import webob

from swift.middleware.s3 import xml

# code: (status, what is said unless more is known)
CODES = {
    'AccessDenied': (403, 'Access Denied.'),
    'AuthorizationHeaderMalformed': (400, 'The authorization header is malformed.'),
    'AuthorizationQueryParametersError': (400, 'The authorization query parameters are not valid.'),
    'BadDigest': (400, 'The digest or checksum you specified did not match what we received.'),
    'BucketAlreadyExists': (409, 'The requested bucket name is not available.'),
    'BucketAlreadyOwnedByYou': (409, 'Your previous request to create the named bucket succeeded and you already '
                                     'own it.'),
    'BucketNotEmpty': (409, 'The bucket you tried to delete is not empty.'),
    'EntityTooLarge': (400, 'Your proposed upload exceeds the maximum allowed object size.'),
    'EntityTooSmall': (400, 'Your proposed upload is smaller than the minimum allowed object size.'),
    'IncompleteBody': (400, 'The body is not as long as the headers say.'),
    'InternalError': (500, 'We encountered an internal error. Please try again.'),
    'InvalidArgument': (400, 'Invalid Argument.'),
    'InvalidBucketName': (400, 'The specified bucket is not valid.'),
    'InvalidDigest': (400, 'The Content-MD5 you specified was invalid.'),
    'InvalidLocationConstraint': (400, 'The specified location constraint is not valid.'),
    'InvalidPart': (400, 'One or more of the specified parts could not be found. The part might not have been '
                         'uploaded, or the specified entity tag might not have matched.'),
    'InvalidPartOrder': (400, 'The list of parts was not in ascending order.'),
    'InvalidRange': (416, 'The requested range cannot be satisfied.'),
    'InvalidRequest': (400, 'Invalid Request.'),
    'InvalidStorageClass': (400, 'The storage class you specified is not valid.'),
    'InvalidURI': (400, 'Could not parse the specified URI.'),
    'KeyTooLongError': (400, 'Your key is too long.'),
    'MalformedACLError': (400, 'The XML you provided was not well-formed or did not validate.'),
    'MalformedXML': (400, 'The XML you provided was not well-formed or did not validate.'),
    'MetadataTooLarge': (400, 'Your metadata headers exceed the maximum allowed metadata size.'),
    'MethodNotAllowed': (405, 'The specified method is not allowed against this resource.'),
    'MissingContentLength': (411, 'You must provide the Content-Length HTTP header.'),
    'MissingRequestBodyError': (400, 'Request body is empty.'),
    'MissingSecurityHeader': (400, 'Your request was missing a required header.'),
    'NoSuchBucket': (404, 'The specified bucket does not exist.'),
    'NoSuchKey': (404, 'The specified key does not exist.'),
    'NoSuchLifecycleConfiguration': (404, 'The lifecycle configuration does not exist.'),
    'NoSuchUpload': (404, 'The specified multipart upload does not exist. The upload ID might be invalid, or the '
                          'upload might have been aborted or completed.'),
    'NoSuchVersion': (404, 'The version ID you specified does not exist.'),
    'NotImplemented': (501, 'The requested functionality is not implemented.'),
    'ObjectLockConfigurationNotFoundError': (404, 'Object Lock configuration does not exist for this bucket.'),
    'OperationAborted': (409, 'A conflicting conditional operation is currently in progress against this resource.'),
    'PreconditionFailed': (412, 'At least one of the preconditions you specified did not hold.'),
    'RequestTimeTooSkewed': (403, 'The difference between the request time and the current time is too large.'),
    'RequestTimeout': (400, 'Your socket connection to the server was not read from or written to within the timeout '
                            'period.'),
    'ServiceUnavailable': (503, 'Please reduce your request rate.'),
    'SignatureDoesNotMatch': (403, 'The request signature we calculated does not match the signature you provided. '
                                   'Check your key and signing method.'),
    'SlowDown': (503, 'Please reduce your request rate.'),
    'TooManyBuckets': (400, 'You have attempted to create more buckets than allowed.'),
    'XAmzContentSHA256Mismatch': (400, 'The provided x-amz-content-sha256 header does not match what was computed.'),
}


class S3Error(Exception):
    """An answer that is an error: one of CODES. `more` are further elements, {name: text}."""

    def __init__(self, code, message=None, status=None, headers=None, **more):
        known, text = CODES[code]
        self.code, self.message, self.status = code, message or text, status or known
        self.headers, self.more = headers or {}, more
        super().__init__(f'{code}: {self.message}')

    def response(self, environ):
        """The webob.Response."""
        made = webob.Response(status=self.status, content_type='application/xml')
        made.headers.update(self.headers)
        if environ['REQUEST_METHOD'] != 'HEAD':
            made.body = xml.document('Error', [('Code', self.code), ('Message', self.message), *self.more.items(),
                                               ('RequestId', environ.get('swift.trans_id', ''))], namespace=None)
        return made


def missing(what):
    """501 for a function that is not there."""
    return S3Error('NotImplemented', f'{what} is not implemented.')
