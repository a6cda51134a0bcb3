"""Signatures of EC2 and S3 requests, made again with the secret to see whether they are right.

EC2's Query API has versions 0, 1, 2 (docs: "Signing and authenticating requests") and 4 (AWS4-HMAC-SHA256); S3 has its
own string to sign (RFC 2104, base64) and version 4 too. Everything compares in constant time.
"""
import base64
import binascii
import datetime
import hashlib
import hmac
import re
from urllib.parse import quote

from essex.exception import BadRequest

V4 = 'AWS4-HMAC-SHA256'
_AUTHORIZATION = re.compile(rf'{V4}\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]+)\s*\Z')


def _mac(secret, text, kind=hashlib.sha1):
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), kind).digest()).decode()


def _same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


def _escape(value):
    return quote(str(value), safe='-_~')


def _query(params, without):
    """The sorted query string of RFC 3986 as both newer versions want it."""
    kept = ((name.encode(), name, value) for name, value in params.items() if name != without)
    return '&'.join(f'{_escape(name)}={_escape(value)}' for _, name, value in sorted(kept))


def version_of(request):
    """'0', '1', '2' or '4'. Raises BadRequest: none of them."""
    params, headers = request['params'], request['headers']
    if params.get('X-Amz-Algorithm') == V4 or headers.get('authorization', '').startswith(V4):
        return '4'
    version = str(params.get('SignatureVersion', ''))
    if version not in ('0', '1', '2'):
        raise BadRequest('The signature is of no known version: 0, 1, 2 and 4 are.')
    return version


def is_signed(request, secret):
    """Whether an EC2 request {signature, host, verb, path, params, headers (names in lower case), body_hash} is signed
    with `secret`. A host is tried with its port, then without: clients differ. Raises BadRequest."""
    make = {'0': _v0, '1': _v1, '2': _v2, '4': _v4}[version_of(request)]
    hosts = [request['host']]
    if ':' in request['host']:
        hosts.append(request['host'].rpartition(':')[0])
    return any(_same(make(request, secret, host), request['signature']) for host in hosts)


def _v0(request, secret, host):
    params = request['params']
    return _mac(secret, f'{params.get("Action", "")}{params.get("Timestamp", "")}')


def _v1(request, secret, host):
    params = request['params']
    names = sorted((name for name in params if name != 'Signature'), key=str.lower)
    return _mac(secret, ''.join(f'{name}{params[name]}' for name in names))


def _v2(request, secret, host):
    params = request['params']
    kind = hashlib.sha1 if params.get('SignatureMethod') == 'HmacSHA1' else hashlib.sha256
    text = '\n'.join((request['verb'], host, request['path'], _query(params, 'Signature')))
    return _mac(secret, text, kind)


def _moment_v4(request):
    """The time that version 4 signs."""
    params, headers = request['params'], request['headers']
    in_header = _AUTHORIZATION.match(headers.get('authorization', '')) and headers.get('x-amz-date')
    return in_header or params.get('X-Amz-Date') or ''


def _v4(request, secret, host):
    params, headers, moment = request['params'], request['headers'], _moment_v4(request)
    found = _AUTHORIZATION.match(headers.get('authorization', ''))
    if found:
        credential, signed = found[1], found[2]
    else:
        credential, signed = params.get('X-Amz-Credential', ''), params.get('X-Amz-SignedHeaders', '')
    parts = credential.split('/')
    if len(parts) != 5:
        raise BadRequest('The credential of the signature has to be ACCESS/DATE/REGION/SERVICE/aws4_request.')
    names = signed.lower().split(';')
    lines = ''.join(f'{name}:{_header(headers, name, host)}\n' for name in names)
    # Parameters of a form are part of the body, and signed with it.
    query = '' if request['verb'] == 'POST' and found else _query(params, 'X-Amz-Signature')
    canonical = '\n'.join((request['verb'], request['path'], query, lines, ';'.join(names), request['body_hash']))
    return sign_v4(secret, parts[1:], '\n'.join((V4, moment, '/'.join(parts[1:]), _hash(canonical))))


def _header(headers, name, host):
    value = host if name == 'host' else headers.get(name, '')
    return ' '.join(value.split())


def _hash(text):
    return hashlib.sha256(text.encode()).hexdigest()


def sign_v4(secret, scope, text):
    """The hexadecimal signature of a string to sign, for a scope [date, region, service, 'aws4_request']."""
    key = f'AWS4{secret}'.encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def signed_at(request):
    """When an EC2 request was signed (aware), or None. Raises BadRequest: no time that can be read.

    Only the time that the signature covers: another could be put beside it to make an old request new.
    """
    text = _moment_v4(request) if version_of(request) == '4' else request['params'].get('Timestamp')
    if not text:
        return None
    for form in ('%Y%m%dT%H%M%SZ', '%Y-%m-%dT%H:%M:%SZ', '%Y-%m-%dT%H:%M:%S.%fZ', '%Y-%m-%dT%H:%M:%S'):
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC)
        except ValueError:
            continue
    raise BadRequest('The timestamp of the signed request cannot be read: send it as 2012-04-05T00:00:00Z.')


def is_signed_s3(token, signature, secret):
    """Whether `signature` is that of the string to sign in `token` (base64url). Raises BadRequest."""
    try:
        text = base64.urlsafe_b64decode(token + '=' * (-len(token) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise BadRequest('token has to be the string that was signed, in base64url.') from error
    if not text.startswith(V4):
        return _same(_mac(secret, text), signature)
    lines = text.split('\n')
    scope = lines[2].split('/') if len(lines) == 4 else []
    if len(scope) != 4 or scope[2] not in ('s3', 'iam', 'sts') or scope[3] != 'aws4_request':
        raise BadRequest('The string that was signed is not one of AWS4-HMAC-SHA256 for s3, iam or sts.')
    return _same(sign_v4(secret, scope, text), signature)
