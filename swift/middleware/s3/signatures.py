"""Signatures of requests, versions 2 and 4, in the Authorization header or the query (the S3 API reference, "Making
requests"): read, checked for their dates, and made into a Signed that whoever knows the secret can check."""
import base64
import datetime
import email.utils
import hashlib
import hmac
import re
import time
from urllib.parse import parse_qsl, quote

from swift.middleware.s3.errors import S3Error
from swift.middleware.s3.signed import Signed

V4 = 'AWS4-HMAC-SHA256'
UNSIGNED = 'UNSIGNED-PAYLOAD'
_LONGEST = 7 * 86400
_HEADER = re.compile(rf'{V4}\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,'
                     r'\s*Signature=([0-9a-f]{64})\s*\Z')
_STAMP = re.compile(r'\d{8}T\d{6}Z', re.ASCII)
# Parameters that version 2 signs: they name another resource, or change the answer's headers.
_SIGNED_PARAMETERS = frozenset((
    'accelerate', 'acl', 'analytics', 'cors', 'defaultObjectAcl', 'delete', 'inventory', 'lifecycle', 'location',
    'logging', 'metrics', 'notification', 'object-lock', 'partNumber', 'policy', 'replication', 'requestPayment',
    'response-cache-control', 'response-content-disposition', 'response-content-encoding',
    'response-content-language', 'response-content-type', 'response-expires', 'restore', 'select', 'select-type',
    'storageClass', 'tagging', 'torrent', 'uploadId', 'uploads', 'versionId', 'versioning', 'versions', 'website'))


class Scope:
    """What chunks of a body are signed with: date, scope, the signature before them."""

    def __init__(self, date, scope, seed):
        self.date, self.scope, self.seed = date, scope, seed


def kind_of(environ):
    """'v2', 'v4', 'v2-query' or 'v4-query'; None for a request that is none of S3."""
    header = environ.get('HTTP_AUTHORIZATION', '')
    if header.startswith('AWS '):
        return 'v2'
    if header.startswith(V4):
        return 'v4'
    query = environ.get('QUERY_STRING', '')
    if 'X-Amz-Algorithm=' in query or 'X-Amz-Credential=' in query:
        return 'v4-query'
    return 'v2-query' if 'AWSAccessKeyId=' in query and 'Signature=' in query else None


def read(environ, kind, location, skew, bucket_of_host=''):
    """(Signed, Scope or None) of a request. Raises S3Error: malformed, expired, too far from our clock."""
    params = parse_qsl(environ.get('QUERY_STRING', ''), keep_blank_values=True)
    if kind.startswith('v4'):
        return _v4(environ, params, kind == 'v4-query', location, skew)
    return _v2(environ, params, kind == 'v2-query', skew, bucket_of_host), None


def header(environ, name):
    """A header's value, or None."""
    key = name.upper().replace('-', '_')
    return environ.get(key if key in ('CONTENT_TYPE', 'CONTENT_LENGTH') else f'HTTP_{key}')


def derived_key(secret, scope):
    """The key of version 4 for a scope `date/region/service/aws4_request`."""
    key = f'AWS4{secret}'.encode()
    for part in scope.split('/'):
        key = hmac.digest(key, part.encode(), 'sha256')
    return key


def amz_headers(environ):
    """{name: value} of the headers x-amz-*."""
    return {key[5:].lower().replace('_', '-'): value for key, value in environ.items() if key.startswith('HTTP_X_AMZ_')}


# Version 4

def _v4(environ, params, in_query, location, skew):
    if in_query:
        credential, names, signature, stamp = _of_query(params, skew)
        payload = header(environ, 'x-amz-content-sha256') or UNSIGNED
    else:
        found = _HEADER.match(environ['HTTP_AUTHORIZATION'])
        if not found:
            raise S3Error('AuthorizationHeaderMalformed')
        (credential, names, signature), stamp = found.groups(), _stamp(environ, skew)
        payload = header(environ, 'x-amz-content-sha256')
        if payload is None:
            raise S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
    access, scope = _credential(credential, stamp, location, in_query)
    names = names.lower().split(';')
    _check_names(environ, names)
    text = '\n'.join((V4, stamp, scope, _hash(_canonical(environ, params, names, payload))))
    signed = Signed(access, signature, [text],
                    lambda secret, text: hmac.digest(derived_key(secret, scope), text.encode(), 'sha256').hex())
    return signed, Scope(stamp, scope, signature)


def _of_query(params, skew):
    given = dict(params)
    try:
        algorithm, credential, stamp, expires, names, signature = (given['X-Amz-' + name] for name in (
            'Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'))
    except KeyError as error:
        raise S3Error('AuthorizationQueryParametersError', f'{error.args[0]} is missing.') from None
    if algorithm != V4:
        raise S3Error('AuthorizationQueryParametersError', f'X-Amz-Algorithm only supports "{V4}".')
    if not (expires.isascii() and expires.isdecimal() and len(expires) < 10 and int(expires) <= _LONGEST):
        raise S3Error('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 0 and 604800 (seconds).')
    moment = _moment(stamp)
    if moment is None:
        raise S3Error('AuthorizationQueryParametersError', 'X-Amz-Date must be in the ISO8601 Long Format '
                                                           '"yyyyMMdd\'T\'HHmmss\'Z\'".')
    if moment > time.time() + skew:
        raise S3Error('AccessDenied', 'Request is not yet valid.')
    if moment + int(expires) < time.time():
        raise S3Error('AccessDenied', 'Request has expired.')
    return credential, names, signature, stamp


