"""What servers were told a moment ago: a boot asks some twenty times within a second or two."""
import collections
import time

from nova.api.metadata import instance
from nova.db import metadata

_FRESH, _LIFE, _UNKNOWN = 1, 15, 1      # seconds
_ENTRIES = 1000


class _Entry:
    def __init__(self, described, now):
        self.described, self.made, self.checked = described, now, now


class Cache:
    """Descriptions by address. After a second one is used only if the address is still the same server's and its row
    is unchanged (one small statement); after 15 it is made anew."""

    def __init__(self, clock=time.monotonic):
        self._clock, self._entries = clock, collections.OrderedDict()

    def get(self, address):
        """The Described at an address, or None."""
        now, entry = self._clock(), self._entries.get(address)
        if entry is not None and self._holds(entry, address, now):
            self._entries.move_to_end(address)
            return entry.described
        described = instance.by_address(address)
        self._entries[address] = _Entry(described, now)
        self._entries.move_to_end(address)
        while len(self._entries) > _ENTRIES:
            self._entries.popitem(last=False)
        return described

    @staticmethod
    def _holds(entry, address, now):
        if now - entry.checked < (_FRESH if entry.described else _UNKNOWN):
            return True
        if entry.described is None or now - entry.made >= _LIFE:
            return False
        if metadata.version(address) != entry.described.version:
            return False
        entry.checked = now
        return True

    def forget(self, address):
        """Make the next answer anew."""
        self._entries.pop(address, None)
