"""Pages of errors. None says less than what was tried, what was answered and what one can do."""
import logging

from django.shortcuts import render
from django.utils.translation import gettext as _

from essex import context
from horizon import registry
from horizon.api import errors
from horizon.auth import reentry
from horizon.ui import explain

LOG = logging.getLogger(__name__)


class ErrorMiddleware:
    """Turns an ApiError that a view did not catch into a page."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, error):
        """Django calls it for what a view raises."""
        return answer(request, error) if isinstance(error, errors.ApiError) else None


def answer(request, error):
    """The page of an ApiError; of an expired token the log-in."""
    if isinstance(error, errors.TokenExpired):
        return reentry.ask(request, expired=True)
    return _page(request, explain.status(error), _headline(error), problem=explain.Explained(error))


def _headline(error):
    if error.status == 404:
        return _('There is nothing here')
    return (_('The %s service refused') if error.status else _('The %s service does not answer')) % error.service_name


def _panel(request):
    """The panel a failed page is below of, as a way back; None on the panel's own page."""
    match = request.resolver_match
    if match is None or len(match.namespaces) < 2 or match.url_name == 'index':
        return None
    panel = registry.find(*match.namespaces[:2])
    login = getattr(request, 'login', None)
    return panel if panel and login and panel.refusal(login) is None else None


def _page(request, status, headline, text='', problem=None):
    current = context.current()
    values = {'title': headline, 'text': text, 'problem': problem, 'status': status, 'panel': _panel(request),
              'request_id': current.request_id if current else None}
    # A part of a page is replaced by a message above it, not by a page in it.
    if getattr(request, 'htmx', False):
        answer = render(request, 'ui/error_message.html', values, status=status)
        answer['HX-Retarget'], answer['HX-Reswap'] = '#messages', 'beforeend'
        return answer
    return render(request, 'ui/error.html', values, status=status)


def bad_request(request, exception=None):
    """400."""
    return _page(request, 400, _('This request cannot be understood'),
                 _('The address or the form is damaged. Go back and try again.'))


def forbidden(request, exception=None):
    """403."""
    return _page(request, 403, _('Not yours to see'), str(exception) if exception and str(exception) else
                 _('Your role in this project does not allow it.'))


def not_found(request, exception=None):
    """404."""
    said = exception.args[0] if exception and exception.args and isinstance(exception.args[0], str) else ''
    return _page(request, 404, _('There is nothing here'),
                 said or _('It may have been deleted, or belong to another project.'))


def server_error(request):
    """500: a fault of ours, and the log says more under this id."""
    LOG.error('%s %s failed', request.method, request.path, exc_info=True)
    return _page(request, 500, _('The dashboard failed'), _('This is a fault of ours. An administrator finds it in the '
                                                           'log of the dashboard by the request id.'))


def csrf_failure(request, reason=''):
    """403 for a form that did not come from a page of ours."""
    return _page(request, 403, _('This form is too old'), _('It did not come from a page of this dashboard, or cookies '
                                                           'are switched off. Load the page again and repeat.'))
