"""A token lasts no longer than what it rests on."""
import calendar


def end_no_later(token, moment):
    """The token ends at a moment (naive UTC, None: never) at the latest. Tokens end on whole seconds."""
    if moment is not None:
        token.claims.expires_at = min(token.claims.expires_at, calendar.timegm(moment.utctimetuple()))
