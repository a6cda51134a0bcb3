"""Users, keys and groups from the configuration: authentication for those who run nothing but object storage.

`user_<account>_<user> = <key> [group ...] [storage URL]`. Group .admin owns the account, .reseller_admin every one,
.reseller_reader reads every one. Tokens live in the cache (`swift.cache`), which all proxies must share; or they are
signed with a key (`fernet_key_<id>`, `active_fernet_key_id`) that all proxies know, and live nowhere.
"""
import base64
import binascii
import hashlib
import hmac
import json
import logging
import secrets
import time
import urllib.parse

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from webob import Request

from swift import conf as conf_file
from swift.exceptions import ConfigurationError
from swift.headers import true_value, utf8
from swift.middleware import acl
from swift.middleware.authorization import denied, not_found, synchronises, text, unauthorized
from swift.middleware.paths import account_path, split_path
from swift.middleware.reseller import Resellers
from swift.middleware.s3 import signed as s3
from swift.proxy import registry
from swift.proxy.info import get_account_info

LOG = logging.getLogger(__name__)

_FERNET = 'fernet_key_'
_ACL_HEADER = 'X-Account-Access-Control'
_ACL_SYSMETA = 'X-Account-Sysmeta-Core-Access-Control'


class User:
    """One configured user. Keys are compared by their digests: it takes the same time whatever their length. The key
    itself is needed for signatures of the S3 API alone."""

    def __init__(self, account, name, key, groups, url):
        self.account, self.name, self.groups, self.url = account, name, groups, url
        self.key, self.digest = key, _digest(key)


def _digest(key):
    return hashlib.sha256(key.encode('utf-8', 'surrogateescape')).digest()


def parse_users(conf, prefix):
    """{'account:user': User} of the user_ and user64_ options. Raises ConfigurationError, which holds no key."""
    users = {}
    for option, value in conf.items():
        kind, _, rest = option.partition('_')
        if kind not in ('user', 'user64') or option == 'user':      # the plain one is [DEFAULT]'s: who the process is
            continue
        account, separator, name = rest.partition('_')
        if not account or not separator or not name:
            raise ConfigurationError(f'{option}: user_<account>_<user> is needed')
        if kind == 'user64':
            account, name = _decoded(option, account), _decoded(option, name)
        # Groups travel as `account:user,group`.
        if ',' in account + name or ':' in account:
            raise ConfigurationError(f'{option}: no comma in account and user, no colon in the account')
        words = value.split()
        if not words:
            raise ConfigurationError(f'{option} has no key')
        url = words.pop().rstrip('/') if len(words) > 1 and '://' in words[-1] else f'$HOST/v1/{prefix}{account}'
        users[f'{account}:{name}'] = User(account, name, words[0], words[1:], url)
    return users


