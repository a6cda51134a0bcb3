"""Public ids of users and groups whose own store gives them no id of our kind.

The id follows from domain, kind and local id (SHA-256, as the original's generator `sha256` writes it), so that every
node, and a database made anew, give the same one.
"""
import hashlib


def public_id(domain_id, entity_type, local_id):
    """64 hexadecimal digits for the user or group (`entity_type`) that is called `local_id` in that domain."""
    digest = hashlib.sha256()
    # The original takes the fields by the order of their names.
    for value in (domain_id, entity_type, local_id):
        digest.update(value.encode('utf-8', 'surrogatepass'))
    return digest.hexdigest()
