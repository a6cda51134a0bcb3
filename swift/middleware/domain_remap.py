"""`http://container.account.storage.example/object` means /v1/account/container/object.

In a host's name there is no underscore and no case: `auth-1a2b` is AUTH_1a2b.
"""
import re

from swift import conf as conf_file
from swift.middleware.authorization import text
from swift.proxy import registry

_NAME = re.compile(r'[A-Za-z0-9_-]+')


def domains(conf):
    """The option storage_domain as a list of `.example.com`."""
    return ['.' + domain.lstrip('.').lower() for domain in conf_file.words(conf, 'storage_domain', 'example.com')]


def host_of(environ):
    """(host in lower case, port or '') that a request is for."""
    host, _colon, port = (environ.get('HTTP_HOST') or environ.get('SERVER_NAME', '')).partition(':')
    return host.lower(), port


def below(host, storage_domains):
    """What is before a storage domain in `host`; None when it is in none of them."""
    return next((host[:-len(domain)] for domain in storage_domains if host.endswith(domain)), None)


class DomainRemap:
    """WSGI filter. `swift.client_path` tells others which path the client sees."""

    def __init__(self, app, conf):
        self.app, self.domains = app, domains(conf)
        self.root = '/' + conf.get('path_root', 'v1').strip('/')
        self.prefixes = {prefix.lower(): prefix for prefix in conf_file.words(conf, 'reseller_prefixes', 'AUTH')}
        self.default_prefix = conf.get('default_reseller_prefix', '').strip()
        self.mangle = conf_file.boolean(conf, 'mangle_client_paths', False)

    def __call__(self, environ, start_response):
        labels = below(host_of(environ)[0], self.domains)
        if labels is None:
            return self.app(environ, start_response)
        *container, account = labels.split('.')
        if len(container) > 1 or not all(map(_NAME.fullmatch, [account, *container])):
            return text(400, 'Bad domain in host header')(environ, start_response)
        account = self._account(account)
        if account is None:
            return self.app(environ, start_response)
        path = environ['PATH_INFO']
        environ['swift.client_path'] = path
        if self.mangle and (path + '/').startswith(self.root + '/'):
            path = path[len(self.root):]
        environ['PATH_INFO'] = '/'.join([self.root, account, *container]) + '/' + path.removeprefix('/')
        return self.app(environ, start_response)

    def _account(self, label):
        """The account a host's label stands for; None when it is of no prefix of ours."""
        if not self.prefixes:
            return label
        name = label.replace('-', '_', 1) if '_' not in label else label
        prefix, separator, rest = name.partition('_')
        if separator and rest and prefix in self.prefixes:
            return f'{self.prefixes[prefix]}_{rest}'
        return f'{self.default_prefix}_{label}' if self.default_prefix else None


def filter_factory(global_conf, **local_conf):
    """Paste: storage_domain, path_root, reseller_prefixes, default_reseller_prefix, mangle_client_paths."""
    conf = {**global_conf, **local_conf}
    made = DomainRemap(None, conf)
    registry.register('domain_remap', default_reseller_prefix=made.default_prefix or None)
    return lambda app: DomainRemap(app, conf)
