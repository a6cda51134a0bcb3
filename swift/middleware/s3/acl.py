"""Access lists: the canned ones, kept as those of containers. Objects have none of their own."""
import webob

from swift.middleware.s3 import xml
from swift.middleware.s3.errors import S3Error, missing
from swift.middleware.s3.listings import answer

_XSI = 'http://www.w3.org/2001/XMLSchema-instance'
_ALL, _KNOWN = (f'http://acs.amazonaws.com/groups/global/{name}' for name in ('AllUsers', 'AuthenticatedUsers'))
_PUBLIC = '.r:*,.rlistings'
# Object storage knows no writing by strangers: `public` writing is that of everybody with an account.
CANNED = {'private': ('', ''), 'public-read': (_PUBLIC, ''), 'public-read-write': (_PUBLIC, '*:*')}
# What is true of every object anyway: the account owns all of it.
_OF_OBJECTS = ('private', 'bucket-owner-read', 'bucket-owner-full-control')


def headers(req):
    """The container's headers that x-amz-acl asks for; none without it. Raises S3Error."""
    _refuse_grants(req)
    name = req.amz.get('x-amz-acl')
    if name is None:
        return {}
    return _of_canned(name)


def check_object(req):
    """Raises S3Error when an object is to have an access list of its own."""
    _refuse_grants(req)
    name = req.amz.get('x-amz-acl', 'private')
    if name not in _OF_OBJECTS:
        raise missing(f'An access list of an object (x-amz-acl: {name[:40]})')


def _refuse_grants(req):
    if any(name.startswith('x-amz-grant-') for name in req.amz):
        raise missing('Granting by headers (x-amz-grant-*)')


def _of_canned(name):
    if name not in CANNED:
        if name in ('authenticated-read', 'aws-exec-read', 'bucket-owner-read', 'bucket-owner-full-control',
                    'log-delivery-write'):
            raise missing(f'x-amz-acl: {name}')
        raise S3Error('InvalidArgument', ArgumentName='x-amz-acl', ArgumentValue=name)
    read, write = CANNED[name]
    return {'X-Container-Read': read, 'X-Container-Write': write}


def get_bucket(req):
    """GET /bucket?acl."""
    found = req.must_have_bucket().headers
    read, write = found.get('X-Container-Read', ''), found.get('X-Container-Write', '')
    grants = [_grant('CanonicalUser', ('ID', req.signed.access), 'FULL_CONTROL')]
    if '.r:*' in read.split(','):
        grants.append(_grant('Group', ('URI', _ALL), 'READ'))
    if '*:*' in write.split(','):
        grants.append(_grant('Group', ('URI', _KNOWN), 'WRITE'))
    return answer('AccessControlPolicy', [req.owner(), ('AccessControlList', grants)])


def get_object(req):
    """GET /bucket/key?acl."""
    found = req.ask('HEAD', req.bucket, req.key)
    if found.status_int // 100 != 2:
        req.refuse(found)
    return get_bucket(req)


def _grant(kind, who, permission):
    return 'Grant', [(f'Grantee xmlns:xsi="{_XSI}" xsi:type="{kind}"', [who]), ('Permission', permission)]


def put_bucket(req):
    """PUT /bucket?acl with x-amz-acl, or a list in XML that is one of the canned ones."""
    wanted = headers(req)
    found = req.document('AccessControlPolicy', 65536, required=not wanted)
    if found is not None:
        if wanted:
            raise S3Error('InvalidRequest', 'Specify either the header x-amz-acl or a list, not both.')
        wanted = _of_canned(_canned_of(found))
    response = req.ask('POST', req.bucket, headers=wanted)
    if response.status_int // 100 != 2:
        req.refuse(response, of_object=False)
    return webob.Response(status=200)


def put_object(req):
    """PUT /bucket/key?acl: only what is so anyway."""
    check_object(req)
    found = req.document('AccessControlPolicy', 65536, required='x-amz-acl' not in req.amz)
    if found is not None and _canned_of(found) != 'private':
        raise missing('An access list of an object')
    found = req.ask('HEAD', req.bucket, req.key)
    if found.status_int // 100 != 2:
        req.refuse(found)
    return webob.Response(status=200)


def _canned_of(policy):
    """The name of the canned list that a policy in XML amounts to. Raises S3Error."""
    grants = policy.find('AccessControlList')
    if grants is None:
        raise S3Error('MalformedACLError')
    groups = set()
    for grant in grants.findall('Grant'):
        grantee, permission = grant.find('Grantee'), xml.text_of(grant, 'Permission')
        if grantee is None or permission not in ('READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL'):
            raise S3Error('MalformedACLError')
        uri = xml.text_of(grantee, 'URI')
        if uri is not None:
            groups.add((uri, permission))
        elif permission != 'FULL_CONTROL':
            raise missing('A grant to one user')
    names = {frozenset(): 'private', frozenset({(_ALL, 'READ')}): 'public-read',
             frozenset({(_ALL, 'READ'), (_ALL, 'WRITE')}): 'public-read-write',
             frozenset({(_ALL, 'READ'), (_KNOWN, 'WRITE')}): 'public-read-write'}
    if frozenset(groups) not in names:
        raise missing('An access list that is none of private, public-read and public-read-write')
    return names[frozenset(groups)]
