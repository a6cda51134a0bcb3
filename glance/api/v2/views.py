"""Images and memberships as version 2 shows them."""
_PLAIN = ('name', 'status', 'visibility', 'protected', 'os_hidden', 'checksum', 'os_hash_algo', 'os_hash_value',
          'owner', 'size', 'virtual_size', 'container_format', 'disk_format', 'min_ram', 'min_disk')


def stamp(moment):
    """A time as the API writes it."""
    return f'{moment:%Y-%m-%dT%H:%M:%SZ}'


def image(record, several_stores=False):
    """The document of an image: its fields beside its custom properties."""
    document = {name: value for name, value in record.properties.items() if not name.startswith('os_glance')}
    for name in _PLAIN:
        document[name] = getattr(record, name)
    path = f'/v2/images/{record.id}'
    document.update(id=record.id, tags=record.tags, created_at=stamp(record.created_at),
                    updated_at=stamp(record.updated_at), self=path, file=path + '/file', schema='/v2/schemas/image')
    if several_stores and record.locations:
        document['stores'] = ','.join(place.store for place in record.locations)
    return document


def member(record):
    """The document of a membership."""
    return {'member_id': record.member, 'image_id': record.image_id, 'status': record.status,
            'created_at': stamp(record.created_at), 'updated_at': stamp(record.updated_at),
            'schema': '/v2/schemas/member'}
