"""Answers of directories, kept for [identity] cache_time: a token must not cost a search every time it is looked at."""
import time

from essex import config
from keystone.token.cache import Cache

CONF = config.CONF


class Remembered:
    """Values by key, each for its time. What is changed through this process is forgotten at once."""

    def __init__(self):
        self._values = Cache(10000)

    def get(self, key, read):
        """The value, from read() when it is not known or old. None is not remembered."""
        options = CONF.identity
        if not options.caching or not options.cache_time:
            return read()
        now, known = time.monotonic(), self._values.get(key)
        if known is not None and now < known[0]:
            return known[1]
        value = read()
        if value is not None:
            self._values.put(key, (now + options.cache_time, value))
        return value

    def forget(self):
        """Forget everything."""
        self._values.clear()
