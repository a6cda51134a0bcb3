"""Ids of new objects."""
import uuid


def new_id():
    """32 hexadecimal digits, the form token payloads pack into 16 bytes."""
    return uuid.uuid4().hex
