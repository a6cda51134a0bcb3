"""POST to an object: its metadata anew, or its content type, whichever is newer than what is there."""
from swift.headers import is_sys_meta
from swift.obj import updates
from swift.obj.answers import Answer
from swift.obj.errors import Deleted, Expired, NotExist
from swift.obj.requests import Refused
from swift.timestamp import Timestamp


def handle(server, request):
    """Replace metadata. 202; 400, 404, 409, 507."""
    # What is wrong with any of them is said before anything is written.
    timestamp, delete_at, _ = request.timestamp, request.delete_at, request.listing
    content_type = request.content_type
    try:
        typed = Timestamp(request.get('Content-Type-Timestamp') or timestamp) if content_type else Timestamp(0)
    except ValueError:
        raise Refused(400, 'Content-Type-Timestamp is no timestamp') from None
    server.manager.check(request.device)
    try:
        row, kept, before, replaced, writer = server.manager.run(
            request.device, _post, server, request, timestamp, content_type, typed)
    except NotExist as error:
        raise _missing(error) from None
    told = server.updater.of_container(request, 'PUT', row)
    if replaced:
        told += server.updater.of_expiry(request, before, delete_at)
    server.updater.finish(request, told, writer)
    return Answer(202, '<html><h1>Accepted</h1></html>',
                  {**kept, 'Content-Type': 'text/html; charset=UTF-8', 'X-Backend-Timestamp': timestamp.internal,
                   'X-Backend-Content-Type': row['x-content-type']})


def _missing(error):
    if isinstance(error, Deleted | Expired):
        return Refused(404, 'Not Found', X_Backend_Timestamp=error.timestamp.internal)
    return Refused(404, 'Not Found')


def _post(server, request, timestamp, content_type, typed):
    """(row for the listing, system metadata that stays, X-Delete-At before, whether metadata is replaced, Writer)."""
    file = server.manager.get(request.device, request.partition, request.account, request.container, request.obj,
                              request.policy)
    with file.open(float(timestamp), request.expired_too) as opened:
        existing, before = opened.timestamp, int(opened.metadata.get('X-Delete-At') or 0)
        newer_type = bool(content_type) and typed > opened.content_type_timestamp
        if existing >= timestamp and not newer_type:
            raise Refused(409, 'There was a conflict: what is here is as new.', X_Backend_Timestamp=existing.internal)
        replaced = timestamp > existing
        values = _values(server, request, timestamp, opened) if replaced else dict(
            opened.metafile_metadata or {'X-Timestamp': opened.timestamp.internal})
        values.pop('name', None)
        if newer_type:
            values.update({'Content-Type': content_type, 'Content-Type-Timestamp': typed.internal})
        elif opened.content_type_timestamp != opened.data_timestamp:
            typed = opened.content_type_timestamp
            values.update({'Content-Type': opened.metadata['Content-Type'], 'Content-Type-Timestamp': typed.internal})
        else:
            typed = None
    writer = file.write_metadata(values, typed, update=True)
    try:
        with file.open(expired=True) as opened:
            # By it filters of the proxy know a link, for one.
            kept = {name: value for name, value in opened.data_metadata.items() if is_sys_meta('object', name)}
            return updates.row(opened, updates.backend_overrides(request)), kept, before, replaced, writer
    except BaseException:
        # Deleted just now: the sweep of leftovers finds out what listings have to know.
        writer.abandon()
        raise


def _values(server, request, timestamp, opened):
    values = {'X-Timestamp': timestamp.internal, **request.metadata(server.allowed, data=False)}
    manifest = opened.data_metadata.get('X-Static-Large-Object')
    if manifest:
        values['X-Static-Large-Object'] = manifest
    return values
