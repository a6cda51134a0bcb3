"""The default limits of projects."""
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from horizon.admin.quotas.forms import QuotaForm
from horizon.api import quota_sets
from horizon.ui.views import FormPage


class Index(FormPage):
    """All limits on one page: a call a service; a change: one a service."""

    template, form_class = 'admin/quotas/index.html', QuotaForm
    success = gettext_lazy('Default limits saved. They hold at once for every project without limits of its own.')

    @cached_property
    def found(self):
        """What the services answered."""
        return quota_sets.defaults(self.cloud)

    def form_arguments(self):
        return {'found': self.found}

    def initial(self):
        return {}

    def context(self):
        return {'problems': quota_sets.problems(self.found)}

    def save(self, form):
        quota_sets.change_defaults(self.cloud, form.limits)
