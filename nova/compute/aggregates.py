"""Aggregates: named sets of hosts; one with an availability zone makes its hosts a zone."""
from nova import exception
from nova.compute import zones
from nova.db import aggregates, services

ZONE = aggregates.ZONE


def list(context):  # noqa: A001  (read with its module: aggregates.list)
    """Rows with .hosts, by id."""
    return aggregates.list_all()


def get(context, aggregate_id):
    """The row of an id or uuid. Raises AggregateNotFound."""
    return aggregates.get(aggregate_id)


def create(context, name, availability_zone=None):
    """Make one; returns the row. Raises AggregateNameExists."""
    name, zone = _text('name', name), _zone(availability_zone)
    return aggregates.create(name, {ZONE: zone} if zone else {})


def update(context, aggregate_id, name=None, availability_zone=None):
    """Change what is given; returns the row. Raises AggregateZoneConflict."""
    row = aggregates.get(aggregate_id)
    zone = _zone(availability_zone)
    if zone:
        for member in row.hosts:
            _check_zone(row, member.host, zone)
    return aggregates.change(row.id, None if name is None else _text('name', name), {ZONE: zone} if zone else None)


def delete(context, aggregate_id):
    """Remove one that has no hosts. Raises AggregateNotEmpty."""
    row = aggregates.get(aggregate_id)
    if row.hosts:
        raise exception.AggregateNotEmpty(aggregate_id=row.id, hosts=', '.join(member.host for member in row.hosts))
    aggregates.delete(row.id)


def add_host(context, aggregate_id, host):
    """Put a compute host in; returns the row. Raises HostNotFound, AggregateHostExists, AggregateZoneConflict."""
    row = aggregates.get(aggregate_id)
    try:
        services.get_by_host(host, zones.COMPUTE)
    except exception.HostBinaryNotFound as error:
        raise exception.HostNotFound(host=str(host)[:255]) from error
    if row.metadata_.get(ZONE):
        _check_zone(row, host, row.metadata_[ZONE])
    return aggregates.add_host(row.id, host)


def remove_host(context, aggregate_id, host):
    """Take a host out; returns the row. Raises AggregateHostNotFound."""
    return aggregates.remove_host(aggregates.get(aggregate_id).id, host)


def set_metadata(context, aggregate_id, metadata):
    """Merge metadata (None removes a key); returns the row. Raises AggregateZoneConflict."""
    row = aggregates.get(aggregate_id)
    for key, value in metadata.items():
        if not 1 <= len(key) <= 255 or (value is not None and len(value) > 255):
            raise exception.InvalidServerRequest(what='metadata', reason='keys have 1 to 255 characters, values 255.')
    zone = _zone(metadata.get(ZONE))
    for member in row.hosts if zone else ():
        _check_zone(row, member.host, zone)
    return aggregates.change(row.id, metadata=metadata)


def _check_zone(aggregate, host, zone):
    for other in aggregates.list_all():
        theirs = other.metadata_.get(ZONE)
        if other.id != aggregate.id and theirs not in (None, zone) and host in [each.host for each in other.hosts]:
            raise exception.AggregateZoneConflict(host=host, zone=theirs, aggregate=other.name)


def _zone(name):
    if name is None:
        return None
    # A colon would make a request for zone:host ambiguous.
    if ':' in name:
        raise exception.InvalidServerRequest(what='availability_zone', reason='it must not hold a colon.')
    return _text('availability_zone', name)


def _text(what, value):
    text = value.strip() if isinstance(value, str) else ''
    if not text or len(text) > 255 or not text.isprintable():
        raise exception.InvalidServerRequest(what=what, reason='1 to 255 printable characters.')
    return text
