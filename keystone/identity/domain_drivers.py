"""Domains with a backend of their own: from files keystone.DOMAIN.conf, or from the database."""
import logging
import os

from oslo_config import cfg

from essex import config, db
from essex.exception import ConfigError
from keystone.db import records
from keystone.db.models import DOMAIN_ROOT, Project

LOG = logging.getLogger(__name__)
OPTS = [
    cfg.StrOpt('domain_config_dir', default='/etc/keystone/domains',
               help='Directory of the files keystone.DOMAIN.conf, DOMAIN being the name of the domain.'),
    cfg.BoolOpt('domain_configurations_from_database', default=False,
                help="Take domains' configurations from the database (/v3/domains/ID/config) instead."),
]
CONF = config.register(OPTS, 'identity')
_BEGIN, _END = 'keystone.', '.conf'


def files():
    """{domain name: path} of the configuration files there are."""
    try:
        names = os.listdir(CONF.identity.domain_config_dir)
    except FileNotFoundError:
        return {}
    return {name[len(_BEGIN):-len(_END)]: os.path.join(CONF.identity.domain_config_dir, name)
            for name in sorted(names) if name.startswith(_BEGIN) and name.endswith(_END)
            and len(name) > len(_BEGIN + _END)}


class DomainDrivers:
    """Drivers by domain, made when first asked for. `make(name, conf)` makes one.

    Configurations in the database are looked at again whenever something changed; a file is read once.
    """

    def __init__(self, changes, domain_config, make):
        self.changes, self.domain_config, self._make = changes, domain_config, make
        # {domain id: (what it was made from, driver)}
        self._made = {}
        self._known = self._generation = None
        self._warned = set()

    def _configured(self):
        """{domain id: path of a file, or options from the database}."""
        self.changes.check()
        if self._generation != self.changes.generation:
            self._generation = self.changes.generation
            if not CONF.identity.domain_specific_drivers_enabled:
                self._known = {}
            elif CONF.identity.domain_configurations_from_database:
                self._known = {domain_id: self.domain_config.options(domain_id)
                               for domain_id in self.domain_config.configured_domains()}
            else:
                self._known = dict(self._from_files())
        return self._known

    def _from_files(self):
        paths = files()
        with db.reader() as session:
            found = records.many(session, Project, Project.domain_id == DOMAIN_ROOT, Project.name.in_(paths))
        for name in paths.keys() - {domain['name'] for domain in found} - self._warned:
            LOG.warning('%s is for no domain: none is named %s', paths[name], name)
            self._warned.add(name)
        return [(domain['id'], paths[domain['name']]) for domain in found]

    def of(self, domain_id):
        """The driver of a domain, or None when it has none of its own."""
        source = self._configured().get(domain_id)
        if source is None:
            self._made.pop(domain_id, None)
            return None
        known = self._made.get(domain_id)
        if known is None or known[0] != source:
            known = self._made[domain_id] = (source, self._load(source))
        return known[1]

    def all(self):
        """[(domain id, driver)] of every domain that has one."""
        return [(domain_id, self.of(domain_id)) for domain_id in self._configured()]

    def _load(self, source):
        is_file = isinstance(source, str)
        conf = _Overridden(cfg.ConfigOpts(), {} if is_file else source)
        try:
            conf([], project='keystone', default_config_files=[source] if is_file else [], default_config_dirs=[])
            conf.register_opts([cfg.StrOpt('driver', default=CONF.identity.driver)], 'identity')
            return self._make(conf.identity.driver, conf)
        except (cfg.Error, ValueError) as error:
            raise ConfigError(f'The configuration of a domain is wrong: {error}') from error


class _Overridden:
    """A ConfigOpts whose options are set as soon as a driver declares them."""

    def __init__(self, conf, values):
        self._conf, self._values = conf, values

    def register_opts(self, opts, group):
        self._conf.register_opts(opts, group)
        for name, value in self._values.get(group, {}).items():
            if name in self._conf[group]:
                self._conf.set_override(name, value, group)

    def __call__(self, *args, **more):
        self._conf(*args, **more)

    def __getattr__(self, name):
        return getattr(self._conf, name)
