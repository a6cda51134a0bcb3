"""DELETE of an object."""
from swift.headers import whole
from swift.obj.answers import Answer
from swift.obj.errors import Deleted, Expired, NotExist
from swift.obj.requests import Refused
from swift.timestamp import Timestamp


def handle(server, request):
    """Leave a tombstone. 204, 404 when nothing was there (it is written all the same); 409, 412, 507."""
    timestamp = request.timestamp
    only_if = _only_if(request)
    server.manager.check(request.device)
    status, existing, delete_at, writer = server.manager.run(
        request.device, _delete, server, request, timestamp, only_if)
    if writer is not None:
        told = server.updater.of_container(request, 'DELETE', {'x-timestamp': timestamp.internal})
        told += server.updater.of_expiry(request, delete_at, 0)
        server.updater.finish(request, told, writer)
    latest = max(existing, timestamp) if writer is not None or status == 409 else existing
    return Answer(status, b'', {'X-Backend-Timestamp': latest.internal, 'Content-Type': 'text/html; charset=UTF-8'})


def _only_if(request):
    """X-If-Delete-At in seconds, or None. Raises Refused 400."""
    text = request.get('X-If-Delete-At')
    if text is None:
        return None
    moment = whole(text)
    if moment is None:
        raise Refused(400, 'Bad X-If-Delete-At header value')
    return moment


def _delete(server, request, timestamp, only_if):
    """(status, timestamp of what is here, its X-Delete-At, Writer of the tombstone or None)."""
    file = server.manager.get(request.device, request.partition, request.account, request.container, request.obj,
                              request.policy)
    status, existing, delete_at = _existing(file, request, timestamp)
    if only_if is not None:
        if not existing:
            return 404, existing, 0, None
        if existing >= timestamp:
            return 409, existing, delete_at, None
        if delete_at != only_if:
            return 412, existing, delete_at, None
        status = 204
    if existing >= timestamp:
        return (409 if status == 204 else status), existing, delete_at, None
    return status, existing, delete_at, file.delete(
        timestamp, update=server.updater.wanted(request, delete_at))


def _existing(file, request, timestamp):
    """(status this deletion has, timestamp of data or tombstone, X-Delete-At)."""
    try:
        with file.open(float(timestamp), request.expired_too) as opened:
            return 204, opened.data_timestamp, int(opened.metadata.get('X-Delete-At') or 0)
    except Expired as error:
        return 404, error.timestamp, int(error.metadata['X-Delete-At'])
    except Deleted as error:
        return 404, error.timestamp, 0
    except NotExist:
        return 404, Timestamp(0), 0
