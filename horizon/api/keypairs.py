"""Compute's key pairs."""

from urllib.parse import quote


def all_of(cloud):
    """[{name, fingerprint, type, public_key}] of the user: one call."""
    return [each['keypair'] for each in cloud.get('compute', '/os-keypairs')['keypairs']]


def create(cloud, name, public_key=None):
    """A new pair: {name, fingerprint, private_key (unless the public key was given)}."""
    body = {'name': name, **({'public_key': public_key} if public_key else {})}
    return cloud.send('compute', 'POST', '/os-keypairs', {'keypair': body})['keypair']


def delete(cloud, name):
    """Remove a pair by its name."""
    cloud.call('compute', 'DELETE', f'/os-keypairs/{quote(name, safe="")}')