def _stamp(environ, skew):
    """The time in the form that is signed, from X-Amz-Date or Date."""
    stamp = header(environ, 'x-amz-date')
    moment = _moment(stamp) if stamp else _from_mail(environ.get('HTTP_DATE'))
    if moment is None:
        raise S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header.')
    _check_skew(moment, skew)
    return stamp or time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(moment))


def _moment(stamp):
    if not _STAMP.fullmatch(stamp):
        return None
    try:
        return datetime.datetime.strptime(stamp, '%Y%m%dT%H%M%SZ').replace(tzinfo=datetime.UTC).timestamp()
    except (ValueError, OverflowError):
        return None


def _from_mail(date):
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() if date else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _check_skew(moment, skew):
    if abs(time.time() - moment) > skew:
        raise S3Error('RequestTimeTooSkewed')


def _credential(credential, stamp, location, in_query):
    """(access key, scope) of `KEY/date/region/s3/aws4_request`; the key may hold slashes."""
    code = 'AuthorizationQueryParametersError' if in_query else 'AuthorizationHeaderMalformed'
    access, *scope = credential.rsplit('/', 4)
    if len(scope) != 4 or not access:
        raise S3Error(code, 'The credential is not of the form KEY/date/region/s3/aws4_request.')
    date, region, service, last = scope
    if date != stamp[:8]:
        raise S3Error(code, f'Invalid credential date "{date}". This date is not the same as X-Amz-Date: '
                            f'"{stamp[:8]}".')
    if region != location:
        raise S3Error(code, f"The region '{region}' is wrong; expecting '{location}'.", Region=location)
    if service != 's3' or last != 'aws4_request':
        raise S3Error(code, f'The credential is for "{service}/{last}", not for "s3/aws4_request".')
    return access, '/'.join(scope)


def _check_names(environ, names):
    unsigned = sorted(set(amz_headers(environ)) - set(names))
    if 'host' not in names or unsigned:
        raise S3Error('AccessDenied', 'There were headers present in the request which were not signed.',
                      HeadersNotSigned=', '.join(unsigned or ['host']))


def _canonical(environ, params, names, payload):
    path = quote(environ['PATH_INFO'].encode('latin-1'), safe='/~')
    query = '&'.join(f'{name}={value}' for name, value in sorted(
        (quote(name, safe='~'), quote(value, safe='~')) for name, value in params if name != 'X-Amz-Signature'))
    lines = ''.join(f'{name}:{" ".join((header(environ, name) or "").split())}\n' for name in names)
    made = '\n'.join((environ['REQUEST_METHOD'], path, query)).encode()
    # Headers are WSGI strings: bytes as latin-1.
    return made + b'\n' + '\n'.join((lines, ';'.join(names), payload)).encode('latin-1', 'replace')


def _hash(data):
    return hashlib.sha256(data).hexdigest()


# Version 2

def _v2(environ, params, in_query, skew, bucket_of_host):
    if in_query:
        given = dict(params)
        access, signature, date = given.get('AWSAccessKeyId'), given.get('Signature'), given.get('Expires', '')
        if not (date.isascii() and date.isdecimal() and len(date) < 16):
            raise S3Error('AccessDenied', 'Query-string authentication requires the Signature, Expires and '
                                          'AWSAccessKeyId parameters.')
        if int(date) < time.time():
            raise S3Error('AccessDenied', 'Request has expired.')
    else:
        access, colon, signature = environ['HTTP_AUTHORIZATION'][4:].strip().rpartition(':')
        if not colon or not access:
            raise S3Error('InvalidArgument', 'AWS authorization header is invalid. Expected AwsAccessKeyId:signature.')
        stamp = header(environ, 'x-amz-date')
        date = '' if stamp else environ.get('HTTP_DATE', '')
        moment = _from_mail(stamp or date) or (_moment(stamp) if stamp else None)
        if moment is None:
            raise S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header.')
        _check_skew(moment, skew)
    text = '\n'.join((environ['REQUEST_METHOD'], environ.get('HTTP_CONTENT_MD5', ''),
                      environ.get('CONTENT_TYPE', ''), date))
    amz = ''.join(f'\n{name}:{" ".join(value.split())}' for name, value in sorted(amz_headers(environ).items()))
    texts = [f'{text}{amz}\n{resource}' for resource in _resources(environ, params, bucket_of_host)]
    return Signed(access, signature, texts, _v2_of)


def _v2_of(secret, text):
    return base64.b64encode(hmac.digest(secret.encode(), text.encode('utf-8', 'replace'), 'sha1')).decode()


def _resources(environ, params, bucket_of_host):
    """What is signed of the path and the query. A bucket's path ends with a slash for boto3, for others as sent."""
    path = environ.get('RAW_PATH_INFO', '').split('?')[0] or quote(environ['PATH_INFO'].encode('latin-1'), safe='/~')
    if bucket_of_host:
        path = f'/{bucket_of_host}{path}'
    signed = sorted((name, value) for name, value in params if name in _SIGNED_PARAMETERS)
    query = '?' + '&'.join(f'{name}={value}' if value else name for name, value in signed) if signed else ''
    return [path + query, f'{path}/{query}'] if path.count('/') == 1 and path != '/' else [path + query]
