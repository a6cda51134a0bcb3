"""Images, memberships and tasks as version 2 shows them."""
from glance.image.importing import marks
from glance.image.places import CONF
from glance.store.base import without_secret

_PLAIN = ('name', 'status', 'visibility', 'protected', 'os_hidden', 'checksum', 'os_hash_algo', 'os_hash_value',
          'owner', 'size', 'virtual_size', 'container_format', 'disk_format', 'min_ram', 'min_disk')


def stamp(moment):
    """A time as the API writes it."""
    return f'{moment:%Y-%m-%dT%H:%M:%SZ}'


def image(record, several_stores=False):
    """The document of an image: its fields beside its custom properties."""
    document = {name: value for name, value in record.properties.items() if name not in marks.HIDDEN}
    for name in _PLAIN:
        document[name] = getattr(record, name)
    path = f'/v2/images/{record.id}'
    document.update(id=record.id, tags=record.tags, created_at=stamp(record.created_at),
                    updated_at=stamp(record.updated_at), self=path, file=path + '/file', schema='/v2/schemas/image')
    if several_stores and record.locations:
        document['stores'] = ','.join(place.store for place in record.locations)
    return document


def place_metadata(place, several_stores):
    """What is said of a place. Other services find out from it which of several stores has the data."""
    return {**(place.meta or {}), 'store': place.store} if several_stores else place.meta or {}


def places(record, first, several_stores=False, trusted=False):
    """Where the data is, as far as the operator has it shown; only `trusted` callers see accounts in old addresses.

    `first` has the place that is read before others, or none; they are all shown in the order that patches count in.
    """
    def address(place):
        return place.url if trusted else without_secret(place.url)
    document = {}
    if CONF.show_multiple_locations:
        document['locations'] = [{'url': address(each), 'metadata': place_metadata(each, several_stores)}
                                 for each in record.locations]
    if CONF.show_image_direct_url and first:
        document['direct_url'] = address(first[0])
    return document


def member(record):
    """The document of a membership."""
    return {'member_id': record.member, 'image_id': record.image_id, 'status': record.status,
            'created_at': stamp(record.created_at), 'updated_at': stamp(record.updated_at),
            'schema': '/v2/schemas/member'}


_TASK = ('id', 'type', 'status', 'owner', 'image_id', 'request_id', 'user_id')


def task(record, detailed=True):
    """The document of a task; `detailed` with what went in and came out."""
    path = f'/v2/tasks/{record.id}'
    document = {name: getattr(record, name) for name in _TASK}
    document.update(created_at=stamp(record.created_at), updated_at=stamp(record.updated_at), self=path,
                    schema='/v2/schemas/task')
    if record.expires_at:
        document['expires_at'] = stamp(record.expires_at)
    if detailed:
        document.update(input=record.input, result=record.result, message=record.message or '')
    return document
