"""Every page but the log-in's wants a user; panels want the roles and services they named."""
from django.core.exceptions import PermissionDenied
from django.http import Http404

from horizon import registry
from horizon.api import errors
from horizon.auth import login, reentry
from horizon.ui import errors as error_pages

# Views that anybody may see.
_PUBLIC = {'home', 'auth:login', 'auth:logout', 'auth:expired', 'auth:passcode', 'set_language'}


class LoginMiddleware:
    """Sets request.login (a Login or None) and refuses who may not be where he is."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.login, request.login_error = None, None
        try:
            request.login = login.current(request)
        except errors.ApiError as error:
            request.login_error = error
        answer = self.get_response(request)
        if request.login is not None and not answer.has_header('Cache-Control'):
            # After the log-out no button of the browser brings a page back.
            answer['Cache-Control'] = 'no-store'
        return answer

    def process_view(self, request, view, args, kwargs):
        """Before the view: 302 to the log-in, 403, 404, or None."""
        match = request.resolver_match
        if match.view_name in _PUBLIC:
            return None
        error = request.login_error
        if error is not None:
            # Raised here it would be a fault of ours: views alone have their exceptions turned into pages.
            return error_pages.answer(request, error)
        if request.login is None:
            return reentry.ask(request)
        panel = len(match.namespaces) >= 2 and registry.find(*match.namespaces[:2])
        refusal = panel.refusal(request.login) if panel else None
        if refusal == 'role':
            raise PermissionDenied(f'{panel.label}: this needs the role '
                                   f'{" or ".join(panel.roles or registry.find_dashboard(panel.dashboard).roles)}.')
        if refusal == 'service':
            raise Http404(f'{panel.label}: this cloud has no {", ".join(panel.services)} service.')
        return None
