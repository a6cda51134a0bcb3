"""Uploads that pass through the dashboard: streamed to the service, never kept here."""
import io

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import JsonResponse
from django.utils.translation import gettext as _

from horizon.api import errors
from horizon.options import CONF
from horizon.ui import explain

CHUNK = 256 << 10
# A service hashes and stores what came before it answers.
TIMEOUT = 600


def too_large(length):
    """A sentence when an upload of so many bytes may not pass, else None."""
    most = CONF.horizon.upload_megabytes
    if most and length > most << 20:
        return _('The dashboard takes uploads up to %d MB. Use a command-line client for larger ones.') % most
    return None


class Gate(FileUploadHandler):
    """Before the files of a form get to this disk (FILE_UPLOAD_HANDLERS): those of somebody who is logged in alone, and
    nothing beyond `upload_megabytes`. A file that is larger has its size, for `too_large`, and no content."""

    def new_file(self, *args, **kwargs):
        """Goes no further with a stranger's request."""
        super().new_file(*args, **kwargs)
        if getattr(self.request, 'login', None) is None:
            raise StopUpload(connection_reset=True)

    def receive_data_chunk(self, raw_data, start):
        """Passes on what is allowed."""
        return None if too_large(start + len(raw_data)) else raw_data

    def file_complete(self, file_size):
        """The file that is too large; any other one is the next handlers'."""
        if not too_large(file_size):
            return None
        return UploadedFile(io.BytesIO(), self.file_name, self.content_type, file_size)


class Body:
    """The bytes of a file or request, for requests: it reads the length, then the pieces.

    Raises ConnectionError when there are fewer than announced: the service must not take them for all.
    """

    def __init__(self, source, length):
        self._source, self._length = source, length

    def __len__(self):
        return self._length

    def __iter__(self):
        left = self._length
        while left and (piece := self._source.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece
        if left:
            raise ConnectionError(f'the browser went away, {left} bytes before the end')


def length_of(request):
    """Content-Length; None when the browser does not say."""
    text = request.META.get('CONTENT_LENGTH', '')
    return int(text) if text.isdecimal() and len(text) < 20 else None


def receive(request, send):
    """Answer a PUT of a file's bytes with JSON: `send(body)` gives them to a service.

    200 {} when it took them, else the status and {message, advice, request_id} for the script that shows them.
    """
    length = length_of(request)
    if length is None:
        return JsonResponse({'message': _('The browser does not say how large the file is.')}, status=411)
    refusal = too_large(length)
    if refusal:
        return JsonResponse({'message': refusal}, status=413)
    try:
        send(Body(request, length) if length else b'')
    except ConnectionError as error:
        return JsonResponse({'message': str(error)}, status=400)
    except errors.TokenExpired:
        return JsonResponse({'message': _('Your session has ended. Log in again in another window, then try again.')},
                            status=401)
    except errors.ApiError as error:
        told = explain.Explained(error)
        return JsonResponse({'message': told.answer, 'advice': told.advice, 'request_id': told.request_id},
                            status=explain.status(error))
    return JsonResponse({})
