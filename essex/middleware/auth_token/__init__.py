"""Find out who calls: validate X-Auth-Token at Keystone, once per token and cache period.

Sets environ['essex.context'], environ['keystone.token_info'], environ['keystone.token_auth'] and the headers of both
eras (X-User-Id, X-Project-Id, X-Roles, X-Tenant-Id ...), which it first strips from every request. Without a valid
token the answer is 401, unless `delay_auth_decision` is set: then the request goes on with X-Identity-Status Invalid
and no context. When Keystone is away the answer is 503; tokens that are known still pass.

Stands in any Paste pipeline, of other services too, configured by its section or by [keystone_authtoken].
"""
import logging
import pkgutil

from paste.deploy.converters import asbool

from essex import access_rules, context
from essex.client import account
from essex.exception import ServiceUnavailable
from essex.middleware.auth_token import options
from essex.middleware.auth_token.identity import Caller
from essex.middleware.auth_token.validated import STRIPPED, Validated
from essex.middleware.auth_token.validation import Validator
from essex.wsgi.request import Request, json_response

__all__ = ['AuthToken', 'Validated', 'Validator', 'factory', 'filter_factory']

LOG = logging.getLogger(__name__)


class AuthToken:
    """WSGI filter. `faults` renders 503 in the service's own format, as essex.wsgi.Application has it. `service_type`
    is which service this is, of several in a process; without it the option says so."""

    # What tells about tokens, made when the first one comes.
    validator_class = Validator

    def __init__(self, app, delay=None, validator=None, faults=None, service_type=None):
        self.app, self._delay, self._validator, self._faults = app, delay, validator, faults or _fault
        self._options = self._service_roles = None
        self._service_type = service_type

    def _prepare(self):
        # Not before the first request: files are read after pipelines are made.
        self._options = options.CONF[options.GROUP]
        self._service_roles = set(self._options.service_token_roles)
        self._roles_required = self._options.service_token_roles_required
        self._service_type = self._service_type or self._options.service_type
        if self._delay is None:
            self._delay = self._options.delay_auth_decision
        if self._validator is None:
            self._validator = self.validator_class()

    def __call__(self, environ, start_response):
        if self._options is None:
            self._prepare()
        for name in STRIPPED:
            environ.pop(name, None)
        try:
            allowed = self._identify(environ)
        except ServiceUnavailable as error:
            response = self._faults(503, error.title, str(error), error, Request(environ))
            return response(environ, start_response)
        made = environ.get('essex.context')
        if not allowed and not self._delay:
            return self._refuse()(environ, start_response)
        if made is None:
            environ['HTTP_X_IDENTITY_STATUS'] = 'Invalid'
            return self.app(environ, self._with_challenge(start_response))
        bound = context.bind(made)
        try:
            return self.app(environ, start_response)
        finally:
            context.unbind(bound)

    def _identify(self, environ):
        """Put what is known about the caller into `environ`; whether all tokens sent are good, and one was."""
        environ.pop('essex.context', None)
        service_raw = environ.get('HTTP_X_SERVICE_TOKEN')
        service, trusted = self._service(environ, service_raw) if service_raw else (None, False)
        raw = self._token_of(environ)
        user = self._validator.validate(raw, allow_expired=trusted) if raw else False
        if user and not trusted and not self._within_rules(user, environ):
            user = False
        if user and not self._is_holder(user, environ):
            user = False
        if user or service:
            environ['keystone.token_auth'] = Caller(raw, user or None, service_raw, service or None)
        if not user:
            return False
        environ.update(user.environ)
        environ['keystone.token_info'] = user.document
        made = environ['essex.context'] = user.context(environ, raw)
        if service:
            made.service_roles = tuple(service.roles)
        return not service_raw or bool(service)

    @staticmethod
    def _token_of(environ):
        """The text of the token a request carries, or None."""
        return environ.get('HTTP_X_AUTH_TOKEN') or environ.get('HTTP_X_STORAGE_TOKEN')

    @staticmethod
    def _is_holder(user, environ):
        """Whether who sends the token may have it. Filters that can tell tokens from stolen ones say more."""
        return True

    def _service(self, environ, raw):
        """(Validated of X-Service-Token or False, whether it is one of a service)."""
        found = self._validator.validate(raw)
        trusted = bool(found) and not self._service_roles.isdisjoint(found.roles)
        if found and self._roles_required and not trusted:
            found = False
        if found:
            environ.update(found.service_environ())
        environ['HTTP_X_SERVICE_IDENTITY_STATUS'] = 'Confirmed' if found else 'Invalid'
        return found, trusted

    def _within_rules(self, user, environ):
        """Whether the application credential behind a token allows this call."""
        rules = (user.token.get('application_credential') or {}).get('access_rules')
        if rules is None:
            return True
        if not self._service_type:
            LOG.error('A token with access rules is of no use here: [keystone_authtoken] service_type is not set')
            return False
        path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
        return access_rules.allow(rules, self._service_type, environ['REQUEST_METHOD'], path)

    def _challenge(self):
        return 'WWW-Authenticate', f'Keystone uri="{self._options.www_authenticate_uri or account.identity_url()}"'

    def _with_challenge(self, start_response):
        def start(status, headers, *exc_info):
            more = [self._challenge()] if status.startswith('401') else []
            return start_response(status, headers + more, *exc_info)
        return start

    def _refuse(self):
        response = _fault(401, 'Unauthorized', 'The request you have made requires authentication.')
        response.headers.update([self._challenge()])
        return response


def _fault(status, title, message, error=None, req=None):
    return json_response({'error': {'code': status, 'title': title, 'message': message}}, status)


def factory(kind):
    """Paste's factory of a filter (AuthToken or one over it)."""
    def filter_factory(global_conf, delay_auth_decision=None, faults=None, service_type=None, **local_conf):
        """Any option of [keystone_authtoken], by its names of either era; they go before those of files.

        All but `delay_auth_decision`, `faults` and `service_type` are the whole process's. `faults` names
        (module:function) what renders 503 in the service's format. ValueError for a wrong value.
        """
        if local_conf:
            options.apply(local_conf)
        delay = None if delay_auth_decision is None else asbool(delay_auth_decision)
        render = pkgutil.resolve_name(faults) if faults else None
        return lambda app: kind(app, delay, faults=render, service_type=service_type)
    return filter_factory


filter_factory = factory(AuthToken)
