"""Many callers, few runs: each call returns after a whole run that began after the call did."""
from essex import concurrency


class Coalesced:
    """Calling it runs `function`, unless a run that is still to begin serves this caller too.

    For work that makes something equal to the database: whoever changed the database first is served by any run
    that starts later. An error goes to every caller of the run.
    """

    def __init__(self, function):
        self._function = function
        self._lock = concurrency.Semaphore(1)
        self._asked = self._served = 0
        self._error = None

    def __call__(self):
        self._asked += 1
        mine = self._asked
        with self._lock:
            if self._served < mine:
                self._run()
            error = self._error
        if error is not None:
            raise error

    def _run(self):
        upto, self._error = self._asked, None
        try:
            self._function()
        except Exception as error:
            self._error = error
        # Not reached when this green thread is killed: the next caller then runs it.
        self._served = upto
