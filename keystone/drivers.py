"""Drivers by a config value: a short name, or a class path of the Essex era."""
import stevedore.driver
import stevedore.exception

from essex import config
from essex.exception import ConfigError

CONF = config.CONF

# What operators' files of the Essex era carry.
ALIASES = {
    'keystone.identity.backends.sql.Identity': 'sql',
    'keystone.identity.backends.kvs.Identity': 'kvs',
    'keystone.identity.backends.ldap.Identity': 'ldap',
    'keystone.identity.backends.pam.PamIdentity': 'pam',
    'keystone.token.backends.sql.Token': 'sql',
    'keystone.token.backends.kvs.Token': 'kvs',
    'keystone.token.backends.memcache.Token': 'memcache',
    'keystone.token.providers.uuid.Provider': 'uuid',
    'keystone.token.providers.fernet.Provider': 'fernet',
    'keystone.catalog.backends.sql.Catalog': 'sql',
    'keystone.catalog.backends.kvs.Catalog': 'kvs',
    'keystone.catalog.backends.templated.Catalog': 'templated',
    'keystone.catalog.backends.templated.TemplatedCatalog': 'templated',
    'keystone.contrib.ec2.backends.sql.Ec2': 'sql',
    'keystone.contrib.ec2.backends.kvs.Ec2': 'kvs',
    'keystone.policy.backends.rules.Policy': 'rules',
    'keystone.policy.backends.simple.SimpleMatch': 'rules',
}


def load(namespace, name, builtin, *args):
    """An instance of driver `name`: one of `builtin` ({name: class}) or an entry point in `namespace`.

    Raises ConfigError naming what there is, or when several workers would each keep something else in their memory.
    """
    name = ALIASES.get(name, name)
    if name == 'kvs' and CONF.workers > 1:
        raise ConfigError(f'The driver kvs of {namespace} keeps everything in the memory of one process, but workers = '
                          f'{CONF.workers} makes several: set workers = 1, or another driver.')
    if name in builtin:
        return builtin[name](*args)
    try:
        return stevedore.driver.DriverManager(namespace, name, invoke_on_load=True, invoke_args=args).driver
    except stevedore.exception.NoMatches:
        known = sorted({*builtin, *stevedore.ExtensionManager(namespace).names()})
        raise ConfigError(f'No driver of {namespace} is named {name!r}. There are: {", ".join(known)}.') from None
