"""Many small subrequests at once, with a beat while nobody has an answer."""
import time

from essex import concurrency

_END = object()


class Beat:
    """Tells when it is time for a sign of life: `due` is true once every `seconds`."""

    def __init__(self, seconds):
        self._seconds, self._last = seconds, time.monotonic()

    def due(self):
        """Whether to send one now."""
        if time.monotonic() - self._last < self._seconds:
            return False
        self._last = time.monotonic()
        return True


def results(function, items, workers, every):
    """function(item) of each item as they come, `workers` at a time; None when `every` seconds went by without one.

    What reading `items` or calling `function` raises is raised here.
    """
    queue, pool = concurrency.Queue(), concurrency.Pool(workers)

    def work(item):
        try:
            queue.put((function(item), None))
        except Exception as error:
            queue.put((None, error))

    def feed():
        try:
            for item in items:
                pool.spawn_n(work, item)
            pool.waitall()
            queue.put((_END, None))
        except Exception as error:
            pool.waitall()
            queue.put((None, error))

    feeder = concurrency.spawn(feed)
    try:
        while True:
            try:
                result, error = queue.get(timeout=every)
            except concurrency.QueueEmpty:
                yield None
                continue
            if error:
                raise error
            if result is _END:
                return
            yield result
    finally:
        feeder.kill()
