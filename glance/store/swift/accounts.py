"""Accounts of object storage: who they are, where configuration or an address of data names them, and their clients."""
import configparser
import dataclasses
import urllib.parse

from keystoneauth1.identity import v2, v3

from essex.client import session
from essex.client.object import ObjectClient, TempAuth
from essex.exception import ConfigError
from glance.store.swift.delegation import Trust

# While the store is just being started again a call waits this often, some three seconds in all.
_PATIENCE = 3
_FIELDS = ('auth_address', 'auth_version', 'user', 'key', 'user_domain_id', 'user_domain_name', 'project_domain_id',
           'project_domain_name')


@dataclasses.dataclass(frozen=True)
class Account:
    """Somebody with a user and a key at an address; `user` is project:user."""

    auth_address: str
    auth_version: str
    user: str
    key: str = dataclasses.field(repr=False)
    user_domain_id: str = None
    user_domain_name: str = None
    project_domain_id: str = None
    project_domain_name: str = None

    def plugin(self, trust_id=None):
        """keystoneauth's plugin; with the id of a trust (version 3 only) it logs in by that. Raises ConfigError."""
        if self.auth_version == '1':
            return TempAuth(self.auth_address, self.user, self.key)
        project, colon, user = self.user.partition(':')
        if not colon:
            raise ConfigError(f'The account {self.user} must be given as project:user.')
        if self.auth_version == '2':
            return v2.Password(self.auth_address, username=user, password=self.key, tenant_name=project)
        scope = {'trust_id': trust_id} if trust_id else {'project_name': project, **self._domain('project')}
        return v3.Password(self.auth_address, username=user, password=self.key, **self._domain('user'), **scope)

    def _domain(self, whose):
        name = getattr(self, f'{whose}_domain_name')
        if name:
            return {f'{whose}_domain_name': name}
        return {f'{whose}_domain_id': getattr(self, f'{whose}_domain_id') or 'default'}


class Accounts:
    """The accounts a store is configured with, by reference, and clients for them and others."""

    def __init__(self, store, options):
        self._store, self._options = store, options
        self._known, self._sessions = None, {}

    @property
    def default(self):
        """The Account of new images."""
        return self.get(self._options.default_swift_reference)

    def get(self, reference):
        """The Account of a reference, None without one. Raises ConfigError when the configuration is wrong."""
        if self._known is None:
            self._known = self._load()
        return self._known.get(reference)

    def _load(self):
        options, path = self._options, self._options.swift_store_config_file
        if not path:
            values = {name: getattr(options, f'swift_store_{name}', None) for name in _FIELDS}
            return {options.default_swift_reference: self._account(values, '')}
        parser = configparser.ConfigParser(interpolation=None)
        try:
            with open(path, encoding='utf-8') as file:
                parser.read_file(file)
        except (OSError, configparser.Error, UnicodeDecodeError) as error:
            problem = getattr(error, 'strerror', None) or type(error).__name__
            raise ConfigError(f'Store {self._store}: {path} cannot be read: {problem}.') from error
        found = {name: self._account(dict(parser[name]), f' in section {name} of {path}') for name in parser.sections()}
        if options.default_swift_reference not in found:
            raise ConfigError(f'Store {self._store}: default_swift_reference is {options.default_swift_reference}, but '
                              f'{path} has {", ".join(found) or "no sections"}.')
        return found

    def _account(self, values, where):
        values.setdefault('auth_version', self._options.swift_store_auth_version)
        missing = [name for name in ('auth_address', 'user', 'key') if not values.get(name)]
        if missing:
            prefix = '' if where else 'swift_store_'
            raise ConfigError(f'Store {self._store}: {prefix}{missing[0]} is not set{where}.')
        if values['auth_version'] not in ('1', '2', '3'):
            raise ConfigError(f'Store {self._store}: auth_version must be 1, 2 or 3{where}.')
        values['auth_address'] = with_scheme(values['auth_address'])
        account = Account(**{name: values.get(name) for name in _FIELDS})
        account.plugin()
        return account

    def client(self, account, url=None, trust=None):
        """The ObjectClient of an Account; with `url` at another account's storage URL, with a Trust by its rights."""
        options, made = self._options, trust.session if trust else self._session(account)
        adapter = session.adapter_of(
            made, options.swift_store_service_type, url or options.swift_store_endpoint,
            interface=options.swift_store_endpoint_type, region_name=options.swift_store_region,
            connect_retries=_PATIENCE)
        return ObjectClient(adapter, inner=options.swift_enable_snet)

    def trust(self, account, trust_id):
        """The Trust of an id for an Account."""
        return Trust(trust_id, account, self._log_in(account.plugin(trust_id)))

    def _session(self, account):
        if account not in self._sessions:
            self._sessions[account] = self._log_in(account.plugin())
        return self._sessions[account]

    def _log_in(self, plugin):
        options = self._options
        verify = not options.swift_store_auth_insecure and (options.swift_store_cacert or True)
        return session.account_session(plugin, verify)


def with_scheme(address):
    """An address, which is HTTPS when it does not say."""
    return address if urllib.parse.urlsplit(address).scheme in ('http', 'https') else f'https://{address}'
