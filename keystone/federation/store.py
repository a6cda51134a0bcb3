"""Mappings, and the service providers that believe this one (Keystone to Keystone)."""
from oslo_config import cfg

from essex import config, db
from keystone.db import records
from keystone.db.models import Mapping, ServiceProvider
from keystone.federation import schema
from keystone.federation.exception import (
    DuplicateId,
    MappingNotFound,
    ProviderDisabled,
    ServiceProviderNotFound,
)

CONF = config.register([
    cfg.StrOpt('relay_state_prefix', default='ss:mem:', help='Prefix of RelayState in ECP assertions.'),
], 'saml')


class _Store:
    """Objects of one kind whose ids users choose."""

    model = kind = not_found = None

    def __init__(self, changes):
        self.changes = changes

    def list(self, hints):
        """Those that pass `hints`."""
        with db.reader() as session:
            return records.listing(session, self.model, hints)

    def get(self, key):
        """Raises the kind's NotFound."""
        with db.reader() as session:
            found = records.get(session, self.model, self.model.id == key)
        if found is None:
            raise self.not_found(key)
        return found

    @db.retry
    def create(self, key, values):
        """Raises DuplicateId."""
        with self.changes.writer() as session:
            records.create(session, self.model, {**values, 'id': key}, DuplicateId(kind=self.kind, id=key))
        return self.get(key)

    @db.retry
    def update(self, key, values):
        """Raises the kind's NotFound."""
        self.get(key)
        with self.changes.writer() as session:
            records.change(session, self.model, key, values, DuplicateId(kind=self.kind, id=key))
        return self.get(key)

    @db.retry
    def delete(self, key):
        """Raises the kind's NotFound."""
        with self.changes.writer() as session:
            if not records.remove(session, self.model, self.model.id == key):
                raise self.not_found(key)


class MappingManager(_Store):
    """Rules that turn what an identity provider says into a user with groups and projects."""

    model, kind, not_found = Mapping, 'mapping', MappingNotFound

    def create(self, key, values):
        """Raises DuplicateId, ValidationError (the rules)."""
        values = {'schema_version': schema.DEFAULT, **values}
        schema.check(values['rules'], values['schema_version'])
        return super().create(key, values)

    def update(self, key, values):
        """Raises MappingNotFound, ValidationError (the rules)."""
        old = self.get(key)
        schema.check(values.get('rules', old['rules']), values.get('schema_version', old['schema_version']))
        return super().update(key, values)


class ServiceProviderManager(_Store):
    """Other Keystones that let in whom this one vouches for."""

    model, kind, not_found = ServiceProvider, 'service_provider', ServiceProviderNotFound

    def create(self, key, values):
        """Raises DuplicateId."""
        default = {'enabled': False, 'description': None, 'relay_state_prefix': CONF.saml.relay_state_prefix}
        return super().create(key, {**default, **values})

    def enabled(self):
        """Those that are enabled, as tokens show them: [{id, auth_url, sp_url}]."""
        with db.reader() as session:
            found = records.many(session, ServiceProvider, ServiceProvider.enabled)
        return [{name: each[name] for name in ('auth_url', 'id', 'sp_url')} for each in found]

    def enabled_provider(self, key):
        """One, to vouch for somebody to. Raises ServiceProviderNotFound, ProviderDisabled."""
        provider = self.get(key)
        if not provider['enabled']:
            raise ProviderDisabled(kind='Service Provider', id=key)
        return provider
