"""Logging in (again) without losing where one was, or what one had typed."""
import json

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from horizon import sessions

_DRAFT_AGE = 3600
_DRAFT_LIMIT = 200_000


def safe(request, address):
    """`address` when it is a page of this site, else None: a log-in must not lead elsewhere."""
    fine = address and url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()},
                                                       require_https=request.is_secure())
    return address if fine else None


def ask(request, expired=False):
    """Send whoever is not logged in to the log-in; a form he was sending is kept for after it."""
    request.session.flush()
    if request.htmx:
        # The page asks, not a part of it: htmx follows this header.
        answer = HttpResponse(status=401)
        answer['HX-Redirect'] = _address(_page(request), expired)
        return answer
    if request.method not in ('GET', 'HEAD', 'POST'):
        # A script sends a file: led elsewhere it would send it once more.
        return JsonResponse({'message': _('You are not logged in (any more). Log in again in another window, then try '
                                          'again.')}, status=401)
    if request.method != 'POST':
        return HttpResponseRedirect(_address(request.get_full_path(), expired))
    from horizon.auth.forms import LoginForm
    form = LoginForm(initial={'next': request.get_full_path(), 'draft': _draft(request)})
    return render(request, 'auth/login.html', {'form': form, 'expired': True, 'has_draft': True}, status=401)


def _page(request):
    return request.htmx.current_url_abs_path or '/'


def _address(page, expired):
    wanted = {'next': page, **({'expired': '1'} if expired else {})}
    return f'{reverse("auth:login")}?{urlencode(wanted)}'


def _draft(request):
    """The fields of a form, sealed; passwords and files are not kept."""
    kept = [(name, value) for name, values in request.POST.lists() for value in values
            if 'password' not in name and 'secret' not in name and name not in ('csrfmiddlewaretoken', 'draft')]
    text = json.dumps(kept)
    return sessions.seal(text.encode()) if len(text) < _DRAFT_LIMIT else ''


def fields(draft):
    """[(name, value)] of a sealed draft; [] when it is not ours or too old."""
    content = sessions.unseal(draft, _DRAFT_AGE) if draft else None
    return [tuple(each) for each in json.loads(content)] if content else []
