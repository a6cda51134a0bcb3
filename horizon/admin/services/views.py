"""Pages of daemons."""
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.services.tables import KINDS
from horizon.api import errors, services
from horizon.ui.forms import Form
from horizon.ui.views import FormPage, TablePage, TablePaging


class Index(TablePage):
    """A table a service that has daemons: a call each, in parallel."""

    def make_tables(self):
        found = services.all_of(self.cloud)
        return {kind: self._table(KINDS[kind], rows) for kind, rows in found.items()}

    def _table(self, kind, rows):
        page = TablePaging(self.request, kind)
        if isinstance(rows, errors.ApiError):
            return kind([], self.request.login, problem=rows, page=page)
        rows = [{**each, 'kind': kind.name} for each in rows]
        page.total = len(rows)
        blank = kind([], self.request.login)
        if page.search:
            rows = blank.search(rows, page.search)
        return kind(blank.sort(rows, page.sort), self.request.login, page=page)


class DisableForm(Form):
    """Which daemon, and why."""

    submit = gettext_lazy('Disable')
    reason = forms.CharField(label=gettext_lazy('Reason'), required=False, max_length=255,
                             help_text=gettext_lazy('Shown to other administrators beside it.'))
    kind = forms.ChoiceField(choices=[(each, each) for each in services.WITH_SERVICES], widget=forms.HiddenInput())
    host = forms.CharField(max_length=255, widget=forms.HiddenInput())
    binary = forms.CharField(max_length=255, widget=forms.HiddenInput())


class Disable(FormPage):
    """Takes a daemon out of the choice for new work; what it has goes on. One call to save."""

    form_class, success = DisableForm, gettext_lazy('Disabled: it is given no new work, what it has goes on.')

    def get_title(self):
        asked = self.request.POST if self.request.method == 'POST' else self.request.GET
        return _('Disable %(binary)s on %(host)s') % {'binary': asked.get('binary', ''), 'host': asked.get('host', '')}

    def save(self, form):
        asked = form.cleaned_data
        services.disable(self.cloud, asked['kind'], asked['host'], asked['binary'], asked['reason'])
