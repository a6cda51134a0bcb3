"""Change of one's own password."""
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from horizon.api import errors
from horizon.auth import login, throttle
from horizon.ui.forms import NewPassword
from horizon.ui.views import FormPage


@method_decorator(sensitive_post_parameters(), name='dispatch')
class Index(FormPage):
    """Keystone ends every token of a user whose password changes: one logs in with the new one."""

    form_class = NewPassword

    def initial(self):
        return {}

    def save(self, form):
        values = form.cleaned_data
        try:
            with throttle.attempt(self.request):
                login.change_password(self.request.login.client, self.request.login.identity_url,
                                      self.request.login.user_id, values['current_password'], values['new_password'])
        except login.LoginFailed as error:
            raise errors.ApiError('identity', 'change the password', str(error), 429) from error
        login.end(self.request)
        messages.success(self.request, _('Your password is changed. Log in with the new one.'))
        return HttpResponseRedirect(reverse('auth:login'))
