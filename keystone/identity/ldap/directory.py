"""Connections to an LDAP directory: searches, binds and changes, each in bounded time and off the event loop.

python-ldap blocks in C, so every call runs in a native thread of this directory's own: one that does not answer
keeps nobody else waiting. The number of threads is the number of connections.
"""
import collections
import logging
import random
import time

import ldap
import ldap.controls

from essex import concurrency
from essex.exception import BadRequest, ConfigError, Conflict, Forbidden
from keystone.identity.ldap.exception import DirectoryRefused, DirectoryUnavailable

LOG = logging.getLogger(__name__)

# Seconds for an answer where the operator sets no limit.
_PATIENCE = 10
# Seconds in which a directory that was away is not asked again.
_PAUSE = 1
_AWAY = (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.UNAVAILABLE, ldap.BUSY)
# What a bind with wrong credentials, or of an account that may not log in, ends with.
_NOT_IN = (ldap.INVALID_CREDENTIALS, ldap.NO_SUCH_OBJECT, ldap.INAPPROPRIATE_AUTH, ldap.INVALID_DN_SYNTAX,
           ldap.UNWILLING_TO_PERFORM, ldap.CONSTRAINT_VIOLATION, ldap.INSUFFICIENT_ACCESS)
_SCOPES = {'one': ldap.SCOPE_ONELEVEL, 'sub': ldap.SCOPE_SUBTREE, 'base': ldap.SCOPE_BASE}
_ALIASES = {'never': ldap.DEREF_NEVER, 'searching': ldap.DEREF_SEARCHING, 'always': ldap.DEREF_ALWAYS,
            'finding': ldap.DEREF_FINDING}
_CERTIFICATES = {'demand': ldap.OPT_X_TLS_DEMAND, 'never': ldap.OPT_X_TLS_NEVER, 'allow': ldap.OPT_X_TLS_ALLOW}


class _Pool:
    """Connections of one kind. `prepare(connection)` makes a new one ready, in a thread."""

    def __init__(self, directory, prepare, size, lifetime, keep):
        self.directory, self.prepare, self.lifetime, self.keep = directory, prepare, lifetime, keep
        self.threads = concurrency.ThreadPool(size, 'ldap')
        self._idle = collections.deque()

    def run(self, work):
        """work(connection), in a thread. Raises DirectoryUnavailable when the directory does not answer."""
        options, started = self.directory.options, time.monotonic()
        for attempt in range(options.pool_retry_max):
            self.directory.check_pause()
            connection, age = self._take()
            try:
                result = self.threads.run(self._work, connection, age is None, work)
            except _AWAY as error:
                # A kept connection may have been closed by the other side: that alone says nothing.
                if time.monotonic() - started >= self.directory.patience or attempt + 1 == options.pool_retry_max:
                    raise self.directory.away(error) from error
                concurrency.sleep(options.pool_retry_delay if age is None else 0)
            else:
                self._give(connection, age or time.monotonic())
                return result

    def _take(self):
        while self._idle:
            connection, made = self._idle.pop()
            if time.monotonic() - made < self.lifetime:
                return connection, made
        # Made here and not in a thread: python-ldap guards this with a lock that native threads must not wait for.
        return self.directory.initialize(), None

    def _give(self, connection, made):
        if self.keep:
            self._idle.append((connection, made))

    def _work(self, connection, is_new, work):
        if is_new:
            self.prepare(connection)
        return work(connection)


