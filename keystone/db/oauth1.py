"""OAuth 1.0a: consumers, request tokens, access tokens, and the signed requests that were used."""
from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from keystone.db import records
from keystone.db.models import AccessToken, Consumer, OauthNonce, RequestToken


def get_consumer(session, consumer_id):
    """The consumer with its secret, or None."""
    return records.get(session, Consumer, Consumer.id == consumer_id)


def remove_consumer(session, consumer_id):
    """The consumer with its tokens; returns whether there was one."""
    for model in (RequestToken, AccessToken):
        records.remove(session, model, model.consumer_id == consumer_id)
    return records.remove(session, Consumer, Consumer.id == consumer_id) > 0


def add(session, model, values):
    """Store a RequestToken or AccessToken."""
    session.execute(insert(model.__table__).values(values))


def get_token(session, model, key):
    """The RequestToken or AccessToken of this id, or None."""
    return records.get(session, model, model.id == key)


def authorize(session, key, values):
    """Fill in a request token that nobody has authorized; returns whether there was one."""
    query = update(RequestToken.__table__).where(RequestToken.id == key, RequestToken.verifier.is_(None))
    return session.execute(query.values(values)).rowcount > 0


def take_request_token(session, key):
    """Remove a request token; returns whether it was there: of two exchanges one wins."""
    return records.remove(session, RequestToken, RequestToken.id == key) > 0


def access_tokens_of(session, user_id):
    """The access tokens a user gave, by id."""
    return records.many(session, AccessToken, AccessToken.authorizing_user_id == user_id)


def remove_access_token(session, user_id, key):
    """Returns whether the user had given it."""
    return records.remove(session, AccessToken, AccessToken.id == key, AccessToken.authorizing_user_id == user_id) > 0


def remove_of(session, user_ids=(), project_ids=()):
    """Every token given by these users or for these projects."""
    for model in (RequestToken, AccessToken):
        records.remove(session, model, or_(model.authorizing_user_id.in_(user_ids), model.project_id.in_(project_ids)))


def purge(session, now, nonces_before):
    """Forget request and access tokens that are over, and nonces no timestamp can need."""
    for model in (RequestToken, AccessToken):
        records.remove(session, model, model.expires_at < now)
    records.remove(session, OauthNonce, OauthNonce.used_at < nonces_before)


_SEALED = {model.__tablename__: model.__table__ for model in (Consumer, RequestToken, AccessToken)}


def sealed(session):
    """((table, id), key_hash, sealed text) of every secret."""
    for name, table in _SEALED.items():
        for row in session.execute(select(table.c.id, table.c.key_hash, table.c.secret)).all():
            yield (name, row.id), row.key_hash, row.secret


def reseal(session, key, text, key_hash):
    """Replace a sealed secret."""
    table = _SEALED[key[0]]
    session.execute(update(table).where(table.c.id == key[1]).values(secret=text, key_hash=key_hash))


def use_nonce(session, key, now):
    """Remember a signed request; returns whether it is new."""
    try:
        with session.begin_nested():
            session.execute(insert(OauthNonce.__table__).values(id=key, used_at=now))
    except IntegrityError:
        return False
    return True
