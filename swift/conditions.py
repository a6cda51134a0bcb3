"""Conditional requests (RFC 9110, 13), of objects on disk and of those that filters put together.

`modified` is when the object was last modified, in whole seconds, or None; `etags` are the unquoted tags it goes by.
"""
import datetime
import email.utils

_CONDITIONS = ('HTTP_IF_MATCH', 'HTTP_IF_NONE_MATCH', 'HTTP_IF_MODIFIED_SINCE', 'HTTP_IF_UNMODIFIED_SINCE')


def failing(environ, etags, modified=None):
    """The status (304 or 412) that If-Match, If-None-Match and their dated kin ask for, or None to go on."""
    match, none_match, modified_since, unmodified_since = (environ.get(name) for name in _CONDITIONS)
    readable = environ['REQUEST_METHOD'] in ('GET', 'HEAD')
    if match:
        if not _matches(match, etags):
            return 412
    elif unmodified_since and _later(modified, unmodified_since):
        return 412
    if none_match:
        if _matches(none_match, etags):
            return 304 if readable else 412
    elif modified_since and readable and _later(modified, modified_since) is False:
        return 304
    return None


def range_holds(environ, etags, modified=None):
    """Whether If-Range, when it is there, lets the Range header count."""
    condition = environ.get('HTTP_IF_RANGE')
    if condition is None:
        return True
    later = _later(modified, condition)
    return _matches(condition, etags) if later is None else not later


def seconds(date):
    """Seconds since 1970 of a date in a header; None when it is none."""
    if not date:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(date)
        return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _later(modified, date):
    """Whether it was modified after a date; None when either is unknown."""
    since = seconds(date)
    return None if since is None or modified is None else modified > since


def _matches(header, etags):
    return header.strip() == '*' or not set(tags(header)).isdisjoint(etags)


def tags(header):
    """The entity tags of a header, unquoted; weak ones count as strong, as Swift always took them."""
    return [tag.strip().removeprefix('W/').strip('"') for tag in header.split(',') if tag.strip()]
