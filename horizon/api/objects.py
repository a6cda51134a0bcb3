"""Swift's containers and objects. Names are as people write them; paths are quoted here."""
import hashlib
import hmac
import secrets
import time
from urllib.parse import quote, urlsplit

import urllib3

from horizon.api import errors

SERVICE = 'object-store'
_KEY = 'X-Container-Meta-Temp-Url-Key'
_PUBLIC = '.r:*,.rlistings'
_BULK = 1000
# A POST replaces these too.
_KEPT = ('Content-Type', 'Content-Encoding', 'Content-Disposition')
_META, _CONTAINER_META = 'x-object-meta-', 'x-container-meta-'


def path(container, name=None):
    """The path of a container or object below the account. Raises ApiError for names that no URL can hold."""
    parts = [container, *(name.split('/') if name is not None else ())]
    if any(part in ('.', '..') for part in parts):
        # Every HTTP client takes these out of a path: another object would be meant.
        raise errors.ApiError(SERVICE, 'name an object', 'A name with "." or ".." between slashes cannot be addressed. '
                              'Give it another name.', 400)
    return f'/{quote(container, safe="")}' + (f'/{quote(name, safe="/")}' if name is not None else '')


def containers(cloud, limit, marker=None, prefix=None):
    """([{name, count, bytes, last_modified}], marker of the next page or None): one call."""
    return _page(cloud, '', limit, marker=marker, prefix=prefix or None)


def objects(cloud, container, limit, marker=None, prefix='', delimiter='/'):
    """([{name, bytes, content_type, hash, last_modified} or {subdir}], marker of the next page or None): one call."""
    return _page(cloud, path(container), limit, marker=marker, prefix=prefix or None, delimiter=delimiter)


def _page(cloud, where, limit, **params):
    wanted = {name: value for name, value in params.items() if value is not None}
    answer = cloud.call(SERVICE, 'GET', where or '/', params={'format': 'json', 'limit': limit + 1, **wanted},
                        headers={'Accept': 'application/json'})
    found = answer.json() if answer.content else []
    shown = found[:limit]
    return shown, (shown[-1].get('name') or shown[-1]['subdir']) if len(found) > limit else None


def account(cloud):
    """{containers, objects, bytes} of the account: one call."""
    headers = cloud.call(SERVICE, 'HEAD', '/').headers
    return {name: int(headers.get(f'X-Account-{header}', 0)) for name, header in (
        ('containers', 'Container-Count'), ('objects', 'Object-Count'), ('bytes', 'Bytes-Used'))}


def head(cloud, container, name=None):
    """Headers of a container or object (a mapping without case): one call."""
    return cloud.call(SERVICE, 'HEAD', path(container, name)).headers


def is_public(headers):
    """Whether everybody may read a container with these headers."""
    return '.r:*' in headers.get('X-Container-Read', '')


def metadata(headers, of_container=False):
    """{name: value} that somebody gave an object or container."""
    prefix = _CONTAINER_META if of_container else _META
    return {name[len(prefix):].lower(): value for name, value in headers.items() if name.lower().startswith(prefix)}


def create_container(cloud, name, public=False, policy=None):
    """A new container. Raises ApiError 409 when there is one: PUT alone would change it."""
    try:
        head(cloud, name)
    except errors.ApiError as error:
        if error.status != 404:
            raise
    else:
        raise errors.ApiError(SERVICE, f'PUT {path(name)}', 'There is a container of this name already.', 409)
    headers = {**({'X-Container-Read': _PUBLIC} if public else {}), **({'X-Storage-Policy': policy} if policy else {})}
    cloud.call(SERVICE, 'PUT', path(name), headers=headers)


def set_public(cloud, container, public):
    """Let everybody read a container, or its project alone."""
    cloud.call(SERVICE, 'POST', path(container), headers={'X-Container-Read': _PUBLIC if public else ''})


def delete_container(cloud, name):
    """Remove an empty container."""
    cloud.call(SERVICE, 'DELETE', path(name))


