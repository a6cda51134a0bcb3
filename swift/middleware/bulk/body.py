"""The body of a bulk request: it ends where it was told to end, or the work does."""
from swift.headers import whole


class Stop(Exception):
    """Ends the work: status line and text of the outcome."""

    def __init__(self, status, text=''):
        super().__init__(status)
        self.status, self.text = status, text


class Body:
    """What the client sends, as a file. Raises Stop when it breaks off: half a name is the name of another object."""

    def __init__(self, environ):
        chunked = 'chunked' in environ.get('HTTP_TRANSFER_ENCODING', '').lower()
        self._stream, self._left = environ['wsgi.input'], None if chunked else whole(environ.get('CONTENT_LENGTH'))

    def read(self, size):
        """Up to `size` bytes; b'' at the end."""
        try:
            piece = self._stream.read(size)
        except TimeoutError:
            raise Stop('408 Request Timeout', 'The body did not come in time.') from None
        except (OSError, ValueError):
            raise Stop('499 Client Disconnect', 'The body broke off.') from None
        if self._left is not None:
            self._left -= len(piece)
            if size and not piece and self._left > 0:
                raise Stop('499 Client Disconnect', 'The body ended early.')
        return piece
