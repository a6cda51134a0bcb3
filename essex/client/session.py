"""keystoneauth1 sessions: of the service's own account, and on behalf of a caller."""
from keystoneauth1 import adapter, session, token_endpoint
from keystoneauth1.service_token import ServiceTokenAuthWrapper

from essex import context, trace
from essex.client import account, service_user
from essex.client.account import CONF, GROUP
from essex.middleware.request_id import hide_secrets

_sessions = {}


class _Adapter(adapter.Adapter):
    """Sends the request id and the span along, so that the next service's records join ours."""

    def request(self, url, method, **kwargs):
        headers = kwargs.setdefault('headers', {})
        current = context.current()
        if current is not None:
            headers.setdefault('X-Openstack-Request-Id', current.request_id)
        # The host and port tell apart the services; the rest of the URL is the call.
        name = hide_secrets(f'{method} {self.service_type} {url}'.split('?')[0])
        with trace.span(name[:200], kind='client') as details:
            if trace.span_id():
                headers.setdefault('X-Essex-Span', trace.span_id())
            response = super().request(url, method, **kwargs)
            details['status'] = response.status_code
        return response


def service_session():
    """The session of this service's own account; one a process, so that connections are kept."""
    if 'service' not in _sessions:
        _sessions['service'] = _session(account.plugin())
    return _sessions['service']


def _session(plugin, verify=None):
    options = CONF[GROUP]
    if verify is None:
        verify = not options.insecure and (options.cafile or True)
    own = (options.certfile, options.keyfile) if options.certfile and options.keyfile else options.certfile
    return session.Session(auth=plugin, timeout=options.http_request_timeout, verify=verify, cert=own or None,
                           user_agent='essex', additional_user_agent=())


def service_adapter(service_type, endpoint=None, **kwargs):
    """An adapter for `service_type` with the service's own account; `endpoint` skips the catalog."""
    # Long work need not fail because the other service is just being started again: some 7 seconds of patience.
    kwargs.setdefault('connect_retries', 4)
    return _Adapter(session=service_session(), service_type=service_type, interface=CONF[GROUP].interface,
                    region_name=CONF[GROUP].region_name, endpoint_override=endpoint, **kwargs)


def account_session(plugin, verify=True):
    """A session of the account of a keystoneauth plugin. `verify` False checks no certificate, a path names
    the authorities."""
    return _session(plugin, verify)


def adapter_of(made, service_type, endpoint=None, **kwargs):
    """An adapter for `service_type` over a session made here; `endpoint` skips the catalog."""
    return _Adapter(session=made, service_type=service_type, endpoint_override=endpoint, **kwargs)


def user_adapter(request_context, service_type, endpoint=None, **kwargs):
    """An adapter that calls `service_type` with the caller's own token, and with this service's where that is
    configured.

    The endpoint comes from `endpoint` or the catalog in the caller's token; raises LookupError without either.
    """
    url = endpoint or _from_catalog(request_context, service_type)
    if 'connections' not in _sessions:
        _sessions['connections'] = _session(None)
    if 'companion' not in _sessions:
        _sessions['companion'] = service_user.companion(lambda: service_session().auth)
    plugin = token_endpoint.Token(url, request_context.auth_token)
    if _sessions['companion'] is not None:
        plugin = ServiceTokenAuthWrapper(plugin, _sessions['companion'])
    return _Adapter(session=_sessions['connections'], auth=plugin, service_type=service_type, endpoint_override=url,
                    **kwargs)


def _from_catalog(request_context, service_type):
    options = CONF[GROUP]
    for service in request_context.service_catalog or ():
        if service['type'] != service_type:
            continue
        for endpoint in service['endpoints']:
            if endpoint['interface'] == options.interface and options.region_name in (None, endpoint['region_id']):
                return endpoint['url']
    raise LookupError(f'no {options.interface} endpoint of type {service_type} in the catalog')


def reset():
    """Forget sessions (forked children, tests)."""
    _sessions.clear()
