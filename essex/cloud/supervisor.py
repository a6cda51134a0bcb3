"""The parent of the one-host cloud's processes: starts them, starts a dead one again, stops them all."""
import json
import logging
import os
import signal
import time

from essex.cloud import processes

LOG = logging.getLogger(__name__)

_FIRST_DELAY, _LONGEST_DELAY, _HEALTHY = 0.5, 60, 60


class _Child:
    def __init__(self, process):
        self.process, self.pid, self.started = process, None, 0
        self.delay, self.due = _FIRST_DELAY, 0
        self.deaths = 0


class Supervisor:
    """Runs the children until SIGTERM. A child that dies comes back at once the first time, later with a growing
    delay, which forgets past deaths after a minute of health."""

    def __init__(self, layout, table, grace=35):
        self.layout, self.grace = layout, grace
        self.children = [_Child(process) for process in table]
        self._signals = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}

    def run(self):
        """Start everything and stay until told to stop."""
        # Waited for one by one below: no handler, no race between a check and a sleep.
        signal.pthread_sigmask(signal.SIG_BLOCK, self._signals)
        self.layout.pid.write_text(str(os.getpid()))
        self._tell_deaths()
        endpoints = [name for child in self.children for name in child.process.health]
        (self.layout.run / 'endpoints.json').write_text(json.dumps(endpoints))
        try:
            for child in self.children:
                self._start(child)
            self._watch()
        finally:
            self._stop()
            self.layout.pid.unlink(missing_ok=True)

    def _start(self, child):
        child.started = time.monotonic()
        child.pid = processes.fork(child.process, self.layout.log / f'{child.process.name}.log')
        LOG.info('%s started, pid %d', child.process.name, child.pid)

    def _watch(self):
        while True:
            waiting = [child.due for child in self.children if child.pid is None]
            timeout = max(0, min(waiting) - time.monotonic()) if waiting else 3600
            received = signal.sigtimedwait(self._signals, timeout)
            number = received.si_signo if received else None
            if number in (signal.SIGTERM, signal.SIGINT):
                return
            if number == signal.SIGHUP:
                self._send(signal.SIGHUP)
            self._reap()
            for child in self.children:
                if child.pid is None and time.monotonic() >= child.due:
                    self._start(child)

    def _reap(self):
        for child in self.children:
            if child.pid is None:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                lived = time.monotonic() - child.started
                child.delay = _FIRST_DELAY if lived > _HEALTHY else min(child.delay * 2, _LONGEST_DELAY)
                child.pid, child.due = None, time.monotonic() + (0 if lived > _HEALTHY else child.delay)
                child.deaths += 1
                self._tell_deaths()
                LOG.error('%s died (%s) after %.0f s; starts again in %.1f s', child.process.name,
                          describe(status), lived, max(0, child.due - time.monotonic()))

    def _tell_deaths(self):
        deaths = {child.process.name: child.deaths for child in self.children if child.deaths}
        (self.layout.run / 'deaths.json').write_text(json.dumps(deaths))

    def _send(self, number):
        for child in self.children:
            if child.pid is not None:
                os.kill(child.pid, number)

    def _stop(self):
        self._send(signal.SIGTERM)
        end = time.monotonic() + self.grace
        while any(child.pid for child in self.children):
            for child in self.children:
                if child.pid and os.waitpid(child.pid, os.WNOHANG)[0]:
                    child.pid = None
            if time.monotonic() > end:
                self._send(signal.SIGKILL)
                end = float('inf')
            if any(child.pid for child in self.children):
                signal.sigtimedwait({signal.SIGCHLD}, 0.2)


def describe(status):
    """A wait status in words."""
    code = os.waitstatus_to_exitcode(status)
    return f'signal {signal.Signals(-code).name}' if code < 0 else f'exit status {code}'
