"""Host names of servers."""
import re

_LONGEST = 63


def from_name(name, uuid):
    """A valid host name made from a server's name; from its uuid when nothing of the name can be used.

    >>> from_name('Web Server_1', '')
    'web-server-1'
    """
    text = re.sub(r'[\s_.]+', '-', name.strip().lower())
    text = re.sub(r'[^a-z0-9-]', '', text)[:_LONGEST].strip('-')
    return text or f'server-{uuid}'
