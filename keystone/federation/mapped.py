"""The authentication method `mapped`: an assertion of an identity provider instead of a password."""
from essex.exception import BadRequest, Forbidden, NotFound
from keystone import origin
from keystone.auth.methods import AuthMethod, Proof, TokenMethod
from keystone.exception import AuthFailed, TokenNotFound
from keystone.federation import assertion, engine
from keystone.federation.exception import AssertionRefused
from keystone.federation.shadow import unique_id_and_name


class MappedMethod(AuthMethod):
    """{"identity_provider": id, "protocol": id}, or {"id": token} to scope the token got so."""

    name = 'mapped'

    def __init__(self, managers):
        super().__init__(managers)
        managers.tokens.extend('idp_id', self.complete)

    def authenticate(self, payload, wants_scope):
        if isinstance(payload.get('id'), str):
            return TokenMethod(self.managers).authenticate(payload, wants_scope)
        idp_id, protocol_id = payload.get('identity_provider'), payload.get('protocol')
        if not isinstance(idp_id, str) or not isinstance(protocol_id, str):
            raise BadRequest('Give identity_provider and protocol, or the id of an unscoped token.')
        return self.prove(idp_id, protocol_id, self.name)

    def prove(self, idp_id, protocol_id, method):
        """The Proof for whom the assertion of this request describes, by a provider and one of its protocols.

        Raises the fitting NotFound, Forbidden (disabled, or another provider's assertion), AssertionRefused.
        """
        provider = self.managers.providers.enabled_provider(idp_id)
        protocol = self.managers.providers.get_protocol(idp_id, protocol_id)
        said = assertion.current()
        _check_provider(provider, protocol, said)
        mapping = self.managers.mappings.get(protocol['mapping_id'])
        mapped = engine.process(mapping['rules'], said, mapping['schema_version'])
        if mapped['user']['type'] == engine.LOCAL:
            return Proof(self._local_user(mapped['user']), [method])
        return self._ephemeral(provider, protocol_id, mapped, method)

    def _local_user(self, wanted):
        """The user of this cloud that a mapping names."""
        driver = self.managers.identity.driver
        if wanted.get('id'):
            user = driver.full_user(wanted['id'])
        else:
            domain = wanted['domain']
            user = driver.full_user_by_name(wanted['name'], domain.get('id'), domain.get('name'))
        if user is None:
            raise AssertionRefused(reason='the local user it maps to is not there')
        return _enabled(user)

    def _ephemeral(self, provider, protocol_id, mapped, method):
        shadows = self.managers.shadows
        remote_user, _ = origin.current().remote_user
        unique_id, name = unique_id_and_name(mapped['user'], remote_user)
        group_ids = shadows.group_ids(mapped)
        user = _enabled(shadows.user(provider, protocol_id, unique_id, name, mapped['user'].get('email')))
        shadows.put_into_groups(user, provider, group_ids)
        shadows.give_projects(user, provider, mapped['projects'])
        kind = {'idp_id': provider['id'], 'protocol_id': protocol_id, 'group_ids': group_ids}
        return Proof(user, [method], kind=kind)

    def complete(self, session, token):
        """A token of a provider's user holds as long as the provider is enabled and has the protocol."""
        try:
            self.managers.providers.enabled_provider(token.claims.idp_id)
            self.managers.providers.get_protocol(token.claims.idp_id, token.claims.protocol_id)
        except (NotFound, Forbidden) as error:
            raise TokenNotFound() from error


def _enabled(user):
    if not user['enabled'] or not user['domain_enabled']:
        raise AuthFailed()
    return user


def _check_provider(provider, protocol, said):
    """The assertion has to come from this provider, where it says whom it comes from."""
    attribute = assertion.remote_id_attribute(protocol)
    if attribute is None:
        return
    if attribute not in said:
        raise AssertionRefused(reason=f'the variable {attribute} with the id of the identity provider is missing')
    if said[attribute] not in provider['remote_ids']:
        raise Forbidden('Incoming identity provider identifier not included among the accepted identifiers.')


class Saml2Method(MappedMethod):
    """The same under the name operators give it for SAML."""

    name = 'saml2'


class OpenidMethod(MappedMethod):
    """The same for OpenID Connect."""

    name = 'openid'
