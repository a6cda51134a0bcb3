"""OS-STATS: what this process was asked, counted since it started or since a DELETE."""
import collections

from essex import wsgi
from keystone.api.v2.base import Controller

# Different values counted of one kind: a caller chooses some of them.
_MOST = 200
_counts = {}


class Counted:
    """WSGI filter that counts the requests of one port, `public` or `admin`."""

    def __init__(self, app, api):
        self.app, self.api = app, api

    def __call__(self, environ, start_response):
        def start(status, headers, *exc_info):
            _count(self.api, 'status_code', status[:3])
            return start_response(status, headers, *exc_info)
        _count(self.api, 'host', environ.get('HTTP_HOST', '')[:255])
        _count(self.api, 'method', environ['REQUEST_METHOD'][:20])
        _count(self.api, 'content_type', environ.get('CONTENT_TYPE', '')[:80])
        return self.app(environ, start)


def _count(api, kind, value):
    counter = _counts.setdefault(api, {}).setdefault(kind, collections.Counter())
    counter[value if value in counter or len(counter) < _MOST else 'others'] += 1


class StatsController(Controller):

    @wsgi.route('GET', '/OS-STATS/stats')
    def show(self, req):
        self.admin_only(req)
        return {'OS-STATS:stats': [{'type': api, 'extra': kinds} for api, kinds in _counts.items()]}

    @wsgi.route('DELETE', '/OS-STATS/stats', status=204)
    def reset(self, req):
        self.admin_only(req)
        _counts.clear()
