"""The operator API: /v1."""
from essex import trace_files, wsgi
from essex.exception import NotFound
from essex.middleware.request_id import VALID_ID
from essex.operator.host import Host, timestamp
from essex.operator.policies import enforcer
from essex.service import CONF
from essex.wsgi.versions import version_entry

_NUMBER = {'type': 'array', 'maxItems': 1, 'items': {'type': 'string', 'pattern': '^[1-9][0-9]{0,2}$'}}
_FLAG = {'type': 'array', 'maxItems': 1, 'items': {'enum': ['true', 'false']}}
_NAME = {'type': 'array', 'maxItems': 1, 'items': {'type': 'string', 'maxLength': 255}}
RECENT = {'type': 'object', 'properties': {'limit': _NUMBER, 'daemon': _NAME, 'changes': _FLAG, 'failed': _FLAG},
          'additionalProperties': False}


class Versions(wsgi.Controller):
    """/ and /v1: what there is; for everybody, since clients look before they log in."""

    @wsgi.route('GET', '/', no_auth=True)
    def index(self, req):
        return {'versions': [_version(req)]}

    @wsgi.route('GET', '/v1', no_auth=True)
    def show(self, req):
        return {'version': _version(req)}


class Hosts(wsgi.Controller):
    """/v1/hosts/self: this host."""

    def __init__(self, host):
        self.host = host

    @wsgi.route('GET', '/v1/hosts/self')
    def show(self, req):
        enforcer().enforce(req.context, 'operator:host')
        return self.host.describe()

    @wsgi.route('GET', '/v1/daemons/<name>/errors')
    def errors(self, req, name):
        enforcer().enforce(req.context, 'operator:errors')
        found = self.host.errors_of(name)
        if found is None:
            raise NotFound(f'There is no daemon {name[:80]} on host {self.host.name}.')
        return {'errors': found}


class Traces(wsgi.Controller):
    """/v1/traces: requests and their way through the daemons of this host."""

    @wsgi.route('GET', '/v1/traces', query=RECENT)
    def index(self, req):
        enforcer().enforce(req.context, 'operator:traces')
        values = {name: given[0] for name, given in req.query().items()}

        def wanted(span):
            method = span['name'].split(' ', 1)[0]
            return ((values.get('daemon') or span['daemon']) == span['daemon']
                    and not (values.get('changes') == 'true' and method in ('GET', 'HEAD', 'OPTIONS'))
                    and not (values.get('failed') == 'true' and (span.get('status') or 500) < 400))
        spans = trace_files.recent(_directory(), int(values.get('limit', 50)), wanted)
        return {'traces': [_summary(span) for span in spans]}

    @wsgi.route('GET', '/v1/traces/<request_id>')
    def show(self, req, request_id):
        enforcer().enforce(req.context, 'operator:traces')
        spans = trace_files.find(request_id, _directory()) if VALID_ID.fullmatch(request_id) else []
        if not spans:
            raise NotFound(f'Nothing is known of {request_id[:80]} on host {CONF.host}: ids look like req-<uuid>, or '
                           'tx... in object storage, and old ones are forgotten.')
        began = spans[0]['start']
        return {'trace': {
            'request_id': request_id, 'time': timestamp(began),
            'ms': round(max((span['start'] - began) * 1000 + span['ms'] for span in spans), 3),
            'sql': sum(span.get('sql', 0) for span in spans),
            'rpc': sum(span['name'].startswith(('rpc.call ', 'rpc.cast ', 'rpc.fanout ')) for span in spans),
            'http': sum(span.get('kind') == 'client' for span in spans),
            'spans': [_span(span, began) for span in spans]}}


def _directory():
    if not CONF.trace.directory:
        raise NotFound('No requests are traced here: [trace] directory is not set.')
    return CONF.trace.directory


def _summary(span):
    method, _, path = span['name'].partition(' ')
    return {'request_id': span['request'], 'time': timestamp(span['start']), 'method': method, 'path': path,
            'status': span.get('status'), 'ms': span['ms'], 'daemon': span['daemon'], 'host': span['host']}


def _span(span, began):
    known = {'id', 'parent', 'daemon', 'host', 'name', 'ms', 'kind'}
    more = {key: value for key, value in span.items() if key not in known | {'request', 'global', 'start', 'sql'}}
    return {**{key: span.get(key) for key in sorted(known)}, 'request_id': span['request'],
            'at_ms': round((span['start'] - began) * 1000, 3), 'sql': span.get('sql', 0), 'details': more}


def _version(req):
    href = f'{(CONF.public_endpoint or req.host_url).rstrip("/")}/v1'
    return version_entry('v1.0', 'CURRENT', href, '2026-11-28T00:00:00Z')


def fault(status, title, message, error, req):
    """Errors in the form of identity and most others."""
    return wsgi.json_response({'error': {'code': status, 'title': title, 'message': message}}, status)


def app_factory(global_conf, **local_conf):
    """Paste."""
    return wsgi.Application([Versions(), Hosts(Host(CONF.host, CONF.status_dir)), Traces()], fault)
