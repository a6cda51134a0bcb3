"""How fast a daemon may go: so many a second, spread evenly."""
import time

from essex import concurrency


class Pace:
    """`wait()` returns at most `rate` times (or units) a second; at once when the rate is 0."""

    def __init__(self, rate, clock=time.monotonic, sleep=concurrency.sleep):
        self._gap, self._clock, self._sleep = 1 / rate if rate else 0, clock, sleep
        self._due = 0.0

    def wait(self, units=1):
        """Wait for the next turn, which takes `units`."""
        if not self._gap:
            return
        now = self._clock()
        # Idle time gives no right to a burst.
        begin = max(self._due, now)
        self._due = begin + self._gap * units
        if begin > now:
            self._sleep(begin - now)
