"""What is made of imported data before it is stored: metadata added, data decompressed, data converted.

Each makes a new file beside the old one; the change from one to the other is one transaction with what the image then
says about itself, so that a process that dies leaves either.
"""
import logging
import uuid

from oslo_config import cfg

from essex import config, db
from essex.operation import Cancelled
from glance.db import images, staging
from glance.db.visibility import EVERYONE
from glance.image import limits
from glance.image.importing import convert, decompress
from glance.image.importing.options import names

LOG = logging.getLogger(__name__)

OPTS = [
    names('image_import_plugins', ['no_op', 'inject_image_metadata', decompress.NAME, convert.NAME], default=[],
          help='What is done to data that is imported, of: inject_image_metadata, image_decompression (of containers '
               'called compressed), image_conversion (by qemu-img).'),
]
INJECT_OPTS = [
    cfg.ListOpt('ignore_user_roles', default=['admin'], help='Whose imports get no metadata injected.'),
    cfg.DictOpt('inject', default={}, help='Properties that imported images get, as name:value,name:value.'),
]
config.register(OPTS, 'image_import_opts')
CONF = config.register(INJECT_OPTS, 'inject_metadata_properties')

# In the order they work.
_MAKERS = (decompress, convert)


def name_of(first, maker=None):
    """The name of the file that a maker makes for the import whose first file is called `first`."""
    return str(uuid.uuid5(uuid.UUID(first), maker.NAME))


def names_of(first):
    """The names of all files an import may leave."""
    return [first, *(name_of(first, maker) for maker in _MAKERS)]


def prepare(image, data, shelf, beat):
    """Have everything done that is configured. `data` is the operation's. Raises TransformFailed, ImageTooLarge."""
    plugins = CONF.image_import_opts.image_import_plugins
    _tell(image.id, data.get('formats', {}), {**data.get('properties', {}), **_injected(plugins, data['roles'])})
    staged = staging.get(image.id)
    if staged is None:
        raise Cancelled()
    done = names_of(data['file']).index(staged.name)
    for maker in _MAKERS[done:]:
        if maker.NAME in plugins:
            _make(maker, image.id, data['file'], shelf, beat)


def _injected(plugins, roles):
    options = CONF.inject_metadata_properties
    if 'inject_image_metadata' not in plugins or set(roles) & set(options.ignore_user_roles):
        return {}
    return options.inject


def _make(maker, image_id, first, shelf, beat):
    image, staged = images.get(image_id, EVERYONE), staging.get(image_id)
    if image is None or staged is None:
        raise Cancelled()
    target = name_of(first, maker)
    # Noted before it is there, like every file of the staging directory.
    staging.change(image_id, staged.name, next=target)
    shelf.discard(target)
    made = maker.make(image, shelf, staged.name, target, limits.room_of(image.owner), beat)
    if made is None:
        return
    size, changes = made
    _switch(image_id, staged.name, target, size, changes)
    shelf.discard(staged.name)


@db.retry
def _switch(image_id, old, new, size, changes):
    with db.writer():
        before = images.get(image_id, EVERYONE, for_update=True)
        if before is None or not staging.change(image_id, old, name=new, next=None, size=size):
            raise Cancelled()
        after = before.copy()
        for name, value in changes.items():
            setattr(after, name, value)
        images.save(before, after)


@db.retry
def _tell(image_id, formats, properties):
    """Have the image say what is known of the data from where it came."""
    if not formats and not properties:
        return
    with db.writer():
        before = images.get(image_id, EVERYONE, for_update=True)
        if before is None:
            raise Cancelled()
        after = before.copy()
        for name, value in formats.items():
            setattr(after, name, value)
        after.properties.update(properties)
        images.save(before, after)
