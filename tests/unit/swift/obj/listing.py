"""A container server for tests: takes real HTTP, answers as told, remembers what it was asked."""
import contextlib
import http.server
import threading
from urllib.parse import unquote

from swift import backend


class Listing:
    """`updates` is a list of (method, path, headers); `status` what it answers. Usable as a context manager."""

    def __init__(self, status=201):
        self.status, self.updates = status, []
        listing = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_PUT(self):
                self.rfile.read(int(self.headers.get('Content-Length', 0)))
                listing.updates.append((self.command, unquote(self.path), dict(self.headers)))
                self.send_response(listing.status)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def do_DELETE(self):
                self.do_PUT()

            def log_message(self, *arguments):
                """Tests read `updates`."""

        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.01}, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        backend.forget()
        with contextlib.suppress(OSError):
            self._server.shutdown()
            self._server.server_close()

    @property
    def headers(self):
        """What the proxy tells an object server of this container server."""
        return {'X-Container-Host': f'127.0.0.1:{self._server.server_port}', 'X-Container-Partition': '5',
                'X-Container-Device': 'sdx'}
