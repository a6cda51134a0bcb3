"""A token gives no more, and lasts no longer, than what it rests on."""
import calendar

from keystone.exception import TokenNotFound


def keep_roles(token, role_ids, roles):
    """Of the token's roles those stay that `role_ids` come to. Raises TokenNotFound: its user has none of them now."""
    held = {role['id'] for role in token.roles}
    token.roles = roles.effective([role_id for role_id in role_ids if role_id in held])
    if not token.roles:
        raise TokenNotFound()


def end_no_later(token, moment):
    """The token ends at a moment (naive UTC, None: never) at the latest. Tokens end on whole seconds."""
    if moment is not None:
        token.claims.expires_at = min(token.claims.expires_at, calendar.timegm(moment.utctimetuple()))
