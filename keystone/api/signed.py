"""What both faces of ec2tokens and s3tokens share: the bodies."""
from essex.exception import BadRequest

_TEXT = {'type': 'string', 'maxLength': 4096}
_ACCESS = {'type': 'string', 'minLength': 1, 'maxLength': 512}
_VALUES = {'type': 'object', 'additionalProperties': {'type': ['string', 'number', 'boolean', 'null', 'array']}}
_EC2 = {'type': 'object', 'required': ['access', 'signature'],
        'properties': {'access': _ACCESS, 'signature': _TEXT, 'host': _TEXT, 'verb': _TEXT, 'body_hash': _TEXT,
                       'path': {'type': 'string', 'maxLength': 8192}, 'params': _VALUES, 'headers': _VALUES}}
# The three names clients have had for it.
NAMES = ('credentials', 'ec2Credentials', 'credential')
EC2 = {'type': 'object', 'properties': dict.fromkeys(NAMES, _EC2)}
S3 = {'type': 'object', 'required': ['credentials'], 'properties': {'credentials': {
    'type': 'object', 'required': ['access', 'token', 'signature'],
    'properties': {'access': _ACCESS, 'signature': _TEXT, 'token': {'type': 'string', 'maxLength': 65536}}}}}


def ec2_token(managers, body):
    """A Token for a body that fits EC2."""
    found = next((body[name] for name in NAMES if name in body), None)
    if found is None:
        raise BadRequest('The body has to hold credentials (or ec2Credentials): {access, signature, host, verb, path, '
                         'params}.')
    headers = {name.lower(): _text(value) for name, value in (found.get('headers') or {}).items()}
    params = {name: _text(value) for name, value in (found.get('params') or {}).items()}
    return managers.signed.ec2(found['access'], {
        'signature': found['signature'], 'host': found.get('host', ''), 'verb': found.get('verb', ''),
        'path': found.get('path', ''), 'params': params, 'headers': headers, 'body_hash': found.get('body_hash', '')})


def _text(value):
    if isinstance(value, list):
        value = value[0] if value else ''
    return '' if value is None else str(value)


def s3_token(managers, body):
    """A Token for a body that fits S3."""
    found = body['credentials']
    return managers.signed.s3(found['access'], found['token'], found['signature'])
