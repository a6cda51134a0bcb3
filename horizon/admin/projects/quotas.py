"""Limits of a project, each with what it has already."""
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.projects.views import OfProject
from horizon.admin.quotas.forms import QuotaForm
from horizon.api import client, quota_sets
from horizon.ui.views import FormPage


class Quotas(OfProject, FormPage):
    """All limits on one page. Two calls, and one more for block storage; a change: one a service."""

    template, form_class = 'admin/projects/quotas.html', QuotaForm
    success = gettext_lazy('Limits saved.')

    @cached_property
    def found(self):
        """What the services answered."""
        found = client.together(project=lambda: self.project, quotas=lambda: quota_sets.of_project(
            self.cloud, self.kwargs['project_id']))
        return found['quotas']

    def get_title(self):
        return _('Quotas of %s') % self.project['name']

    def form_arguments(self):
        return {'found': self.found}

    def initial(self):
        return {}

    def context(self):
        return {'problems': quota_sets.problems(self.found)}

    def save(self, form):
        quota_sets.change(self.cloud, self.project['id'], form.limits)

    def success_url(self, result):
        return reverse('admin:projects:detail', args=[self.project['id']])

    def post(self, request, *args, **kwargs):
        """Save, or give the project the defaults again."""
        if 'reset' in request.POST:
            quota_sets.reset(self.cloud, self.kwargs['project_id'])
            return HttpResponseRedirect(request.path)
        return super().post(request, *args, **kwargs)
