"""What lists of volumes and snapshots can be filtered and sorted by. `model` is Volume or VolumeSnapshot."""
import orjson
from sqlalchemy import Text, false, func, type_coerce

from nova.db import keys
from nova.db.models import Volume
from nova.exception import InvalidFilter
from nova.volume.exception import InvalidVolumeRequest

_TEXTS = {'name': 'display_name', 'display_name': 'display_name', 'status': 'status', 'id': 'uuid',
          'availability_zone': 'availability_zone', 'volume_id': 'volume_uuid', 'snapshot_id': 'snapshot_id',
          'source_volid': 'source_volid', 'description': 'display_description'}
_OF_ADMINS = {'host': 'host', 'project_id': 'project_id', 'user_id': 'user_id'}
_SORT_KEYS = {'id': 'uuid', 'name': 'display_name', 'display_name': 'display_name', 'size': 'size', 'status': 'status',
              'created_at': 'created_at', 'updated_at': 'updated_at', 'host': 'host', 'bootable': 'bootable',
              'availability_zone': 'availability_zone', 'volume_id': 'volume_uuid'}


def order(model, sort):
    """The columns of [(key, direction)], newest first by default. Raises InvalidVolumeRequest."""
    ordered = []
    for name, direction in sort or [('created_at', 'desc')]:
        column = getattr(model, _SORT_KEYS.get(name, ''), None)
        if column is None:
            raise InvalidVolumeRequest(reason=f'{str(name)[:80]!r} is nothing to sort by.')
        ordered.append((column, direction))
    return [*ordered, (model.id, ordered[-1][1])]


def apply(statement, model, filters, context):
    """`statement` with what `filters` ask. Unknown names are ignored.

    Others than administrators get their own project's rows whatever they ask.
    """
    everywhere = context.is_admin and (filters.get('all_tenants') or filters.get('project_id'))
    if not everywhere:
        statement = statement.where(model.project_id == context.project_id)
    for name, value in filters.items():
        attribute = _TEXTS.get(name) or (_OF_ADMINS.get(name) if context.is_admin else None)
        if attribute and hasattr(model, attribute):
            text = keys.text(value)
            statement = statement.where(false() if text is None else getattr(model, attribute) == text)
    if model is Volume and 'bootable' in filters:
        statement = statement.where(Volume.bootable.is_(filters['bootable']))
    for name, column in (('metadata', model.metadata_), ('glance_metadata', getattr(model, 'image_metadata', None))):
        for key, value in (filters.get(name) or {}).items():
            statement = statement.where(false() if column is None else _has_item(column, key, value))
    return statement


def _has_item(column, key, value):
    """A metadata item, in the text that essex.db.types.JSON writes."""
    if not isinstance(key, str) or not isinstance(value, str) or len(key) > 255 or len(value) > 255:
        raise InvalidFilter(name='metadata', value=str(key)[:80], reason='texts of at most 255 characters are needed.')
    try:
        item = orjson.dumps({key: value}).decode()[1:-1]
    except orjson.JSONEncodeError as error:    # half a pair of surrogates
        raise InvalidFilter(name='metadata', value=ascii(key)[:80], reason='it is no text.') from error
    text = type_coerce(column, Text)
    # Not LIKE, which takes A for a in SQLite.
    return func.replace(text, item, '') != text
