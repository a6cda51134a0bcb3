"""Whether a server can be booted from an image, and what it keeps of the image's description."""
from nova import exception
from nova.image import glance

_GIB = 1024 ** 3
# Kernels and ramdisks belong to another image.
_PARTS = ('aki', 'ari')
_KEPT = ('id', 'name', 'disk_format', 'container_format', 'size', 'virtual_size', 'checksum', 'min_ram', 'min_disk',
         'properties')


def columns(context, image_id, flavor, config_drive=False, kernel_id=None, ramdisk_id=None):
    """The columns of a server of `flavor` (name, memory_mb, root_gb) that boots from an image. Raises what the
    functions below do."""
    image = usable(context, image_id)
    check_size(image, flavor)
    kernel_id, ramdisk_id = kernel_and_ramdisk(context, image, kernel_id, ramdisk_id)
    mandatory = image['properties'].get('img_config_drive') == 'mandatory'
    return {'image_ref': image['id'], 'image_meta': kept(image), 'kernel_id': kernel_id, 'ramdisk_id': ramdisk_id,
            'config_drive': bool(config_drive or mandatory),
            'root_device_name': image['properties'].get('root_device_name') or '/dev/vda'}


def usable(context, image_id):
    """The description of an image a server may boot from. Raises RequestedImageNotFound, ImageNotActive,
    ImageUnusable."""
    image = _active(context, image_id)
    if image['disk_format'] in _PARTS or image['container_format'] in _PARTS:
        raise exception.ImageUnusable(image_id=image_id, reason='it is a kernel or a ramdisk, not a disk.')
    return image


def _active(context, image_id):
    try:
        image = glance.describe(context, image_id)
    except (exception.ImageNotFound, exception.ImageForbidden) as error:
        raise exception.RequestedImageNotFound(image_id=str(image_id)[:255]) from error
    if image['status'] != 'active':
        raise exception.ImageNotActive(image_id=image_id, status=image['status'])
    return image


def check_size(image, flavor):
    """Raise FlavorMemoryTooSmall or FlavorDiskTooSmall when a server of the flavor could not hold the image."""
    if flavor.memory_mb < image['min_ram']:
        raise exception.FlavorMemoryTooSmall(image_id=image['id'], min_ram=image['min_ram'], flavor=flavor.name,
                                             memory_mb=flavor.memory_mb)
    # A flavor with no disk of its own takes the image's size.
    if not flavor.root_gb:
        return
    needs = {'its size': image['size'] or 0, 'its virtual size': image.get('virtual_size') or 0,
             'its min_disk': image['min_disk'] * _GIB}
    why = max(needs, key=needs.get)
    if needs[why] > flavor.root_gb * _GIB:
        raise exception.FlavorDiskTooSmall(image_id=image['id'], flavor=flavor.name, root_bytes=flavor.root_gb * _GIB,
                                           needed_bytes=needs[why], why=why)


def kernel_and_ramdisk(context, image, kernel_id=None, ramdisk_id=None):
    """(kernel id, ramdisk id) the server boots with, None for those inside the disk. They must be usable too."""
    found = []
    for asked, name in ((kernel_id, 'kernel_id'), (ramdisk_id, 'ramdisk_id')):
        part = asked or image['properties'].get(name) or None
        if part is not None:
            _active(context, part)
        found.append(part)
    return tuple(found)


def kept(image):
    """What a server's row keeps of the description."""
    return {key: image.get(key) for key in _KEPT}
