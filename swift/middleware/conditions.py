"""Conditional requests (RFC 9110, 13) for objects a filter answers for itself."""
import datetime
import email.utils


def failing(req, etags, last_modified=None):
    """The status (304 or 412) that If-Match, If-None-Match and their dated kin ask for, or None to go on.

    `etags` are the unquoted tags this object goes by; `last_modified` is the header's text.
    """
    headers = req.headers
    modified = _seconds(last_modified)
    readable = req.method in ('GET', 'HEAD')
    if 'If-Match' in headers:
        if not _matches(headers['If-Match'], etags):
            return 412
    elif 'If-Unmodified-Since' in headers and _newer(modified, headers['If-Unmodified-Since']):
        return 412
    if 'If-None-Match' in headers:
        if _matches(headers['If-None-Match'], etags):
            return 304 if readable else 412
    elif 'If-Modified-Since' in headers and readable:
        since = _seconds(headers['If-Modified-Since'])
        if since is not None and modified is not None and modified <= since:
            return 304
    return None


def range_holds(req, etags, last_modified=None):
    """Whether If-Range, when it is there, lets the Range header count."""
    condition = req.headers.get('If-Range')
    if condition is None:
        return True
    since = _seconds(condition)
    if since is not None:
        modified = _seconds(last_modified)
        return modified is not None and modified <= since
    return _matches(condition, etags)


def _newer(modified, text):
    since = _seconds(text)
    return since is not None and modified is not None and modified > since


def _matches(header, etags):
    return header.strip() == '*' or bool(set(tags(header)) & set(etags))


def tags(header):
    """The entity tags of a header, unquoted; weak ones count as strong, as Swift always took them."""
    return [tag.strip().removeprefix('W/').strip('"') for tag in header.split(',') if tag.strip()]


def _seconds(text):
    if not text:
        return None
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()
