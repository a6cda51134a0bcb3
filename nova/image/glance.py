"""The image service as Nova uses it: describe and create with the caller's token, move data with Nova's own account.

Long work has no token of its user (it would be dead by then), and everything a server needs was checked with the
user's rights when the server was asked for.
"""
import contextlib
import logging

from oslo_config import cfg

from essex import config
from essex import exception as errors
from essex.client.image import ImageClient
from nova import exception

LOG = logging.getLogger(__name__)

OPTS = [cfg.StrOpt('endpoint_override', help='URL of the image service, instead of the one in the catalog.')]
CONF = config.register(OPTS, 'glance')

# Keys of an image's document that are no properties of its own.
_STANDARD = frozenset({
    'id', 'name', 'status', 'visibility', 'owner', 'size', 'virtual_size', 'checksum', 'os_hash_algo',
    'os_hash_value', 'disk_format', 'container_format', 'min_disk', 'min_ram', 'protected', 'tags', 'created_at',
    'updated_at', 'self', 'file', 'schema', 'locations', 'direct_url', 'os_hidden', 'stores', 'links'})
_KEPT = ('id', 'name', 'status', 'visibility', 'owner', 'size', 'virtual_size', 'checksum', 'disk_format',
         'container_format', 'created_at', 'updated_at')


def _endpoint():
    """The override without a version at its end: the client names versions itself."""
    url = (CONF.glance.endpoint_override or '').rstrip('/')
    head, _, last = url.rpartition('/')
    return (head if last in ('v1', 'v2', 'v2.0') else url) or None


def _own():
    return ImageClient.of_service(_endpoint())


def _users(context):
    try:
        return ImageClient.of_user(context, _endpoint())
    except LookupError as error:
        raise exception.ImageServiceUnavailable(
            endpoint='(unknown)',
            reason=f'{error}. Set [glance] endpoint_override, or have it in the catalog.') from error


@contextlib.contextmanager
def _named(image_id):
    """Errors that name the image, of Nova's own kinds."""
    try:
        yield
    except errors.NotFound as error:
        raise exception.ImageNotFound(image_id=str(image_id)[:255]) from error
    except errors.Forbidden as error:
        raise exception.ImageForbidden(image_id=image_id) from error


def describe(context, image_id):
    """What the caller may know of an image: id, name, status, visibility, owner, size, virtual_size, checksum,
    disk_format, container_format, min_ram, min_disk, properties. Raises ImageNotFound, ImageForbidden."""
    with _named(image_id):
        return _described(_users(context).show(image_id))


def _described(document):
    image = {key: document.get(key) for key in _KEPT}
    image['min_ram'], image['min_disk'] = int(document.get('min_ram') or 0), int(document.get('min_disk') or 0)
    image['properties'] = {key: value for key, value in document.items() if key not in _STANDARD}
    return image


def list_for(context, limit, **filters):
    """The first `limit` images the caller may see, each as `describe` has it. Filters are those of the Image API."""
    return [_described(document) for document in _users(context).list(limit, **filters)]


def delete_for(context, image_id):
    """Delete an image with the caller's own rights. Raises ImageNotFound, ImageForbidden."""
    with _named(image_id):
        _users(context).delete(image_id)


def check_properties(properties):
    """Raise ImagePropertyInvalid when users' metadata would change what an image is."""
    for name in properties:
        if name in _STANDARD:
            raise exception.ImagePropertyInvalid(name=name)


def set_properties_for(context, image_id, properties, removed=()):
    """Set properties of an image, and remove some, with the caller's own rights; returns its description.

    Raises ImageNotFound, ImageForbidden, ImagePropertyInvalid.
    """
    check_properties(properties)
    with _named(image_id):
        return _described(_users(context).change(image_id, properties, removed))


def create(context, name, disk_format, container_format, min_disk=0, min_ram=0, properties=None):
    """Enter a queued image that belongs to the caller; returns its id. Raises ImageQuotaExceeded."""
    try:
        return _users(context).create(**{**(properties or {}), 'name': name, 'disk_format': disk_format,
                                         'container_format': container_format, 'min_disk': min_disk,
                                         'min_ram': min_ram})['id']
    except errors.TooLarge as error:
        raise exception.ImageQuotaExceeded(reason=str(error)) from error


def delete(image_id):
    """Delete an image with Nova's own account; harmless when it is gone.

    Even a protected one: its user asked for that before there was any data.
    """
    try:
        with _named(image_id):
            own = _own()
            if own.show(image_id).get('protected'):
                own.update(image_id, protected=False)
            own.delete(image_id)
    except exception.ImageNotFound:
        LOG.info('image %s was gone already', image_id)


def backups(project_id, instance_uuid, backup_type):
    """Ids of a server's backups of a type that have data and are not protected, the newest first."""
    found = _own().list(owner=project_id, instance_uuid=instance_uuid, image_type='backup', backup_type=backup_type,
                        status='active', sort='created_at:desc')
    return [image['id'] for image in found if not image.get('protected')]


def set_format(image_id, disk_format):
    """Say what format the data of a queued image will have. Raises ImageNotFound."""
    with _named(image_id):
        _own().update(image_id, disk_format=disk_format)


def status(image_id):
    """The status of an image, or None when it is gone."""
    try:
        with _named(image_id):
            return _own().show(image_id).get('status')
    except exception.ImageNotFound:
        return None


def upload(image_id, path):
    """Send a file as the data of a queued image. Raises ImageNotFound."""
    with _named(image_id):
        _own().upload_file(image_id, path)


def download(image_id, path, progress=None):
    """Write the data of an image to `path`, whole and checked against its digest, or not at all.

    `progress(bytes so far)` is called for each chunk; what it raises ends the download. Raises ImageNotFound,
    ImageDownloadFailed."""
    try:
        with _named(image_id):
            _own().download(image_id, path, progress=progress)
    except (errors.BadGateway, errors.Conflict) as error:
        raise exception.ImageDownloadFailed(image_id=image_id, reason=str(error)) from error
