"""Addresses of data in object storage.

    swift+config://<reference>/<container>/<object>     an account of the configuration: what new images get
    swift+https://<project>:<user>:<key>@<auth address>/<container>/<object>     an account in the address (old images)
    swift+https://<auth address>/<container>/<object>   the configured account, if it is authenticated there
    swift+https://<storage URL>/<container>/<object>    another account's storage, read with the configured one

`swift://` is `swift+https://`; `swift+http://` is not encrypted.
"""
import collections
import dataclasses
import urllib.parse

SCHEMES = ('swift', 'swift+https', 'swift+http', 'swift+config')

# `account` is an accounts.Account, `url` the storage URL when it is not the one of that account.
Location = collections.namedtuple('Location', 'account url container name')


class Unknown(Exception):
    """An address that names nothing here."""


def of_reference(reference, container, name):
    """The address of data in the account of a reference."""
    return f'swift+config://{_quote(reference)}/{_quote(container)}/{_quote(name)}'


def of_storage(url, container, name):
    """The address of data in another account."""
    return f'swift+{url.rstrip("/")}/{_quote(container)}/{_quote(name)}'


def parse(url, accounts):
    """The Location of an address. Raises Unknown."""
    parts = urllib.parse.urlsplit(url)
    path = parts.path.strip('/').split('/')
    if parts.scheme not in SCHEMES or not parts.netloc or len(path) < 2 or not all(path):
        raise Unknown
    *path, container, name = path
    container, name = urllib.parse.unquote(container), urllib.parse.unquote(name)
    if parts.scheme == 'swift+config':
        account = accounts.get(urllib.parse.unquote(parts.netloc))
        if account is None or path:
            raise Unknown
        return Location(account, None, container, name)
    secret, _, host = parts.netloc.rpartition('@')
    address = f'{"http" if parts.scheme == "swift+http" else "https"}://{host}' + ''.join(f'/{each}' for each in path)
    if secret:
        return Location(_account(secret, address, accounts.default), None, container, name)
    if address == accounts.default.auth_address.rstrip('/'):
        return Location(accounts.default, None, container, name)
    return Location(accounts.default, address, container, name)


def _account(secret, address, default):
    """The account in an address, in what it does not say like the configured one."""
    user, colon, key = secret.rpartition(':')
    if not colon:
        raise Unknown
    return dataclasses.replace(default, auth_address=address, user=urllib.parse.unquote(user),
                               key=urllib.parse.unquote(key))


def _quote(text):
    return urllib.parse.quote(text, safe='')