def _decoded(option, text):
    try:
        return base64.b64decode(text + '=' * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigurationError(f'{option}: account and user must be Base64 of UTF-8') from None


def _fernet(conf):
    """What signs tokens: the active key first, then those whose tokens still count; None when none is active."""
    active = conf.get('active_fernet_key_id', '').strip()
    if not active:
        return None
    keys = {option[len(_FERNET):]: value.strip() for option, value in conf.items() if option.startswith(_FERNET)}
    if active not in keys:
        raise ConfigurationError(f'active_fernet_key_id = {active}, and there is no {_FERNET}{active}')
    try:
        return MultiFernet([Fernet(keys.pop(active)), *map(Fernet, keys.values())])
    except ValueError:
        raise ConfigurationError(f'{_FERNET}*: 32 bytes in URL-safe Base64 are needed') from None


class TempAuth:
    """WSGI filter."""

    def __init__(self, app, conf):
        self.app = app
        self.resellers = Resellers(conf, require_group='')
        self.auth_prefix = '/' + conf.get('auth_prefix', '/auth/').strip('/') + '/'
        if self.auth_prefix == '//':
            raise ConfigurationError('auth_prefix must not be /: no other request would get through')
        self.token_life = conf_file.integer(conf, 'token_life', 86400, minimum=1)
        self.allow_overrides = conf_file.boolean(conf, 'allow_overrides', True)
        self.scheme = conf.get('storage_url_scheme', 'default')
        self.fernet = _fernet(conf)
        self.users = parse_users(conf, self.resellers.first)
        self._nobody = User('', '', secrets.token_hex(16), [], '')

    def __call__(self, environ, start_response):
        if self.allow_overrides and environ.get('swift.authorize_override'):
            return self.app(environ, start_response)
        signed = environ.get(s3.KEY)
        if signed is not None and signed.pending:
            self._check_signature(signed)
            return text(204, '')(environ, start_response)
        if signed is not None:
            self._identify(environ, environ.get('REMOTE_USER', '').split(','))
            return self.app(environ, start_response)
        if environ['PATH_INFO'].startswith(self.auth_prefix):
            return self._give_token(Request(environ))(environ, start_response)
        token = environ.get('HTTP_X_AUTH_TOKEN') or environ.get('HTTP_X_STORAGE_TOKEN')
        if token and token.startswith((self.resellers.first + 'tk', self.resellers.first + 'ftk')):
            groups = self._groups(environ, token)
            if groups is None:
                # An issuer's prefix in front: nobody else could know this token.
                if self.resellers.first:
                    return unauthorized(environ)(environ, start_response)
                environ.setdefault('swift.authorize', denied)
            else:
                self._identify(environ, groups)
        elif self._answers_for(environ):
            environ['swift.authorize'], environ['swift.clean_acl'] = self.authorize, acl.clean_acl
        else:
            environ.setdefault('swift.authorize', denied)
            environ.setdefault('swift.clean_acl', acl.clean_acl)
        if environ['PATH_INFO'].count('/') < 4:
            start_response = self._showing_acl(environ, start_response)
        return self.app(environ, start_response)

    @staticmethod
    def _showing_acl(environ, start_response):
        """An account's owner sees its access list as it was given."""
        def start(status, headers, *exc_info):
            more = [(_ACL_HEADER, value) for name, value in headers
                    if value and name.lower() == _ACL_SYSMETA.lower() and environ.get('swift_owner')]
            return start_response(status, headers + more, *exc_info)
        return start

    def _check_signature(self, signed):
        """Vouch for a request of the S3 API that one of the users has signed: `account:user` is the access key."""
        known = self.users.get(signed.access)
        # Somebody unknown costs the same.
        if signed.matches((known or self._nobody).key) and known:
            signed.accept(known.url.rsplit('/', 1)[-1], {'REMOTE_USER': ','.join(self._groups_of(known))}, known.key)

    def _identify(self, environ, groups):
        service = environ.get('HTTP_X_SERVICE_TOKEN')
        if service:
            groups = groups + (self._groups(environ, service) or [])
        environ['REMOTE_USER'] = ','.join(groups)
        environ['swift.authorize'], environ['swift.clean_acl'] = self.authorize, acl.clean_acl
        if '.reseller_admin' in groups:
            environ['reseller_request'] = True

    def _answers_for(self, environ):
        try:
            account = account_path(environ)[1]
        except ValueError:
            return False
        prefix = self.resellers.prefix_of(account)
        # With the empty prefix somebody before us may be the one to ask.
        return bool(prefix) or (prefix == '' and 'swift.authorize' not in environ)

    # Tokens

    def _groups(self, environ, token):
        """The groups of a token's user, None when it is no valid token."""
        if token.startswith(self.resellers.first + 'ftk'):
            return self._signed_groups(token[len(self.resellers.first) + 3:])
        cache = environ.get('swift.cache')
        found = cache.get(f'{self.resellers.first}/token/{token}') if cache is not None and len(token) < 256 else None
        if not found or found[0] < time.time():
            return None
        return found[1].split(',')

    def _signed_groups(self, text):
        if self.fernet is None or not text.isascii():
            return None
        try:
            expires, groups = json.loads(self.fernet.decrypt(text))
        except InvalidToken:
            return None
        return groups.split(',') if expires > time.time() else None

    def _give_token(self, req):
        if req.method != 'GET':
            return text(405, 'Method Not Allowed', Allow='GET')
        try:
            account, user, key = self._credentials(req)
        except LookupError:
            return text(400, 'Bad Request')
        known = self.users.get(f'{account}:{user}')
        # Somebody unknown costs the same comparison.
        right = hmac.compare_digest((known or self._nobody).digest, _digest(key))
        if not known or not right or not key:
            return unauthorized(req.environ, account or 'unknown')
        cache = req.environ.get('swift.cache')
        if cache is None and self.fernet is None:
            LOG.error('tempauth keeps tokens in the cache, and there is none: put filter cache before tempauth')
            return text(503, 'Service Unavailable')
        token, expires = self._token(cache, known, true_value(req.headers.get('X-Auth-New-Token')))
        url = urllib.parse.quote(known.url.replace('$HOST', self._host_url(req)), safe=':/%?=&@[]~')
        return text(200, '', X_Auth_Token=token, X_Storage_Token=token, X_Storage_Url=url,
                    X_Auth_Token_Expires=str(max(0, int(expires - time.time()))))

    def _credentials(self, req):
        """(account, user, key) as real text; all empty when something is missing. LookupError for another path."""
        names = ('X-Auth-User', 'X-Storage-User'), ('X-Auth-Key', 'X-Storage-Pass')
        try:
            version, account, last = split_path(req.environ['PATH_INFO'][len(self.auth_prefix) - 1:], 1, 3, True)
        except ValueError:
            raise LookupError('path') from None
        if version == 'v1' and last == 'auth':
            names = [list(reversed(pair)) for pair in names]
        elif version not in ('v1', 'v1.0', 'auth') or account or last:
            raise LookupError('path')
        user, key = (next((req.headers[name] for name in pair if req.headers.get(name)), '') for pair in names)
        try:
            asked, _, user = utf8(user).partition(':')
            if account and utf8(account) != asked:
                return '', '', ''
            return asked, user, utf8(key)
        except UnicodeDecodeError:
            return '', '', ''

    def _token(self, cache, user, new):
        """(token, expiry) of a user: the one they have while it lives, unless a new one is asked for."""
        groups = ','.join(self._groups_of(user))
        if self.fernet is not None:
            expires = time.time() + self.token_life
            signed = self.fernet.encrypt(json.dumps([expires, groups]).encode()).decode()
            return f'{self.resellers.first}ftk{signed}', expires
        user_key = f'{self.resellers.first}/user/{user.account}:{user.name}'
        token = None if new else cache.get(user_key)
        found = cache.get(f'{self.resellers.first}/token/{token}') if token else None
        if found and found[0] > time.time() and found[1] == groups:
            return token, found[0]
        token, expires = f'{self.resellers.first}tk{secrets.token_hex(16)}', time.time() + self.token_life
        cache.set(f'{self.resellers.first}/token/{token}', [expires, groups], self.token_life)
        cache.set(user_key, token, self.token_life)
        return token, expires

    def _groups_of(self, user):
        groups = [user.account, f'{user.account}:{user.name}', *user.groups]
        if '.admin' in groups:
            groups.remove('.admin')
            owned = [prefix + user.account for prefix in self.resellers.prefixes]
            groups += [name for name in dict.fromkeys([*owned, user.url.rsplit('/', 1)[-1]]) if name not in groups]
        return groups

    def _host_url(self, req):
        if self.scheme == 'default':
            return req.host_url
        return f'{self.scheme}://{req.host_url.partition("://")[2]}'

    # Authorisation

    def authorize(self, req):
        """None when the request may go on, else the answer. Sets `swift_owner`."""
        environ = req.environ
        try:
            _version, account, container, obj = account_path(environ)
            name = utf8(account)
        except ValueError:
            return not_found()
        if self.resellers.prefix_of(account) is None:
            return denied(req)
        environ['swift_owner'] = False
        groups = [group for group in (environ.get('REMOTE_USER') or '').split(',') if group]
        if self._owns(req.method, name, container, groups):
            environ['swift_owner'] = True
            return self._keep_account_acl(req, container)
        if '.reseller_reader' in groups and req.method in ('GET', 'HEAD'):
            return None
        if req.method == 'OPTIONS' or synchronises(req):
            return None
        referrers, allowed = acl.parse_acl(environ.get('swift.acl'))
        if acl.referrer_allowed(req.referer, referrers) and (obj or '.rlistings' in allowed):
            return None
        if not set(groups).isdisjoint(allowed):
            return None
        return self._by_account_acl(req, container, groups)

    def _owns(self, method, account, container, groups):
        if '.reseller_admin' in groups:
            return True
        if account not in groups or (method in ('PUT', 'DELETE') and not container):
            return False
        return set(self.resellers.options_of(account)['require_group']) <= set(groups)

    def _by_account_acl(self, req, container, groups):
        if not groups:
            return denied(req)
        lists = acl.account_acl(get_account_info(req.environ, self.app))
        if not lists:
            return denied(req)
        groups = set(groups)
        if not groups.isdisjoint(lists['admin']) and (container or req.method not in ('PUT', 'DELETE')):
            req.environ['swift_owner'] = True
            return self._keep_account_acl(req, container)
        reads = req.method in ('GET', 'HEAD')
        if not groups.isdisjoint(lists['read-write']) and (container or reads):
            return None
        if not groups.isdisjoint(lists['read-only']) and reads:
            return None
        return denied(req)

    @staticmethod
    def _keep_account_acl(req, container):
        """Turn an owner's X-Account-Access-Control into what is stored; a 400 when it is wrong."""
        given = req.headers.get(_ACL_HEADER)
        if given is None or container or req.method not in ('PUT', 'POST'):
            return None
        try:
            req.headers[_ACL_SYSMETA] = acl.format_account_acl(acl.parse_account_acl(utf8(given)))
        except ValueError as error:
            problem = 'not UTF-8' if isinstance(error, UnicodeDecodeError) else error
            return text(400, f'{_ACL_HEADER} invalid: {problem}\n')
        return None


def filter_factory(global_conf, **local_conf):
    """Paste: options above, and reseller_prefix, auth_prefix, token_life, storage_url_scheme, require_group."""
    conf = {**global_conf, **local_conf}
    registry.register('tempauth', account_acls=True)
    return lambda app: TempAuth(app, conf)
