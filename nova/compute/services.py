"""Daemons as administrators see them."""
from nova import exception
from nova.compute import zones
from nova.db import aggregates, instances, services


def list(context, host=None, binary=None):  # noqa: A001  (read with its module: services.list)
    """Rows with .state ('up' or 'down'), .status ('enabled' or 'disabled') and .zone: two statements, three with
    aggregates."""
    by_host = aggregates.zones()
    return [_seen(row, by_host) for row in services.list(host, binary)]


def _seen(row, by_host):
    row.state = 'up' if services.is_up(row) else 'down'
    row.status = 'disabled' if row.disabled else 'enabled'
    row.zone = zones.of_service(row, by_host)
    return row


def get(context, service_id):
    """The row of an id or uuid, as in `list`. Raises ServiceNotFound."""
    return _seen(services.get(service_id), aggregates.zones())


def set_enabled(context, host, binary, enabled, reason=None):
    """Let the scheduler use a host, or not; returns the row. Raises HostBinaryNotFound."""
    _check_reason(reason)
    return _seen(services.set_enabled(host, binary, enabled, reason), aggregates.zones())


def update(context, service_id, enabled=None, reason=None, forced_down=None):
    """Change what is given; returns the row. Raises ServiceNotFound."""
    _check_reason(reason)
    row = services.get(service_id)
    values = {}
    if enabled is not None:
        values.update(disabled=not enabled, disabled_reason=None if enabled else reason)
    if forced_down is not None:
        values['forced_down'] = forced_down
    return _seen(services.change(row.id, **values), aggregates.zones())


def _check_reason(reason):
    if reason is not None and (not 1 <= len(reason.strip()) <= 255 or not reason.isprintable()):
        raise exception.InvalidServerRequest(what='disabled_reason', reason='1 to 255 printable characters.')


def delete(context, service_id):
    """Forget a daemon that is gone for good, and the hypervisor it reported. Raises ServiceStillUp,
    HostHasInstances."""
    row = services.get(service_id)
    if row.binary == zones.COMPUTE:
        count = len(instances.on_host(row.host))
        if count:
            raise exception.HostHasInstances(host=row.host, count=count)
    if services.is_up(row):
        raise exception.ServiceStillUp(binary=row.binary, host=row.host)
    services.forget(row)
