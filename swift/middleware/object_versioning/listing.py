"""GET container?versions: all versions of all objects, newest first for each name."""
import json
from urllib.parse import unquote, urlencode

from swift.headers import whole
from swift.middleware import copied, names
from swift.middleware.object_versioning import hidden as versions
from swift.middleware.object_versioning.calls import ask, want_success
from swift.middleware.segments import text
from swift.proxy.subrequest import make_subrequest
from swift.timestamp import Timestamp

_LIMIT = 10000


class Listing:
    """Merges the container, which knows what is current, with its hidden one, which knows the versions."""

    def __init__(self, req, app, base):
        self._req, self._app, self._base = req, app, base
        params = names.query(req.environ)
        self._prefix, self._marker, self._end = (params.get(name, '') for name in ('prefix', 'marker', 'end_marker'))
        self._delimiter, self._after = params.get('delimiter', ''), params.get('version_marker')
        limit = whole(params.get('limit'))
        self._limit = _LIMIT if limit is None else limit

    def respond(self):
        """The Response: JSON, whatever the Accept header says of it further out."""
        if 'reverse' in names.query(self._req.environ):
            return text(400, 'Versions are not listed in reverse order\n')
        if self._limit > _LIMIT:
            return text(412, f'Maximum limit is {_LIMIT}\n')
        if self._after is not None:
            if not self._marker:
                return text(400, 'version_marker needs marker\n')
            try:
                versions.object_of(self._marker, self._after)
            except ValueError:
                return text(400, 'Invalid version_marker\n')
        response = self._main(self._query(self._prefix, self._marker, self._end))
        if response.status_int != 200:
            return response
        current = [_main_item(item) for item in json.loads(response.body)]
        resumed = self._resumed() if self._after is not None else None
        items = self._merge(current, self._hidden(), resumed)
        copied.close_body(response)
        response.body = json.dumps(items[:self._limit]).encode()
        return response

    def _query(self, prefix, marker, end):
        given = {'prefix': prefix, 'marker': marker, 'end_marker': end, 'delimiter': self._delimiter,
                 'limit': self._limit, 'format': 'json'}
        return urlencode({name: value for name, value in given.items() if value != ''})

    def _main(self, query):
        """As the user: who may list the container may list its versions."""
        sub = make_subrequest(self._req.environ, 'GET', self._base.path(self._base.container), query=query,
                              source='OV')
        return sub.get_response(self._app)

    def _resumed(self):
        """What the container says of the name a former page ended within, or None."""
        response = self._main(urlencode({'prefix': self._marker, 'limit': 1, 'format': 'json'}))
        found = json.loads(response.body) if response.status_int == 200 else []
        return _main_item(found[0]) if found and found[0].get('name') == self._marker else None

    def _hidden(self):
        marker = ''
        if self._after is not None and self._after != versions.NULL:
            marker = versions.object_of(self._marker, self._after)
        elif self._after == versions.NULL:
            marker = f'\0{self._marker}\0'
        elif self._marker:
            marker = versions.behind(self._marker)
        query = self._query(f'\0{self._prefix}', marker, f'\0{self._end}' if self._end else '')
        response = ask(self._req, self._app, 'GET',
                       self._base.path(versions.container_of(self._base.container)), query=query)
        if response.status_int == 404:
            copied.close_body(response)
            return []
        want_success(response, 'Listing the versions')
        return [_version_item(item) for item in json.loads(copied.read_small(response, 64 << 20) or b'[]')]

    def _merge(self, current, hidden, resumed):
        known = {item['name']: item for item in [*current, *filter(None, [resumed])] if 'name' in item}
        merged = {item['subdir']: item for item in [*current, *hidden] if 'subdir' in item}
        by_name = {}
        for item in hidden:
            if 'name' in item:
                by_name.setdefault(item['name'], []).append(item)
        for name, item in known.items():
            if item['version_id'] == versions.NULL:
                by_name.setdefault(name, []).append(dict(item))
        for name, items in by_name.items():
            items.sort(key=_when, reverse=True)
            now = known.get(name, {}).get('version_id')
            # Without an object the newest version tells that it was deleted; a page that begins within a name has
            # passed its newest.
            passed = name == self._marker and self._after is not None
            for position, item in enumerate(items):
                item['is_latest'] = item['version_id'] == now if now else position == 0 and not passed
            merged[name] = self._rest(items) if passed else items
        ordered = sorted(merged, key=lambda name: name.encode())
        return [item for name in ordered for item in (
            merged[name] if isinstance(merged[name], list) else [merged[name]])]

    def _rest(self, items):
        """What follows the version a former page ended with."""
        if self._after != versions.NULL:
            when = Timestamp(self._after).isoformat
            return [item for item in items if _when(item) < when]
        ids = [item['version_id'] for item in items]
        return items[ids.index(versions.NULL) + 1:] if versions.NULL in ids else items


def _when(item):
    """When a version was made, as text that sorts; `last_modified` is also the time of a POST."""
    return item['last_modified'] if item['version_id'] == versions.NULL else Timestamp(item['version_id']).isoformat


def _main_item(item):
    """An item of the container, with the id of the version it is."""
    if 'name' in item:
        link = item.get('symlink_path', '')
        item['version_id'] = versions.NULL
        if '/%00versions%00' in link:
            item['version_id'] = versions.parse('\0' + unquote(link).split('/\0', 2)[2])[1]
    return item


def _version_item(item):
    """An item of the hidden container as its version."""
    if 'subdir' in item:
        return {'subdir': item['subdir'].removeprefix('\0')}
    name, version_id = versions.parse(item['name'])
    return {**item, 'name': name, 'version_id': version_id}