class Directory:
    """One directory as [ldap] describes it (`options`)."""

    def __init__(self, options):
        self.options = options
        for url in options.url.split(','):
            scheme = url.strip().split(':')[0].lower()
            if scheme not in ('ldap', 'ldaps', 'ldapi'):
                raise ConfigError(f'[ldap] url: {url.strip()} is not an ldap://, ldaps:// or ldapi:// URL.')
            if options.use_tls and scheme == 'ldaps':
                raise ConfigError('[ldap] use_tls is for ldap:// URLs; ldaps:// has TLS by itself.')
        if options.debug_level is not None:
            ldap.set_option(ldap.OPT_DEBUG_LEVEL, options.debug_level)
        timeout = max(options.connection_timeout, options.pool_connection_timeout)
        self.patience = timeout if timeout > 0 else _PATIENCE
        self._paused_until = 0.0
        self._searches = _Pool(self, self._log_in, options.pool_size, options.pool_connection_lifetime,
                               options.use_pool)
        self._binds = _Pool(self, self._secure, options.auth_pool_size, options.auth_pool_connection_lifetime,
                            options.use_auth_pool)

    def check_pause(self):
        """Raises DirectoryUnavailable when the directory was away just now."""
        if time.monotonic() < self._paused_until:
            raise DirectoryUnavailable()

    def away(self, error):
        """The error to raise, and a pause for those who come next."""
        LOG.error('The LDAP directory %s does not answer: %s', self.options.url, _reason(error))
        self._paused_until = time.monotonic() + _PAUSE
        return DirectoryUnavailable()

    def initialize(self):
        """A connection object; nothing goes over the network yet."""
        options = self.options
        urls = [url.strip() for url in options.url.split(',')]
        if options.randomize_urls:
            random.shuffle(urls)
        connection = ldap.initialize(' '.join(urls))
        connection.protocol_version = ldap.VERSION3
        connection.timeout = self.patience
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, self.patience)
        connection.set_option(ldap.OPT_TIMEOUT, self.patience)
        if options.chase_referrals is not None:
            connection.set_option(ldap.OPT_REFERRALS, int(options.chase_referrals))
        if options.alias_dereferencing in _ALIASES:
            connection.set_option(ldap.OPT_DEREF, _ALIASES[options.alias_dereferencing])
        if options.use_tls or 'ldaps:' in options.url.lower():
            self._set_certificates(connection)
        return connection

    def _set_certificates(self, connection):
        options = self.options
        if options.tls_cacertfile:
            connection.set_option(ldap.OPT_X_TLS_CACERTFILE, options.tls_cacertfile)
        elif options.tls_cacertdir:
            connection.set_option(ldap.OPT_X_TLS_CACERTDIR, options.tls_cacertdir)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, _CERTIFICATES[options.tls_req_cert])
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)

    def _secure(self, connection):
        if self.options.use_tls:
            connection.start_tls_s()

    def _log_in(self, connection):
        self._secure(connection)
        if self.options.user:
            connection.simple_bind_s(self.options.user, self.options.password or '')

    def bind(self, dn, password):
        """Whether the password is that of the entry. Never with an empty one: that would be an anonymous bind."""
        if not dn or not password or '\0' in password:
            return False

        def work(connection):
            try:
                connection.simple_bind_s(dn, password)
            except _NOT_IN:
                return False
            return True
        return self._translated(self._binds, work)

    def search(self, base, scope, query, attributes):
        """[(dn, {attribute: [bytes]})] of the entries that fit; nothing when `base` is not there."""
        def work(connection):
            try:
                return list(self._entries(connection, base, _SCOPES[scope], query, attributes))
            except ldap.NO_SUCH_OBJECT:
                return []
        return self._translated(self._searches, work)

    def _entries(self, connection, base, scope, query, attributes):
        size, cookie = self.options.page_size, b''
        while True:
            controls = [ldap.controls.SimplePagedResultsControl(True, size=size, cookie=cookie)] if size else None
            number = connection.search_ext(base, scope, query, attributes, serverctrls=controls)
            _, found, _, answered = connection.result3(number, timeout=self.patience)
            # Referrals come as entries without a DN.
            yield from ((dn, values) for dn, values in found if dn is not None)
            cookies = [control.cookie for control in answered or ()
                       if control.controlType == ldap.controls.SimplePagedResultsControl.controlType]
            cookie = cookies[0] if size and cookies else b''
            if not cookie:
                return

    def change(self, work):
        """work(connection) as the DN in [ldap] user. Raises what the directory says, in our words."""
        return self._translated(self._searches, work)

    @staticmethod
    def _translated(pool, work):
        try:
            return pool.run(work)
        except ldap.ALREADY_EXISTS as error:
            raise Conflict('The directory has an entry of that name already.') from error
        except ldap.INSUFFICIENT_ACCESS as error:
            raise Forbidden('The directory does not let this service do that.') from error
        except (ldap.OBJECT_CLASS_VIOLATION, ldap.CONSTRAINT_VIOLATION, ldap.UNDEFINED_TYPE, ldap.INVALID_SYNTAX,
                ldap.TYPE_OR_VALUE_EXISTS) as error:
            raise BadRequest(f'The directory does not take these values: {_reason(error)}.') from error
        except ldap.LDAPError as error:
            LOG.error('The LDAP directory refuses: %s', _reason(error))
            raise DirectoryRefused(reason=_reason(error)) from error


def _reason(error):
    """What the library says about an error: no values, and no credentials."""
    said = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
    return said.get('desc') or type(error).__name__
