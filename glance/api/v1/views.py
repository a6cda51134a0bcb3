"""Images and memberships as version 1 and the registry show them."""
from glance.image.model import OWN

BRIEF = ('id', 'name', 'disk_format', 'container_format', 'checksum')


def stamp(moment):
    """A time as this face writes it: ISO without a zone."""
    return moment.replace(microsecond=0).isoformat() if moment else None


def brief(record):
    """The six fields of the short list."""
    return {**{name: getattr(record, name) for name in BRIEF}, 'size': record.size or 0}


def image(record):
    """All fields but where the data is."""
    return {**brief(record), 'status': record.status, 'is_public': record.visibility == 'public',
            'owner': record.owner, 'protected': record.protected, 'min_ram': record.min_ram,
            'min_disk': record.min_disk, 'created_at': stamp(record.created_at),
            'updated_at': stamp(record.updated_at), 'deleted': record.deleted,
            'deleted_at': stamp(record.deleted_at),
            'properties': {name: value for name, value in record.properties.items()
                           if not name.startswith(OWN)}}


def member(record):
    """A membership seen from the image."""
    return {'member_id': record.member, 'can_share': record.can_share}


def shared_image(record):
    """A membership seen from the member."""
    return {'image_id': record.image_id, 'can_share': record.can_share}
