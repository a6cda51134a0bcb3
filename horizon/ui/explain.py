"""Errors in words: what was tried, what the cloud answered, the request id, what one can do."""
from django.contrib import messages
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from essex import context


class Explained:
    """An ApiError for a template (ui/problem.html)."""

    def __init__(self, error, tried=''):
        self.error, self.tried = error, tried or error.what
        current = context.current()
        # The whole way of this page's request; the service's own id when there is none.
        self.request_id = current.request_id if current else error.request_id

    @property
    def answer(self):
        """What the service said."""
        return self.error.message

    @property
    def advice(self):
        """What one can do."""
        return advise(self.error)


def advise(error):
    """What one can do about an ApiError, one sentence."""
    if error.status is None:
        return _('The service may be starting or down. Try again in a moment; an administrator sees under System which '
                 'daemons run.')
    if error.status == 403 and 'quota' in error.message.lower():
        return _('Delete something that is no longer needed, choose a smaller size, or ask an administrator for a '
                 'larger quota.')
    if error.status == 413:
        return _('This project may not have so much. Ask an administrator for a larger quota.')
    return {400: _('Correct what the answer names, and try again.'),
            403: _('Your role in this project does not allow it. Ask an administrator of the project.'),
            404: _('It may have been deleted meanwhile, or belong to another project.'),
            409: _('It is busy or in a state that does not allow this. Wait for it, then try again.'),
            429: _('Too many requests: wait a moment.')}.get(error.status) or (
        _('This is a fault of the service. Try again; if it stays, tell an administrator the request id.'))


def message(request, error, tried=''):
    """Show an error above the next page."""
    text = render_to_string('ui/problem_message.html', {'problem': Explained(error, tried), 'login': request.login})
    messages.error(request, text, extra_tags='html')


def status(error):
    """The HTTP status of a page that shows this error."""
    if error.status is None:
        return 503
    return error.status if error.status < 500 else 502
