"""Kinds of headers, as WSGI carries them: user metadata, system metadata (never to or from a client), backend."""


def _prefixes(kind):
    kind = kind.lower()
    return f'x-{kind}-meta-', f'x-{kind}-sysmeta-', f'x-{kind}-transient-sysmeta-'


_PREFIXES = {kind: _prefixes(kind) for kind in ('account', 'container', 'object')}


def is_user_meta(kind, name):
    """Whether `name` is X-<Kind>-Meta-<something>."""
    prefix = _PREFIXES[kind][0]
    return len(name) > len(prefix) and name.lower().startswith(prefix)


def is_sys_meta(kind, name):
    """Whether `name` is X-<Kind>-Sysmeta-<something>."""
    prefix = _PREFIXES[kind][1]
    return len(name) > len(prefix) and name.lower().startswith(prefix)


def is_transient_sys_meta(name):
    """Whether `name` is X-Object-Transient-Sysmeta-<something>: replaced by each POST, as user metadata is."""
    prefix = _PREFIXES['object'][2]
    return len(name) > len(prefix) and name.lower().startswith(prefix)


def is_sys_or_user_meta(kind, name):
    """Whether `name` is metadata that a database keeps by key."""
    return is_user_meta(kind, name) or is_sys_meta(kind, name)


def true_value(text):
    """Whether a header, query or option says yes."""
    return text is True or (isinstance(text, str) and text.lower() in ('true', '1', 'yes', 'on', 't', 'y'))


def whole(text):
    """The number that decimal digits say, None for anything else. Beyond 20 digits it is some large number."""
    if not text or not (text.isascii() and text.isdecimal()):
        return None
    # Python refuses to read thousands of digits.
    return int(text if len(text) <= 20 else text.lstrip('0')[:21] or 0)


def utf8(wsgi_text):
    """The text of a WSGI string (latin-1 of UTF-8 bytes). Raises UnicodeDecodeError."""
    return wsgi_text.encode('latin-1').decode()


def wsgi(text):
    """`text` as a WSGI string: what goes into a header."""
    return text.encode().decode('latin-1')
