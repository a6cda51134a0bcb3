"""What the dispersion commands share: their configuration, an account over HTTP, what lies where on the ring."""
import dataclasses
import time
from urllib.parse import quote

import requests
from keystoneauth1 import exceptions as ks_exceptions
from keystoneauth1 import session as ks_session
from keystoneauth1.identity import v2, v3

from swift import cluster
from swift import conf as options
from swift.exceptions import ConfigurationError, SwiftError

CONTAINER_PREFIX, OBJECT_PREFIX = 'dispersion_', 'dispersion_'


@dataclasses.dataclass
class Settings:
    """The options of [dispersion], and what the command line says over them."""

    auth_version: str
    auth_url: str
    auth_user: str
    auth_key: str
    keystone: dict
    verify: object
    swift_dir: str
    coverage: float
    retries: int
    concurrency: int
    flags: dict

    @classmethod
    def read(cls, path, insecure=False):
        """Those of a file. Raises ConfigurationError."""
        conf = options.section(path, 'dispersion')
        missing = [name for name in ('auth_url', 'auth_user', 'auth_key') if not conf.get(name)]
        if missing:
            raise ConfigurationError(f'{path}: [dispersion] needs {", ".join(missing)}')
        keystone = {name: conf.get(name, default) for name, default in (
            ('project_name', ''), ('project_domain_name', 'Default'), ('user_domain_name', 'Default'),
            ('endpoint_type', 'publicURL'), ('region_name', ''))}
        insecure = insecure or options.boolean(conf, 'keystone_api_insecure', False)
        flags = {name: options.boolean(conf, name, default) for name, default in (
            ('container_populate', True), ('object_populate', True), ('container_report', True),
            ('object_report', True), ('dump_json', False))}
        return cls(conf.get('auth_version', '1.0'), conf['auth_url'], conf['auth_user'], conf['auth_key'], keystone,
                   False if insecure else conf.get('cafile') or True, conf.get('swift_dir', '/etc/swift'),
                   options.number(conf, 'dispersion_coverage', 1.0, 0), options.integer(conf, 'retries', 5, 0),
                   options.integer(conf, 'concurrency', 25, 1), flags)


class Account:
    """An account over HTTP. `retries` counts what had to be sent again."""

    def __init__(self, settings):
        self._settings, self.retries = settings, 0
        self._http = requests.Session()
        self._http.mount('http://', requests.adapters.HTTPAdapter(pool_maxsize=settings.concurrency))
        self._http.mount('https://', requests.adapters.HTTPAdapter(pool_maxsize=settings.concurrency))
        self._http.verify = settings.verify
        self.url, self._token = self._login()
        self.name = self.url.rstrip('/').rsplit('/', 1)[-1]

    def _login(self):
        settings = self._settings
        major = settings.auth_version.partition('.')[0]
        try:
            if major == '1':
                answer = self._http.get(settings.auth_url, timeout=30, headers={
                    'X-Auth-User': settings.auth_user, 'X-Auth-Key': settings.auth_key})
                if answer.status_code // 100 != 2:
                    raise SwiftError(f'{settings.auth_url} answers {answer.status_code} to {settings.auth_user}')
                return answer.headers['X-Storage-Url'], answer.headers['X-Auth-Token']
            return self._keystone(major)
        except (requests.RequestException, ks_exceptions.ClientException) as error:
            raise SwiftError(f'{settings.auth_url} cannot be asked for a token: {error}') from error

    def _keystone(self, major):
        settings, named = self._settings, self._settings.keystone
        project, _, user = settings.auth_user.rpartition(':')
        project = named['project_name'] or project
        if major == '2':
            plugin = v2.Password(settings.auth_url, user, settings.auth_key, tenant_name=project)
        else:
            plugin = v3.Password(settings.auth_url, username=user, password=settings.auth_key,
                                 project_name=project, user_domain_name=named['user_domain_name'],
                                 project_domain_name=named['project_domain_name'])
        session = ks_session.Session(plugin, verify=settings.verify)
        url = session.get_endpoint(service_type='object-store', region_name=named['region_name'] or None,
                                   interface=named['endpoint_type'].removesuffix('URL'))
        if not url:
            raise SwiftError(f'the catalog at {settings.auth_url} has no object-store')
        return url, session.get_token()

    def request(self, method, container, obj=None, headers=None, data=b'', params=None):
        """A requests.Response with a 2xx or 404. Raises SwiftError after all retries."""
        path = '/'.join(quote(name, safe='') for name in (container, obj) if name is not None)
        problem = None
        for attempt in range(self._settings.retries + 1):
            if attempt:
                self.retries += 1
                time.sleep(min(2 ** attempt, 10))
            try:
                answer = self._http.request(method, f'{self.url}/{path}', params=params, data=data, timeout=60,
                                            headers={'X-Auth-Token': self._token, **(headers or {})})
            except requests.RequestException as error:
                problem = error
                continue
            if answer.status_code // 100 == 2 or answer.status_code == 404:
                return answer
            problem = f'{answer.status_code} {answer.reason}'
            if answer.status_code // 100 == 4:
                break
        raise SwiftError(f'{method} {self.url}/{path}: {problem}')

    def names(self, container, prefix):
        """Every name in a container (None: the account's containers) with a prefix."""
        marker = ''
        while True:
            answer = self.request('GET', container or '', params={'format': 'json', 'prefix': prefix, 'marker': marker})
            rows = answer.json() if answer.status_code == 200 else []
            for row in rows:
                yield row['name']
            if not rows:
                return
            marker = rows[-1]['name']


def objects_container(policy):
    """The container of the objects of a policy."""
    return f'dispersion_objects_{policy.idx}' if policy.idx else 'dispersion_objects'


def is_sample(name):
    """Whether a container is one of those that sample the container ring."""
    return name.startswith(CONTAINER_PREFIX) and not name.startswith('dispersion_objects')


def policy_named(found, name):
    """The Policy of a name, the default one without. Raises ConfigurationError."""
    policy = found.policies.by_name(name) if name else found.policies.default
    if policy is None:
        raise ConfigurationError(f'there is no storage policy {name}')
    return policy


def load(settings):
    """The Cluster of the settings."""
    return cluster.load(settings.swift_dir)


def common_arguments(parser):
    """Arguments both commands have."""
    parser.add_argument('conf', nargs='?', default='/etc/swift/dispersion.conf',
                        help='configuration file (default: %(default)s)')
    parser.add_argument('--container-only', action='store_true', help='containers alone')
    parser.add_argument('--object-only', action='store_true', help='objects alone')
    parser.add_argument('--insecure', action='store_true', help='do not check certificates')
    parser.add_argument('-P', '--policy-name', help='storage policy of the objects (default: the default one)')
