"""Uploads that pass through the dashboard: streamed to the service, never kept here."""
from django.http import JsonResponse
from django.utils.translation import gettext as _

from horizon.api import errors
from horizon.options import CONF
from horizon.ui import explain

CHUNK = 256 << 10
# A service hashes and stores what came before it answers.
TIMEOUT = 600


def too_large(length):
    """A sentence when an upload of so many bytes (None: unknown) may not pass, else None."""
    most = CONF.horizon.upload_megabytes
    if most and (length is None or length > most << 20):
        return _('The dashboard takes uploads up to %d MB. Use a command-line client for larger ones.') % most
    return None


def chunks(source):
    """The pieces of a file or request."""
    while piece := source.read(CHUNK):
        yield piece


def length_of(request):
    """Content-Length; None when the browser does not say."""
    text = request.META.get('CONTENT_LENGTH', '')
    return int(text) if text.isdecimal() else None


def receive(request, send):
    """Answer a PUT of a file's bytes with JSON: `send(chunks, length)` gives them to a service.

    200 {} when it took them, else the status and {message, advice, request_id} for the script that shows them.
    """
    length = length_of(request)
    refusal = too_large(length)
    if refusal:
        return JsonResponse({'message': refusal}, status=413)
    try:
        send(chunks(request), length)
    except errors.TokenExpired:
        return JsonResponse({'message': _('Your session has ended. Log in again in another window, then try again.')},
                            status=401)
    except errors.ApiError as error:
        told = explain.Explained(error)
        return JsonResponse({'message': told.answer, 'advice': told.advice, 'request_id': told.request_id},
                            status=explain.status(error))
    return JsonResponse({})
