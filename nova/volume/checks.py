"""Checks of what users say of volumes and snapshots. Reads nothing."""
from nova.volume.exception import InvalidVolumeRequest

_MOST_ITEMS = 128


def texts(**named):
    """Texts that a column of 255 characters must be able to hold."""
    for name, text in named.items():
        if text is not None and (len(text) > 255 or '\0' in text):
            raise InvalidVolumeRequest(reason=f'{name} must have at most 255 characters, none of them NUL.')


def metadata(items):
    """Few enough items, keys and values texts of at most 255 characters."""
    if len(items) > _MOST_ITEMS:
        raise InvalidVolumeRequest(reason=f'at most {_MOST_ITEMS} items of metadata.')
    for key, value in items.items():
        if not key.strip() or not isinstance(value, str):
            raise InvalidVolumeRequest(reason='metadata is texts by names that are not blank.')
        texts(key=key, value=value)
