"""Log-in, log-out, project and region."""
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from horizon import registry
from horizon.api import client, errors
from horizon.auth import login, reentry, steps, throttle
from horizon.auth.forms import LoginForm, PasscodeForm
from horizon.options import CONF
from horizon.ui.forms import NewPassword

_RECENT = 'recent_project'


@require_safe
def splash(request):
    """/: the user's first page, or the log-in."""
    return redirect(registry.home(request.login) if request.login else 'auth:login')


@require_safe
def welcome(request):
    """For users who have no project yet: what they can do."""
    return render(request, 'auth/welcome.html')


@sensitive_post_parameters('password')
@never_cache
@require_http_methods(['GET', 'HEAD', 'POST'])
def login_page(request):
    """The log-in form."""
    if request.method != 'POST':
        if request.login and not request.GET.get('expired'):
            return redirect(reentry.safe(request, request.GET.get('next')) or registry.home(request.login))
        form = LoginForm(initial={'next': request.GET.get('next', '')})
        return render(request, 'auth/login.html', {'form': form, 'expired': 'expired' in request.GET})
    form = LoginForm(request.POST)
    answer = _log_in(request, form) if form.is_valid() else None
    return answer or render(request, 'auth/login.html', {'form': form, 'has_draft': bool(request.POST.get('draft'))},
                  status=401 if form.is_bound and not form.errors.get('username') else 422)


def _log_in(request, form):
    """The answer to a log-in that Keystone took; None, with the reason in the form, for one it refused."""
    asked, version = form.cleaned_data, CONF.horizon.identity_api_version
    try:
        with throttle.attempt(request):
            access = login.with_password(asked['region'], version, asked['username'], asked['password'],
                                         asked['domain'])
        login.begin(request, access, asked['region'], version, project_id=request.COOKIES.get(_RECENT))
    except login.LoginFailed as error:
        if steps.begin(request, error, asked):
            return redirect(f'auth:{error.reason}')
        form.add_error(None, str(error))
        return None
    return _go_on(request, asked['next'], asked['draft'])


def _go_on(request, wanted, draft):
    """After a log-in: the page one wanted, or the form one was sending, filled in again."""
    address, fields = reentry.safe(request, wanted), reentry.fields(draft)
    if address and fields:
        return render(request, 'auth/resume.html', {'address': address, 'fields': fields})
    return _remembering(HttpResponseRedirect(address or registry.home(request.login)), request)


def _remembering(response, request):
    if request.login.project_id:
        response.set_cookie(_RECENT, request.login.project_id, max_age=365 * 86400, httponly=True, samesite='Lax',
                            secure=settings.SESSION_COOKIE_SECURE or request.is_secure())
    return response


@sensitive_post_parameters()
@never_cache
@require_http_methods(['GET', 'HEAD', 'POST'])
def passcode(request):
    """The second factor, where Keystone wants one."""
    pending = steps.pending(request, 'passcode')
    if pending is None:
        return redirect('auth:login')
    form = PasscodeForm(request.POST or None)
    if request.method == 'POST' and form.is_valid():
        try:
            with throttle.attempt(request):
                access = login.with_passcode(pending['region'], pending['username'], pending['domain'],
                                             pending['receipt'], form.cleaned_data['passcode'])
            login.begin(request, access, pending['region'], '3', project_id=request.COOKIES.get(_RECENT))
            return _go_on(request, pending['next'], pending['draft'])
        except login.LoginFailed as error:
            form.add_error(None, _('This passcode is not right, or it is too late: %s') % error)
    return render(request, 'auth/step.html', {'form': form, 'title': _('Passcode')}, status=401 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(['GET', 'HEAD', 'POST'])
def expired(request):
    """A new password in place of one that has expired."""
    pending = steps.pending(request, 'expired')
    if pending is None:
        return redirect('auth:login')
    form = NewPassword(request.POST or None)
    if request.method == 'POST' and form.is_valid():
        try:
            with throttle.attempt(request):
                login.change_password(client.Client(None, []), pending['region'].rstrip('/'), pending['user_id'],
                                      form.cleaned_data['current_password'], form.cleaned_data['new_password'])
        except (errors.ApiError, login.LoginFailed) as error:
            form.add_error(None, str(error))
        else:
            request.session.flush()
            messages.success(request, _('Your password is changed. Log in with the new one.'))
            return redirect('auth:login')
    return render(request, 'auth/step.html', {'form': form, 'title': _('Your password has expired')},
                  status=422 if form.errors else 200)


@never_cache
@require_http_methods(['GET', 'HEAD', 'POST'])
def logout(request):
    """POST logs out and revokes the tokens; GET asks, so that no foreign page can log one out."""
    if request.method != 'POST':
        return render(request, 'auth/logout.html') if request.login else redirect('auth:login')
    login.end(request)
    messages.success(request, _('You are logged out.'))
    return redirect('auth:login')


@require_POST
def switch_project(request, project_id):
    """Work in another project; the page stays the same where it exists there."""
    try:
        login.switch(request, project_id)
    except login.LoginFailed as error:
        messages.error(request, _('The project was not changed: %s') % error)
    return _remembering(HttpResponseRedirect(_panel_of(request)), request)


@require_POST
def switch_region(request):
    """Use the endpoints of another region."""
    if request.POST.get('region') in request.login.regions:
        request.login.region = request.POST['region']
        login.store(request, request.login)
    return HttpResponseRedirect(_panel_of(request))


def _panel_of(request):
    """The index of the panel the user was in: a server of one project is not in the other."""
    parts = (request.POST.get('next') or '').split('/')
    panel = registry.find(*parts[1:3]) if len(parts) > 3 else None
    if panel and panel.refusal(request.login) is None:
        return panel.url
    return reverse('home')
