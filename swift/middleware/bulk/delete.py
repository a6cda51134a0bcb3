"""Bulk delete: a list of names, one DELETE each."""
import logging
from urllib.parse import unquote_to_bytes

from swift.middleware import copied
from swift.middleware.bulk import answers, work
from swift.middleware.bulk.body import Stop
from swift.proxy.subrequest import make_subrequest

LOG = logging.getLogger(__name__)
_LINE_LIMIT = 3 * 2048


class Deletion:
    """Deletes names and keeps count."""

    def __init__(self, req, app, base, source, workers=2, max_failed=1000, every=10):
        self._env, self._app, self._base, self._source = req.environ, app, base, source
        self._workers, self._max_failed, self._every = workers, max_failed, every
        self.fields = {'Number Deleted': 0, 'Number Not Found': 0, 'Response Status': '200 OK', 'Response Body': ''}
        self.errors, self._gateway = [], False

    def run(self, names):
        """Do it: a generator of None (still at it), then the outcome is in `fields` and `errors`.

        `names` gives (`/container[/object]` text, None or the status line of what is wrong with it).
        """
        # A container is empty only when what was listed with it is gone.
        containers = []
        try:
            for batch in (_without_containers(names, containers), containers):
                for done in work.results(self._delete, batch, self._workers, self._every):
                    if done is None:
                        yield None
                    else:
                        self._count(*done)
            self._conclude()
        except Stop as stop:
            self.fields['Response Status'], self.fields['Response Body'] = stop.status, stop.text

    def _delete(self, item):
        name, error = item
        if error:
            return name, error
        path = f'/{self._base.version}/{self._base.account}{name}'
        try:
            response = make_subrequest(self._env, 'DELETE', path, source=self._source).get_response(self._app)
            copied.close_body(response)
        except Exception:
            LOG.exception('%s: deleting it failed', path)
            return name, '500 Internal Error'
        return name, response.status

    def _count(self, name, status):
        code = int(status.split(' ', 1)[0])
        if 200 <= code < 300:
            self.fields['Number Deleted'] += 1
        elif code == 404:
            self.fields['Number Not Found'] += 1
        else:
            self.errors.append([answers.quoted(name), status])
            self._gateway = self._gateway or code >= 500
            if code == 401:
                raise Stop('401 Unauthorized')
            if len(self.errors) >= self._max_failed:
                raise Stop('400 Bad Request', 'Max delete failures exceeded')

    def _conclude(self):
        if self.errors:
            self.fields['Response Status'] = '502 Bad Gateway' if self._gateway else '400 Bad Request'
        elif not self.fields['Number Deleted'] and not self.fields['Number Not Found']:
            self.fields['Response Status'] = '400 Bad Request'
            self.fields['Response Body'] = 'Invalid bulk delete.'


def _without_containers(names, containers):
    """`names` but those of containers, which are added to a list."""
    for item in names:
        if item[1] is None and '/' not in item[0][1:]:
            containers.append(item)
        else:
            yield item


def names_of_body(stream, limit):
    """(name, error) of each line of a body (a file): all of them before the first, so that a list that is refused
    deletes nothing. Raises Stop beyond `limit` names or when a line does not end."""
    yield from list(_names(stream, limit))


def _names(stream, limit):
    count, rest = 0, b''
    while True:
        piece = stream.read(65536)
        *lines, rest = (rest + piece).split(b'\n') if piece else [rest, b'']
        for line in lines:
            if not line.strip():
                continue
            count += 1
            if count > limit:
                raise Stop('413 Request Entity Too Large', f'Maximum Bulk Deletes: {limit} per request')
            yield _name(line.strip())
        if len(rest) > _LINE_LIMIT:
            raise Stop('400 Bad Request', 'Invalid File Name')
        if not piece:
            return


def _name(line):
    try:
        name = unquote_to_bytes(line).decode()
    except UnicodeDecodeError:
        return line[:256].decode('latin-1'), '412 Precondition Failed'
    name = '/' + name.lstrip('/')
    container, _, obj = name[1:].partition('/')
    if not container or '\0' in name:
        return name, '412 Precondition Failed'
    if len(line) > _LINE_LIMIT:
        return name[:256], '400 Bad Request'
    return (f'/{container}/{obj}' if obj else f'/{container}'), None
