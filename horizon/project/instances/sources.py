"""What a server can boot from: images, snapshots, volumes and their snapshots."""
from django.utils.translation import gettext as _

from horizon.ui.templatetags.ui import size

# Kernels and ramdisks belong to an image and boot nothing alone.
_PARTS = ('aki', 'ari')


def bootable(images):
    """The images that boot a server."""
    return [each for each in images if each.get('status') == 'active'
            and each.get('container_format') not in _PARTS and each.get('disk_format') not in _PARTS]


def is_snapshot(image):
    """Whether an image was made of a server."""
    return image.get('image_type') == 'snapshot'


def choices(images, volumes=(), snapshots=()):
    """[(group, [(value, label)])] for a field; values are kind:id."""
    groups = [
        (_('Images'), [(f'image:{each["id"]}', _image(each)) for each in images if not is_snapshot(each)]),
        (_('Snapshots of servers'), [(f'image:{each["id"]}', _image(each)) for each in images if is_snapshot(each)]),
        (_('Volumes'), [(f'volume:{each["id"]}', _volume(each)) for each in volumes]),
        (_('Snapshots of volumes'), [(f'snapshot:{each["id"]}', _volume(each)) for each in snapshots])]
    return [group for group in groups if group[1]]


def _image(image):
    name = image.get('name') or image['id']
    return f'{name} ({size(image["size"])})' if image.get('size') else name


def _volume(volume):
    return f'{volume.get("name") or volume["id"]} ({volume["size"]} GB)'


def first(groups):
    """The value to choose at first."""
    return groups[0][1][0][0] if groups else None


def body(source, new_volume=None, delete_volume=False):
    """The part of the API's server that says what it boots from. `new_volume`: GB of a volume made of the image."""
    kind, _colon, key = source.partition(':')
    if kind == 'image' and not new_volume:
        return {'imageRef': key}
    device = {'boot_index': 0, 'uuid': key, 'source_type': kind, 'destination_type': 'volume',
              'delete_on_termination': delete_volume}
    if new_volume:
        device['volume_size'] = new_volume
    return {'block_device_mapping_v2': [device], **({'imageRef': key} if kind == 'image' else {})}
