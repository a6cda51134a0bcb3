"""Rows that arrive while others are being written go to disk together, with one fsync: the more come, the cheaper."""
from essex import concurrency


class Batches:
    """Appends rows to databases."""

    def __init__(self):
        self._waiting, self._running = {}, {}       # path -> _Batch

    def append(self, broker, record, in_thread):
        """As broker.append(record): on disk when this returns, and raises what that raises.

        in_thread(function, *args) calls what blocks.
        """
        if not concurrency.patched():
            broker.append(record)
            return
        batch = self._waiting.get(broker.path)
        if batch is not None:
            batch.records.append(record)
            batch.done.wait()
            return
        batch = self._waiting[broker.path] = _Batch(record)
        try:
            self._lead(broker, batch, in_thread)
        except BaseException as error:
            self._end(broker.path, batch)
            # Everybody who joined is told; whoever gave up (killed, timed out) does not take the others along.
            told = error if isinstance(error, Exception) else RuntimeError(f'the row was not written: {error!r}')
            batch.done.send_exception(told)
            raise
        self._end(broker.path, batch)
        batch.done.send()

    def _lead(self, broker, batch, in_thread):
        running = self._running.get(broker.path)
        if running is not None:
            running.ended.wait()
        del self._waiting[broker.path]
        self._running[broker.path] = batch
        in_thread(broker.append_all, batch.records)

    def _end(self, path, batch):
        for batches in (self._waiting, self._running):
            if batches.get(path) is batch:
                del batches[path]
        batch.ended.send()


class _Batch:
    __slots__ = ('done', 'ended', 'records')

    def __init__(self, record):
        self.records = [record]
        self.done = concurrency.Event()     # with the error, if it failed
        self.ended = concurrency.Event()    # without
