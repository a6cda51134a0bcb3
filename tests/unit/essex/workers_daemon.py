"""A daemon of two workers on port ARG for test_workers. Each answers: its pid, its parent's, starts of `once` here."""
import sys

from essex import concurrency

concurrency.patch()

import os  # noqa: E402

from essex import config, service  # noqa: E402

_started = []


class Serving(service.Daemon):
    name = 'serving'

    def setup(self):
        self.add_wsgi(self._answer, '127.0.0.1', int(sys.argv[1]))

    @staticmethod
    def _answer(environ, start_response):
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [f'{os.getpid()} {os.getppid()} {len(_started)}'.encode()]


class Once(service.Daemon):
    name, every_worker = 'once', False

    def setup(self):
        pass

    def on_start(self):
        _started.append(True)


config.load('essex', [], config_files=[])
config.CONF.set_override('workers', 2)
service.run([Serving(), Once()])
