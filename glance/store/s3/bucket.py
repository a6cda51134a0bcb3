"""A bucket and what is asked of it, with S3's errors as SomethingWrong."""
import base64
import contextlib
import hashlib
import threading

from essex import concurrency
from essex.exception import ConfigError


class SomethingWrong(Exception):
    """An S3 service that cannot be reached or refuses. `status` is None where there was no answer."""

    def __init__(self, message, status=None, code=None):
        super().__init__(message)
        self.status, self.code = status, code


def library():
    """boto3. Raises ConfigError."""
    try:
        import boto3
    except ImportError as error:
        raise ConfigError("An S3 store needs boto3, which is not installed: pip install 'essex[s3]'.") from error
    return boto3


# Of host, key and options; making one reads a megabyte of descriptions.
_clients, _making = {}, threading.Lock()


def client(host, access_key, secret_key, options):
    """A client of boto3 for an account, kept."""
    key = (host, access_key, secret_key, options.s3_store_region_name, options.s3_store_bucket_url_format,
           options.s3_store_cacert)
    with _making:
        if key not in _clients:
            from botocore.config import Config
            settings = Config(signature_version='s3v4', s3={'addressing_style': options.s3_store_bucket_url_format},
                              retries={'max_attempts': 3, 'mode': 'standard'}, connect_timeout=10, read_timeout=60,
                              max_pool_connections=options.s3_store_thread_pools + 10,
                              # Checksums of AWS alone would keep every other S3 away; parts carry their MD5.
                              request_checksum_calculation='when_required',
                              response_checksum_validation='when_required')
            _clients[key] = library().session.Session().client(
                's3', endpoint_url=host, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                region_name=options.s3_store_region_name or 'us-east-1', verify=options.s3_store_cacert or None,
                config=settings)
        return _clients[key]


@contextlib.contextmanager
def _explained():
    from botocore import exceptions
    try:
        yield
    except exceptions.ClientError as error:
        answer = error.response
        status = answer.get('ResponseMetadata', {}).get('HTTPStatusCode')
        code = answer.get('Error', {}).get('Code')
        raise SomethingWrong(f'it answers {status} ({code})', status, code) from error
    except (exceptions.BotoCoreError, OSError) as error:
        raise SomethingWrong(str(error)[:200] or type(error).__name__) from error


class Bucket:
    """One bucket of an account. Names are those of objects. Raises SomethingWrong."""

    def __init__(self, made, name):
        self._client, self.name = made, name

    def _call(self, operation, **arguments):
        with _explained():
            return getattr(self._client, operation)(Bucket=self.name, **arguments)

    def make(self, region):
        """Make it."""
        where = {'CreateBucketConfiguration': {'LocationConstraint': region}} if region not in ('', 'us-east-1') else {}
        self._call('create_bucket', **where)

    def exists(self):
        """Whether it is there."""
        try:
            self._call('head_bucket')
        except SomethingWrong as error:
            if error.status == 404:
                return False
            raise
        return True

    def head(self, name):
        """(size, metadata) of an object, None when there is no such object."""
        try:
            found = self._call('head_object', Key=name)
        except SomethingWrong as error:
            if error.status == 404:
                return None
            raise
        return found['ContentLength'], found.get('Metadata', {})

    def get(self, name, offset, length):
        """A stream of an object's bytes; None behind its last byte."""
        span = {}
        if offset or length is not None:
            last = '' if length is None else offset + length - 1
            span = {'Range': f'bytes={offset}-{last}'}
        try:
            return self._call('get_object', Key=name, **span)['Body']
        except SomethingWrong as error:
            if error.status == 416:
                return None
            raise

    def put(self, name, data, metadata=None, digest=None):
        """Store bytes, or a file whose MD5 is `digest`, as an object."""
        self._call('put_object', Key=name, Body=data, ContentMD5=_md5(data) if digest is None else _base64(digest),
                   Metadata=metadata or {}, ContentType='application/octet-stream')

    def delete(self, name):
        """Delete an object. Idempotent."""
        self._call('delete_object', Key=name)

    def names(self, prefix):
        """The names of objects that begin with `prefix`."""
        more = {}
        while True:
            page = self._call('list_objects_v2', Prefix=prefix, **more)
            yield from (each['Key'] for each in page.get('Contents', ()))
            if not page.get('IsTruncated'):
                return
            more = {'ContinuationToken': page['NextContinuationToken']}

    def begin(self, name, metadata):
        """Begin an object in parts; returns S3's id of it."""
        return self._call('create_multipart_upload', Key=name, Metadata=metadata,
                          ContentType='application/octet-stream')['UploadId']

    def put_part(self, name, upload, number, data):
        """Send one part; returns what `finish` wants of it."""
        answer = self._call('upload_part', Key=name, UploadId=upload, PartNumber=number, Body=data,
                            ContentMD5=_md5(data))
        return {'PartNumber': number, 'ETag': answer['ETag']}

    def finish(self, name, upload, parts):
        """Make the object of its parts."""
        self._call('complete_multipart_upload', Key=name, UploadId=upload, MultipartUpload={'Parts': parts})

    def abort(self, name, upload):
        """Drop the parts. Idempotent."""
        try:
            self._call('abort_multipart_upload', Key=name, UploadId=upload)
        except SomethingWrong as error:
            if error.status != 404:
                raise


def read(stream, size):
    """The next bytes of an object's stream, b'' at the end. Raises SomethingWrong."""
    with _explained():
        return stream.read(size)


def _md5(data):
    return _base64(concurrency.in_thread(_digest, data))


def _base64(digest):
    return base64.b64encode(digest).decode()


def _digest(data):
    return hashlib.md5(data, usedforsecurity=False).digest()
