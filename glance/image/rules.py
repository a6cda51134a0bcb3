"""What an image must look like: formats, lengths, names."""
from oslo_config import cfg

from essex import config
from glance.exception import InvalidImage
from glance.image.model import BASE_NAMES, VISIBILITIES

OPTS = [
    cfg.ListOpt('disk_formats', default=['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso',
                                         'ploop', 'gpt'],
                help='Values disk_format may have.'),
    cfg.ListOpt('container_formats', default=['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
                help='Values container_format may have.'),
]
CONF = config.register(OPTS, 'image_format')

_AMAZON = ('ami', 'ari', 'aki')
_INT_MAX = 2147483647
# What the smallest of the three databases' text columns holds.
VALUE_MAX = 65535


def check(image):
    """Raise InvalidImage when a field of `image` breaks a rule."""
    _text('name', image.name, 255)
    _text('owner', image.owner, 255)
    if image.visibility not in VISIBILITIES:
        raise InvalidImage(f'visibility must be one of {", ".join(VISIBILITIES)}, not {image.visibility!r}.')
    check_formats(image.disk_format, image.container_format)
    for name in ('min_disk', 'min_ram'):
        value = getattr(image, name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _INT_MAX:
            raise InvalidImage(f'{name} must be a whole number from 0 to {_INT_MAX}.')
    for name, value in image.properties.items():
        check_property(name, value)
    for tag in image.tags:
        check_tag(tag)


def check_formats(disk, container):
    """Raise InvalidImage when one of the formats is none here, or they cannot be together."""
    _format('disk_format', disk, CONF.image_format.disk_formats)
    _format('container_format', container, CONF.image_format.container_formats)
    if disk and container and (disk in _AMAZON or container in _AMAZON) and disk != container:
        raise InvalidImage(f"Invalid mix of disk and container formats: '{disk}' and '{container}'. When one of them "
                           f'is {", ".join(_AMAZON)}, both must be the same.')


def check_property(name, value):
    """Raise InvalidImage when a custom property cannot be."""
    if not name or len(name) > 255:
        raise InvalidImage(f'The name of a property must have 1 to 255 characters: {name[:60]!r} has {len(name)}.')
    if name in BASE_NAMES:
        raise InvalidImage(f'{name} is a field of every image and cannot be a custom property.')
    if value is not None and not isinstance(value, str):
        raise InvalidImage(f'The value of property {name} must be a string.')
    _text(f'The value of property {name}', value, VALUE_MAX, lambda text: len(text.encode()))
    if '\0' in name:
        raise InvalidImage('The name of a property may not contain a NUL character.')


def check_tag(tag):
    """Raise InvalidImage when a tag cannot be."""
    if not isinstance(tag, str) or not tag or len(tag) > 255 or '\0' in tag:
        raise InvalidImage(f'A tag must be a string of 1 to 255 characters without NUL; this is {str(tag)[:60]!r}.')


def check_complete(image):
    """Raise InvalidImage unless `image` says what its data is, which it must before it has any."""
    missing = [name for name in ('disk_format', 'container_format') if not getattr(image, name)]
    if missing:
        raise InvalidImage(f'Set {" and ".join(missing)} of image {image.id} before giving it data.')


def _text(name, value, longest, measure=len):
    if value is None:
        return
    if not isinstance(value, str):
        raise InvalidImage(f'{name} must be a string.')
    if '\0' in value:
        raise InvalidImage(f'{name} may not contain a NUL character.')
    if measure(value) > longest:
        raise InvalidImage(f'{name} may have at most {longest} characters; this has {measure(value)}.')


def _format(name, value, allowed):
    if value is not None and value not in allowed:
        raise InvalidImage(f'Invalid {name} {str(value)[:40]!r} for image: it must be one of {", ".join(allowed)}.')
