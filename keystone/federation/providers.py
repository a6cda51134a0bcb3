"""Identity providers and the protocols they are reached by."""
from essex import config, db
from essex.exception import BadRequest
from keystone.db import federation, records
from keystone.db.models import IdentityProvider, Mapping, Protocol
from keystone.federation.exception import (
    DuplicateId,
    DuplicateRemoteId,
    IdentityProviderNotFound,
    ProtocolNotFound,
    ProviderDisabled,
)
from keystone.ids import new_id

CONF = config.CONF


class ProviderManager:
    """Providers. Each has a domain for the users it brings; one is made when none is named."""

    def __init__(self, changes, resource):
        self.changes, self.resource = changes, resource

    def list_providers(self, hints):
        """The providers that pass `hints`."""
        with db.reader() as session:
            return federation.with_remote_ids(session, records.listing(session, IdentityProvider, hints))

    def get_provider(self, idp_id):
        """Raises IdentityProviderNotFound."""
        with db.reader() as session:
            found = records.many(session, IdentityProvider, IdentityProvider.id == idp_id)
            if not found:
                raise IdentityProviderNotFound(idp_id)
            return federation.with_remote_ids(session, found)[0]

    def enabled_provider(self, idp_id):
        """The provider, to let somebody in. Raises IdentityProviderNotFound, ProviderDisabled."""
        provider = self.get_provider(idp_id)
        if not provider['enabled']:
            raise ProviderDisabled(kind='Identity Provider', id=idp_id)
        return provider

    def provider_of_remote_id(self, remote_id):
        """The provider that calls itself so. Raises IdentityProviderNotFound."""
        with db.reader() as session:
            idp_id = federation.provider_of_remote_id(session, remote_id)
        if idp_id is None:
            raise IdentityProviderNotFound(remote_id)
        return self.get_provider(idp_id)

    @db.retry
    def create_provider(self, idp_id, values):
        """Raises DuplicateId, DuplicateRemoteId, DomainNotFound."""
        provider = {'enabled': False, 'description': None, 'authorization_ttl': None, **values, 'id': idp_id}
        remote_ids = provider.pop('remote_ids', None) or []
        with self.changes.writer() as session:
            conflict = DuplicateId(kind='identity_provider', id=idp_id)
            if records.get(session, IdentityProvider, IdentityProvider.id == idp_id):
                raise conflict
            if provider.get('domain_id'):
                self.resource.get_domain(provider['domain_id'])
            else:
                provider['domain_id'] = self._make_domain(idp_id)
            records.create(session, IdentityProvider, provider, conflict)
            federation.set_remote_ids(session, idp_id, remote_ids, lambda taken: DuplicateRemoteId(id=taken))
        return self.get_provider(idp_id)

    def _make_domain(self, idp_id):
        domain_id = new_id()
        self.resource.create_project({
            'id': domain_id, 'name': domain_id, 'is_domain': True,
            'description': f'Auto generated federated domain for Identity Provider: {idp_id}'})
        return domain_id

    @db.retry
    def update_provider(self, idp_id, values):
        """Change a provider; disabling it voids the tokens of its users at their next validation."""
        self.get_provider(idp_id)
        values = dict(values)
        with self.changes.writer() as session:
            if 'remote_ids' in values:
                federation.set_remote_ids(session, idp_id, values.pop('remote_ids') or [],
                                          lambda taken: DuplicateRemoteId(id=taken))
            records.change(session, IdentityProvider, idp_id, values, DuplicateId(kind='identity_provider', id=idp_id))
        return self.get_provider(idp_id)

    @db.retry
    def delete_provider(self, idp_id):
        """Remove a provider with its protocols; its users stay, but are nobody's any more."""
        self.get_provider(idp_id)
        with self.changes.writer() as session:
            records.remove(session, Protocol, Protocol.idp_id == idp_id)
            records.remove(session, IdentityProvider, IdentityProvider.id == idp_id)

    def list_protocols(self, idp_id, hints):
        """The protocols of a provider."""
        self.get_provider(idp_id)
        with db.reader() as session:
            return records.listing(session, Protocol, hints, Protocol.idp_id == idp_id)

    def get_protocol(self, idp_id, protocol_id):
        """Raises ProtocolNotFound."""
        with db.reader() as session:
            found = records.get(session, Protocol, *federation.protocol_condition(idp_id, protocol_id))
        if found is None:
            raise ProtocolNotFound(protocol=protocol_id[:64], idp=idp_id[:64])
        return found

    @staticmethod
    def _check_mapping(session, values):
        mapping_id = values.get('mapping_id')
        if mapping_id is not None and not records.get(session, Mapping, Mapping.id == mapping_id):
            raise BadRequest(f'Invalid mapping id: {mapping_id}')

    @db.retry
    def create_protocol(self, idp_id, protocol_id, values):
        """Raises IdentityProviderNotFound, BadRequest (no such mapping), DuplicateId."""
        self.get_provider(idp_id)
        protocol = {'remote_id_attribute': None, **values, 'id': protocol_id, 'idp_id': idp_id}
        with self.changes.writer() as session:
            self._check_mapping(session, values)
            records.create(session, Protocol, protocol, DuplicateId(kind='federation_protocol', id=protocol_id))
        return self.get_protocol(idp_id, protocol_id)

    @db.retry
    def update_protocol(self, idp_id, protocol_id, values):
        """Raises ProtocolNotFound, BadRequest (no such mapping)."""
        self.get_protocol(idp_id, protocol_id)
        with self.changes.writer() as session:
            self._check_mapping(session, values)
            if values:
                federation.change_protocol(session, idp_id, protocol_id, values)
        return self.get_protocol(idp_id, protocol_id)

    @db.retry
    def delete_protocol(self, idp_id, protocol_id):
        """Raises ProtocolNotFound."""
        with self.changes.writer() as session:
            if not records.remove(session, Protocol, *federation.protocol_condition(idp_id, protocol_id)):
                raise ProtocolNotFound(protocol=protocol_id[:64], idp=idp_id[:64])