def upload(cloud, container, name, data, content_type=None, timeout=None):
    """Store an object: bytes, or an iterable of them."""
    headers = {'Content-Type': content_type} if content_type else {}
    cloud.call(SERVICE, 'PUT', path(container, name), data=data, headers=headers, log=False,
               **({'timeout': timeout} if timeout else {}))


def read(cloud, container, name, first=None, last=None):
    """The requests.Response of an object's bytes, streamed; with `first` and `last` that part."""
    headers = {'Accept-Encoding': 'identity', **({'Range': f'bytes={first}-{last}'} if last is not None else {})}
    return cloud.call(SERVICE, 'GET', path(container, name), headers=headers, stream=True, log=False)


def pieces(answer, size):
    """The bytes of what `read` found, as they are stored. Unpacking a Content-Encoding, which users set, would give
    more than Content-Length announces, and a thousand times what is stored."""
    return answer.raw.stream(size, decode_content=False)


def beginning(cloud, container, name, count):
    """At most the first `count` bytes of an object, whatever the service sends: one call."""
    with read(cloud, container, name, 0, count - 1) as answer:
        try:
            return answer.raw.read(count, decode_content=False)
        except urllib3.exceptions.HTTPError as error:
            raise errors.ApiError(SERVICE, 'read an object', 'The service stopped in the middle.') from error


def copy(cloud, container, name, into, as_name):
    """A copy in the store, without its bytes travelling here."""
    cloud.call(SERVICE, 'PUT', path(into, as_name), headers={'X-Copy-From': path(container, name),
                                                             'Content-Length': '0'})


def set_metadata(cloud, container, name, values, headers, delete_at=None):
    """Replace what somebody gave an object: {name: value}; `headers` as it has them. `delete_at`: epoch seconds."""
    kept = {each: headers[each] for each in _KEPT if headers.get(each)}
    given = {f'X-Object-Meta-{key}': quote(value) if not value.isascii() else value for key, value in values.items()}
    cloud.call(SERVICE, 'POST', path(container, name), headers={
        **kept, **given, **({'X-Delete-At': str(delete_at)} if delete_at else {})})


def delete(cloud, container, name):
    """Remove an object; of a large one its parts too."""
    cloud.call(SERVICE, 'DELETE', path(container, name), params={'multipart-manifest': 'delete'})


def delete_all(cloud, container, prefix=''):
    """Remove all objects whose names begin so; two calls for each thousand."""
    while True:
        found, _more = objects(cloud, container, _BULK, prefix=prefix, delimiter=None)
        if not found:
            return
        names = '\n'.join(quote(f'/{container}/{each["name"]}') for each in found)
        answer = cloud.send(SERVICE, 'POST', '/', params={'bulk-delete': 'true'}, data=names.encode(), headers={
            'Content-Type': 'text/plain', 'Accept': 'application/json'})
        if answer.get('Errors') or not answer.get('Number Deleted'):
            said = ', '.join(f'{name}: {why}' for name, why in answer.get('Errors', [])[:3])
            raise errors.ApiError(SERVICE, 'POST /?bulk-delete', said or answer.get('Response Body')
                                  or 'Some objects could not be deleted.', 409)


def temporary_url(cloud, container, name, seconds):
    """An address by which everybody can read an object for so long. The container gets a key if it has none."""
    key = head(cloud, container).get(_KEY)
    if not key:
        key = secrets.token_hex(32)
        cloud.call(SERVICE, 'POST', path(container), headers={_KEY: key})
    base, until = urlsplit(cloud.endpoint(SERVICE)), int(time.time()) + seconds
    signed = f'GET\n{until}\n{base.path}/{container}/{name}'
    signature = hmac.new(key.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return (f'{base.scheme}://{base.netloc}{base.path}{path(container, name)}'
            f'?temp_url_sig={signature}&temp_url_expires={until}')


def address(cloud, container, name=''):
    """The public address of a container or object."""
    return cloud.endpoint(SERVICE) + path(container, name or None)


def policies(cloud):
    """[{name, default}] of the cluster: one call."""
    parts = urlsplit(cloud.endpoint(SERVICE))
    found = cloud.call(SERVICE, 'GET', '/info', base=f'{parts.scheme}://{parts.netloc}').json()
    return found.get('swift', {}).get('policies', [])
