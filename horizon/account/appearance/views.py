"""How pages look, kept in cookies."""
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from horizon.account.appearance.forms import THEMES, AppearanceForm
from horizon.ui.views import FormPage

_YEAR = 365 * 86400


class Index(FormPage):
    """Colours and language."""

    form_class = AppearanceForm

    def initial(self):
        theme = self.request.COOKIES.get('theme')
        return {'theme': theme if theme in dict(THEMES) else 'auto', 'language': translation.get_language()}

    def save(self, form):
        messages.success(self.request, _('Saved in this browser.'))
        answer = HttpResponseRedirect(self.panel.url)
        for name, value in (('theme', form.cleaned_data['theme']),
                            (settings.LANGUAGE_COOKIE_NAME, form.cleaned_data['language'])):
            answer.set_cookie(name, value, max_age=_YEAR, samesite='Lax', httponly=True,
                              secure=settings.SESSION_COOKIE_SECURE or self.request.is_secure())
        return answer
