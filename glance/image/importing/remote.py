"""glance-download: the data, the formats and some properties of an image in another region's image service.

The other service is found in the caller's own catalog and asked with the caller's own token: nobody reads an image
that he could not read there.
"""
import os
import re

from cryptography.fernet import Fernet, InvalidToken
from oslo_config import cfg

from essex import config
from essex.client.image import ImageClient
from essex.context import RequestContext
from essex.exception import BadRequest, EssexError
from glance.exception import UploadBroken
from glance.image import protection, rules
from glance.image.model import BASE_NAMES, OWN

OPTS = [
    cfg.ListOpt('extra_properties', default=['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'],
                help='Properties that glance-download takes over: their names, or how these begin.'),
]
CONF = config.register(OPTS, 'glance_download_opts')

_UUID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
_INTERFACES = ('public', 'internal', 'admin')


def look(context, parameters):
    """The data of the operation: where the image is, its formats and its properties. Raises BadRequest.

    Of an image that cannot be had from there it is the `problem` alone: as with the original, the task tells of it.
    """
    region, image_id = parameters.get('glance_region'), parameters.get('glance_image_id')
    if not isinstance(region, str) or not region:
        raise BadRequest('The method glance-download needs a glance_region.')
    if not isinstance(image_id, str) or not _UUID.fullmatch(image_id):
        raise BadRequest('The method glance-download needs a glance_image_id: this image id does not look like a UUID.')
    try:
        return _find(context, region, image_id, parameters.get('glance_service_interface', 'public'))
    except EssexError as error:
        return {'problem': f'Image {image_id} of region {region[:80]} cannot be had: {error}'}


def _find(context, region, image_id, interface):
    if interface not in _INTERFACES:
        raise BadRequest(f'glance_service_interface is one of {", ".join(_INTERFACES)}.')
    endpoint = _endpoint(context, region, interface)
    found = ImageClient.of_user(context, endpoint).show(image_id)
    if found['status'] != 'active':
        raise BadRequest(f'it is {found["status"]}, not active.')
    formats = {name: found.get(name) for name in ('disk_format', 'container_format')}
    rules.check_formats(**{name.removesuffix('_format'): value for name, value in formats.items()})
    return {'formats': formats, 'endpoint': endpoint, 'remote_id': image_id, 'size': found.get('size'),
            'properties': _properties(context, found), 'token': _seal(context.auth_token)}


def _properties(context, found):
    """Those of the remote image's properties that are taken over: the caller could give them to an image himself."""
    wanted = tuple(CONF.glance_download_opts.extra_properties)
    return {name: value for name, value in found.items()
            if name.startswith(wanted) and isinstance(value, str) and name not in BASE_NAMES
            and not name.startswith(OWN) and protection.allows(context, 'create', name)}


def _endpoint(context, region, interface):
    """The image service of a region in the caller's catalog, without a version in its URL."""
    for service in context.service_catalog or ():
        if service['type'] == 'image':
            for endpoint in service['endpoints']:
                if endpoint['interface'] == interface and region in (endpoint.get('region_id'), endpoint.get('region')):
                    return re.sub(r'/v[0-9.]+/?$', '', endpoint['url']).rstrip('/')
    raise BadRequest(f'Your catalog has no {interface} image service in a region {region[:80]!r}.')


class Remote:
    """The data of the remote image: what an upload takes as its source. Raises UploadBroken."""

    def __init__(self, data):
        if 'problem' in data:
            raise BadRequest(data['problem'])
        context = RequestContext(auth_token=_open(data['token']))
        self._chunks = ImageClient.of_user(context, data['endpoint']).chunks(data['remote_id'])
        self._rest = memoryview(b'')
        self.size = data.get('size')

    def readinto(self, view):
        """Fill `view` as far as it goes; returns the count, 0 at the end."""
        try:
            while not self._rest:
                self._rest = memoryview(next(self._chunks, None) or b'')
                if not self._rest:
                    return 0
        except EssexError as error:
            raise UploadBroken(problem=str(error)) from error
        count = min(len(view), len(self._rest))
        view[:count], self._rest = self._rest[:count], self._rest[count:]
        return count

    def close(self):
        """Let go of the connection."""
        self._chunks.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()


def _key():
    """The key of this node for tokens that wait in the journal, made when it is missing."""
    path = config.state_file('import.key')
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        made = f'{path}.{os.getpid()}'
        with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'wb') as file:
            file.write(Fernet.generate_key())
        try:
            os.link(made, path)
        except FileExistsError:
            pass   # another process was faster: its key is the key
        finally:
            os.unlink(made)
        return _key()


def _seal(token):
    return Fernet(_key()).encrypt((token or '').encode()).decode()


def _open(sealed):
    try:
        return Fernet(_key()).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UploadBroken(problem='the token is sealed with the key of another node') from None
