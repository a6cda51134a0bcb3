"""One S3 request: what it is about, who asks, and what object storage is asked for it."""
import datetime
import hashlib
import ipaddress
import re
from urllib.parse import urlencode

from swift import conditions
from swift.headers import utf8
from swift.middleware import copied
from swift.middleware.object_versioning import hidden
from swift.middleware.s3 import body, checksums, xml
from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.signatures import amz_headers
from swift.middleware.s3.signed import KEY
from swift.proxy.info import get_container_info
from swift.proxy.subrequest import make_subrequest

SEGMENTS = '+segments'
_DNS = re.compile(r'[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*')
_OLD = re.compile(r'[A-Za-z0-9._-]{3,255}')


def is_bucket_name(name, strict):
    """Whether S3 knows such bucket names; `strict`: as host names."""
    if not strict:
        return bool(_OLD.fullmatch(name))
    if not 3 <= len(name) <= 63 or not _DNS.fullmatch(name):
        return False
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return True
    return False


class Request:
    """`bucket` and `key` are text, or None; `params` {name: value} of the query; `account` once somebody vouched."""

    def __init__(self, environ, app, conf, bucket, key, params):
        self.environ, self.app, self.conf = environ, app, conf
        self.bucket, self.key, self.params = bucket, key, params
        self.method = environ['REQUEST_METHOD']
        self.signed = environ.get(KEY)
        self.amz = amz_headers(environ)
        self.scope = None

    @property
    def account(self):
        """The account's name: text."""
        return self.signed.account

    def header(self, name):
        """A header's value (a WSGI string), or None."""
        return self.environ.get('HTTP_' + name.upper().replace('-', '_'))

    # Bodies

    def body(self):
        """The Body of an upload: streams."""
        made = body.of(self.environ, self.signed, self.scope)
        if made.length is None:
            raise S3Error('MissingContentLength')
        return made

    def md5(self):
        """Content-MD5 in hex, None without one. Raises S3Error."""
        given = self.header('content-md5')
        if given is None:
            return None
        try:
            return checksums.from_base64(given, 16).hex()
        except ValueError:
            raise S3Error('InvalidDigest') from None

    def document(self, root, limit, required=True):
        """The XML that was sent, {limit} bytes at most; None when there is none and none is required."""
        stream = body.of(self.environ, self.signed, self.scope)
        if stream.length is not None and stream.length > limit:
            raise S3Error('MalformedXML', f'The XML you provided is larger than {limit} bytes.')
        data = self._all(stream, limit)
        md5 = self.md5()
        if md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != md5:
            raise S3Error('BadDigest')
        if not data:
            if required:
                raise S3Error('MissingRequestBodyError')
            return None
        try:
            return xml.parse(data, root)
        except ValueError as error:
            raise S3Error('MalformedXML', f'The XML you provided did not validate: {error}') from None

    @staticmethod
    def _all(stream, limit):
        pieces, size = [], 0
        try:
            if not stream.length and stream.length is not None:
                stream.finish()
            while piece := stream.read(65536) if stream.length != 0 else b'':
                size += len(piece)
                if size > limit:
                    raise S3Error('MalformedXML', f'The XML you provided is larger than {limit} bytes.')
                pieces.append(piece)
        except body.BodyError:
            raise stream.problem from None
        return b''.join(pieces)

    # Object storage

    def path(self, container=None, obj=None):
        """The path (text) of something in the caller's account."""
        return '/'.join(['/v1', self.account, *(name for name in (container, obj) if name is not None)])

    def swift(self, method, container=None, obj=None, query=None, headers=None, data=b'', stream=None):
        """Ask object storage as the caller; the Response, whose body is still to be read.

        `stream` is a Body; what is wrong with it is raised, S3Error.
        """
        sub = make_subrequest(self.environ, method, self.path(container, obj), data, headers, agent='%(orig)s',
                              query=urlencode(query or {}), source='S3')
        if stream is not None:
            if stream.length == 0:
                stream.finish()
            sub.environ['wsgi.input'], sub.environ['CONTENT_LENGTH'] = stream, str(stream.length)
        try:
            response = sub.get_response(self.app)
        except body.BodyError:
            raise stream.problem from None
        if stream is not None and stream.problem:
            copied.close_body(response)
            raise stream.problem
        return response

    def ask(self, *args, **kwargs):
        """As swift(), for answers whose body nobody needs."""
        response = self.swift(*args, **kwargs)
        copied.close_body(response)
        return response

    def container_info(self, container=None):
        """What is known of a container (swift.proxy.info), the bucket's own unless one is named."""
        sub = make_subrequest(self.environ, 'HEAD', self.path(container or self.bucket, 'o'), source='S3')
        return get_container_info(sub.environ, self.app, source='S3')

    def is_versioned(self):
        """Whether the bucket has, or had, versions."""
        return hidden.is_versioned(self.container_info()['sysmeta'])

    def refuse(self, response, of_object=None):
        """Raise the S3Error that says what a Swift answer (4xx, 5xx) says."""
        copied.close_body(response)
        status, of_object = response.status_int, self.key is not None if of_object is None else of_object
        if status == 404:
            raise self._not_found(of_object)
        code = {400: 'InvalidArgument', 401: 'AccessDenied', 403: 'AccessDenied', 405: 'MethodNotAllowed',
                408: 'RequestTimeout', 409: 'OperationAborted', 411: 'MissingContentLength',
                412: 'PreconditionFailed', 413: 'EntityTooLarge', 416: 'InvalidRange', 422: 'BadDigest',
                429: 'SlowDown', 498: 'SlowDown', 499: 'IncompleteBody', 501: 'NotImplemented',
                503: 'ServiceUnavailable', 507: 'ServiceUnavailable'}.get(
                    status, 'InternalError' if status >= 500 else 'InvalidRequest')
        raise S3Error(code)

    def _not_found(self, of_object):
        if not of_object:
            return S3Error('NoSuchBucket', BucketName=self.bucket or '')
        # Whoever may not see the container learns nothing by this: it is his own account's.
        if self.container_info()['status'] == 404:
            return S3Error('NoSuchBucket', BucketName=self.bucket)
        if self.params.get('versionId'):
            return S3Error('NoSuchVersion', Key=self.key, VersionId=self.params['versionId'])
        return S3Error('NoSuchKey', Key=self.key)

    def must_have_bucket(self):
        """Raises S3Error when there is no such bucket, or the caller may not read it."""
        response = self.ask('HEAD', self.bucket)
        if response.status_int // 100 != 2:
            self.refuse(response, of_object=False)
        return response

    def owner(self, name='Owner'):
        """Whose things all of these are, for XML."""
        return name, [('ID', self.signed.access), ('DisplayName', self.signed.access)]


def text(value):
    """The text of a WSGI string, for XML; what is no UTF-8 is replaced."""
    try:
        return utf8(value)
    except UnicodeDecodeError:
        return value.encode('latin-1').decode(errors='replace')


def iso(moment):
    """Seconds since 1970 as S3 writes times. Whole seconds, as in headers: both are compared."""
    return datetime.datetime.fromtimestamp(int(moment), datetime.UTC).strftime('%Y-%m-%dT%H:%M:%S.000Z')


def iso_of_header(date):
    """The same of a Last-Modified header."""
    return iso(conditions.seconds(date) or 0)


def iso_of_listing(stamp):
    """The same of `2026-01-02T03:04:05.678900`, rounded up as Last-Modified is."""
    moment = datetime.datetime.fromisoformat(stamp).replace(tzinfo=datetime.UTC)
    if moment.microsecond:
        moment = moment.replace(microsecond=0) + datetime.timedelta(seconds=1)
    return iso(moment.timestamp())
