"""Access control lists: those of containers (text) and those of accounts (JSON)."""
import json
import urllib.parse

_REFERRER = ('.r', '.ref', '.referer', '.referrer')
_ACCOUNT_KEYS = ('admin', 'read-write', 'read-only')
# Where an account's list is kept, out of clients' reach.
ACCOUNT_SYSMETA = 'core-access-control'


def clean_acl(name, value):
    """A container's list as it is kept: spaces gone, `.ref`, `.referer`, `.referrer` written `.r`.

    `name` is the header (x-container-read or -write). ValueError, whose text is for the user, when it is none.
    """
    values = []
    for raw in value.split(','):
        raw = raw.strip()
        if not raw:
            continue
        first, colon, second = raw.partition(':')
        first, second = first.strip(), second.strip()
        if not colon or not first.startswith('.'):
            values.append(raw)
        elif first not in _REFERRER:
            raise ValueError(f'Unknown designator {first!r} in ACL: {raw!r}')
        elif 'write' in name.lower():
            raise ValueError(f'Referrers not allowed in write ACL: {raw!r}')
        else:
            values.append(_clean_referrer(raw, second))
    return ','.join(values)


def _clean_referrer(raw, host):
    minus = '-' if host.startswith('-') else ''
    host = host[len(minus):].strip()
    if host != '*' and host.startswith('*'):
        host = host[1:].strip()
    if not host or host == '.':
        raise ValueError(f'No host/domain value after referrer designation in ACL: {raw!r}')
    return f'.r:{minus}{host}'


def parse_acl(text):
    """(referrers, groups) of a container's list: ['*', '-bad.example'], ['AUTH_x:user', '.rlistings']."""
    referrers, groups = [], []
    for value in (text or '').split(','):
        if value.startswith('.r:'):
            referrers.append(value[3:])
        elif value:
            groups.append(value)
    return referrers, groups


def referrer_allowed(referrer, referrers):
    """Whether a request with the header Referer `referrer` (or None) matches; the last rule that fits decides."""
    try:
        host = urllib.parse.urlsplit(referrer or '').hostname or 'unknown'
    except ValueError:
        host = 'unknown'
    allowed = False
    for rule in referrers:
        refuse = rule.startswith('-')
        pattern = rule[1:] if refuse else rule
        if pattern in ('*', host) or (pattern.startswith('.') and host.endswith(pattern)):
            allowed = not refuse
    return allowed


def parse_account_acl(text):
    """The lists {'admin': [...], 'read-write': [...], 'read-only': [...]} of an X-Account-Access-Control header.

    `text` is real text. An empty one is {}. ValueError, whose text is for the user, when it is no such list.
    """
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError('Syntax error: not JSON') from None
    if not isinstance(found, dict):
        raise ValueError('a JSON object is needed')
    for key, names in found.items():
        if key not in _ACCOUNT_KEYS:
            raise ValueError(f'Key {json.dumps(key)[:100]} not recognized')
        if not isinstance(names, list):
            raise ValueError(f'Value of {key} must be a list')
        if not all(isinstance(name, str) for name in names):
            raise ValueError(f'Elements of {key} must be strings')
    return found


def format_account_acl(lists):
    """The ASCII text of an account's lists; empty when there is nothing in them."""
    kept = {key: lists[key] for key in _ACCOUNT_KEYS if lists.get(key)}
    return json.dumps(kept, separators=(',', ':'), sort_keys=True) if kept else ''


def account_acl(info):
    """The lists of an account, with every key, from its `get_account_info`; None when it has none."""
    text = (info.get('sysmeta') or {}).get(ACCOUNT_SYSMETA)
    if not text:
        return None
    try:
        lists = parse_account_acl(text)
    except ValueError:
        # What we cannot read grants nothing.
        return None
    return {key: lists.get(key, []) for key in _ACCOUNT_KEYS} if lists else None
