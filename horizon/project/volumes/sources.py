"""What a new volume can be made of, and how large it has to be for it."""
from django.utils.translation import gettext as _

from horizon.api import images, volumes
from horizon.project.instances import sources as of_servers
from horizon.project.volumes import states

_GB = 1 << 30
_KEYS = {'image': 'imageRef', 'snapshot': 'snapshot_id', 'volume': 'source_volid'}


def choices(found_images, found_volumes, found_snapshots):
    """[(value, label) or (group, [(value, label)])] for a field; '' is an empty volume."""
    return [('', _('nothing: an empty disk')), *of_servers.choices(
        of_servers.bootable(found_images), [each for each in found_volumes if each['status'] == states.FREE],
        [each for each in found_snapshots if each['status'] == states.FREE])]


def sizes(found_images, found_volumes, found_snapshots):
    """{value: the GB it takes at least}."""
    return {**{f'image:{each["id"]}': of_image(each) for each in found_images},
            **{f'volume:{each["id"]}': each['size'] for each in found_volumes},
            **{f'snapshot:{each["id"]}': each['size'] for each in found_snapshots}}


def of_image(image):
    """GB a volume needs for an image."""
    data = image.get('virtual_size') or image.get('size') or 0
    return max(image.get('min_disk') or 0, -(-data // _GB), 1)


def size_of(cloud, source):
    """GB a source needs: one call, none for an empty volume."""
    kind, _colon, key = source.partition(':')
    if kind == 'image':
        return of_image(images.get(cloud, key))
    find = {'volume': volumes.get, 'snapshot': volumes.get_snapshot}.get(kind)
    return find(cloud, key)['size'] if find else 1


def body(source):
    """The part of the API's volume that names it."""
    kind, _colon, key = source.partition(':')
    return {_KEYS[kind]: key} if source else {}


def name_of(source, found_images, found_volumes, found_snapshots):
    """What people call it, '' for nothing."""
    kind, _colon, key = source.partition(':')
    rows = {'image': found_images, 'volume': found_volumes, 'snapshot': found_snapshots}.get(kind, ())
    return next((each.get('name') or '' for each in rows if each['id'] == key), '')
