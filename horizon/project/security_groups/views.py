"""Pages of security groups."""
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from horizon.api import client, errors, security_groups
from horizon.project.security_groups.forms import CreateForm, GroupForm, RuleForm
from horizon.project.security_groups.tables import Rules as RulesTable
from horizon.project.security_groups.tables import SecurityGroups
from horizon.ui import explain
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """All of the project."""

    table_class = SecurityGroups

    def load(self):
        return security_groups.all_of(self.cloud)


class Create(FormPage):
    """A new group; its rules come next."""

    title, form_class = _('Create security group'), CreateForm
    success = _('Security group %(name)s created. Now say what it lets in.')

    def save(self, form):
        return security_groups.create(self.cloud, form.cleaned_data['name'], form.cleaned_data['description'])

    def success_url(self, result):
        return reverse('project:security_groups:rules', args=[result['id']])


class Edit(FormPage):
    """Name and description."""

    title, form_class = _('Edit security group'), GroupForm

    def initial(self):
        return security_groups.get(self.cloud, self.kwargs['group_id'])

    def save(self, form):
        return security_groups.update(self.cloud, self.kwargs['group_id'], form.cleaned_data['name'],
                                      form.cleaned_data['description'])


class Rules(TablePage):
    """What a group lets in, and a form to let in more, on one page: two calls."""

    template = 'project/security_groups/rules.html'
    form = error = None

    @cached_property
    def found(self):
        """{group, groups}."""
        return client.together(group=lambda: security_groups.get(self.cloud, self.kwargs['group_id']),
                               groups=lambda: security_groups.all_of(self.cloud))

    def get_title(self):
        return self.found['group']['name']

    def make_tables(self):
        return {'rules': RulesTable(self.found['group']['rules'], self.request.login)}

    def make_form(self, *args):
        """The form of a rule."""
        return RuleForm(*args, groups=[(each['id'], each['name']) for each in self.found['groups']])

    def context(self):
        return {**super().context(), 'group': self.found['group'], 'form': self.form or self.make_form(),
                'error': self.error}

    def post(self, request, *args, **kwargs):
        """An action on rules, or a new rule."""
        if 'action' in request.POST:
            return self.answer_action(request)
        self.form = self.make_form(request.POST)
        return self._add(request) if self.form.is_valid() else self.show(status=422)

    def _add(self, request):
        values = self.form.cleaned_data
        try:
            security_groups.add_rule(self.cloud, self.kwargs['group_id'], *values['rule'], cidr=values['cidr'],
                                     source_group=values['group'] or None)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            self.error = explain.Explained(error, _('Add a rule'))
            return self.show(status=explain.status(error))
        messages.success(request, _('The rule holds now.'))
        return HttpResponseRedirect(request.path)
