"""Identity providers, protocols, and the users and memberships they bring."""
from sqlalchemy import and_, delete, insert, select, update

from essex import db
from keystone.db import records
from keystone.db.models import ExpiringMembership, FederatedUser, IdentityProvider, Protocol, RemoteId

_remote, _federated, _member = RemoteId.__table__, FederatedUser.__table__, ExpiringMembership.__table__


def with_remote_ids(session, providers):
    """Put `remote_ids` into each provider ref."""
    found = {provider['id']: [] for provider in providers}
    query = select(_remote.c.idp_id, _remote.c.remote_id).where(_remote.c.idp_id.in_(found))
    for idp_id, remote_id in session.execute(query.order_by(_remote.c.remote_id)) if found else ():
        found[idp_id].append(remote_id)
    for provider in providers:
        provider['remote_ids'] = found[provider['id']]
    return providers


def set_remote_ids(session, idp_id, remote_ids, conflict):
    """The provider has exactly these remote ids. Raises what conflict(remote_id) makes when one is another's."""
    session.execute(delete(_remote).where(_remote.c.idp_id == idp_id))
    for remote_id in remote_ids:
        if session.execute(select(_remote.c.idp_id).where(_remote.c.remote_id == remote_id)).first():
            raise conflict(remote_id)
        session.execute(insert(_remote).values(idp_id=idp_id, remote_id=remote_id))


def provider_of_remote_id(session, remote_id):
    """The id of the provider that calls itself `remote_id`, or None."""
    return session.execute(select(_remote.c.idp_id).where(_remote.c.remote_id == remote_id)).scalar()


def protocol_condition(idp_id, protocol_id):
    """The conditions for one protocol of a provider."""
    return Protocol.idp_id == idp_id, Protocol.id == protocol_id


def change_protocol(session, idp_id, protocol_id, values):
    """Change a protocol's columns."""
    session.execute(update(Protocol.__table__).where(*protocol_condition(idp_id, protocol_id)).values(values))


def forget_domain(session, domain_id):
    """The providers whose users would live in this domain go with it."""
    records.remove(session, IdentityProvider, IdentityProvider.domain_id == domain_id)


def user_id_of(session, idp_id, protocol_id, unique_id):
    """The id of the user an identity provider means, or None."""
    return session.execute(select(_federated.c.user_id).where(
        _federated.c.idp_id == idp_id, _federated.c.protocol_id == protocol_id,
        _federated.c.unique_id == unique_id)).scalar()


def link(session, user_id, idp_id, protocol_id, unique_id):
    """The identity provider's `unique_id` is this user. Raises IntegrityError when it is another."""
    session.execute(insert(_federated).values(user_id=user_id, idp_id=idp_id, protocol_id=protocol_id,
                                              unique_id=unique_id))


def unlink(session, user_id):
    """No identity provider means this user any more."""
    session.execute(delete(_federated).where(_federated.c.user_id == user_id))


def set_links(session, user_id, identities):
    """The user is exactly these: [{idp_id, protocols: [{protocol_id, unique_id}]}]. Raises IntegrityError when one of
    them is another user's."""
    unlink(session, user_id)
    for each in identities:
        for protocol in each['protocols']:
            link(session, user_id, each['idp_id'], **protocol)


def links_of(session, user_id):
    """(idp_id, protocol_id, unique_id) of everybody this user is elsewhere."""
    query = select(_federated.c.idp_id, _federated.c.protocol_id, _federated.c.unique_id)
    order = (_federated.c.idp_id, _federated.c.protocol_id, _federated.c.unique_id)
    return session.execute(query.where(_federated.c.user_id == user_id).order_by(*order)).all()


def user_ids(**wanted):
    """A subquery: ids of users with an identity whose columns equal what is wanted."""
    return select(_federated.c.user_id).where(*(_federated.c[name] == value for name, value in wanted.items()))


def groups_put_into(session, user_id, idp_id):
    """Ids of the groups the provider has put the user into, for as long as that holds."""
    query = select(_member.c.group_id).where(_member.c.user_id == user_id, _member.c.idp_id == idp_id,
                                             _member.c.expires_at > db.utcnow())
    return session.execute(query).scalars().all()


def renew_memberships(session, user_id, idp_id, group_ids, expires_at):
    """The provider has put the user into exactly these groups, until then (UTC)."""
    session.execute(delete(_member).where(_member.c.user_id == user_id, _member.c.idp_id == idp_id))
    for group_id in group_ids:
        session.execute(insert(_member).values(user_id=user_id, group_id=group_id, idp_id=idp_id,
                                               expires_at=expires_at))


def current_groups(user_id, now):
    """A subquery: ids of the groups identity providers have put the user in until some time after `now`."""
    return select(_member.c.group_id).where(and_(_member.c.user_id == user_id, _member.c.expires_at > now))
