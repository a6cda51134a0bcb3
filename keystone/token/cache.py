"""Validated tokens and catalogs, kept in this process until something changes."""
import collections


class Cache:
    """A bounded dict: when full, what was used longest ago goes."""

    def __init__(self, size):
        self.size = size
        self._items = collections.OrderedDict()

    def get(self, key):
        """The value or None."""
        try:
            self._items.move_to_end(key)
            return self._items[key]
        except KeyError:
            return None

    def put(self, key, value):
        """Keep a value."""
        self._items[key] = value
        if len(self._items) > self.size:
            self._items.popitem(last=False)

    def drop_where(self, condition):
        """Forget the values for which `condition(value)` holds."""
        for key in [key for key, value in list(self._items.items()) if condition(value)]:
            self._items.pop(key, None)

    def clear(self):
        """Forget everything."""
        self._items.clear()

    def __len__(self):
        return len(self._items)
