"""Pages of domains."""
from django import forms
from django.urls import reverse, reverse_lazy
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin import actions
from horizon.admin.listing import IdentityPage
from horizon.admin.projects.members import MembersPage
from horizon.api import identity
from horizon.ui.forms import Form
from horizon.ui.tables import Button, Column, Table
from horizon.ui.views import FormPage


class DeleteDomain(actions.Delete):
    """Keystone deletes disabled ones alone."""

    def allowed(self, login, row):
        return not row['enabled'] and row['id'] not in (login.user_domain_id, login.project_domain_id)


class DisableDomain(actions.Disable):
    """Never the one the user is from."""

    def allowed(self, login, row):
        return row['enabled'] and row['id'] not in (login.user_domain_id, login.project_domain_id)


class Domains(Table):
    """Domains."""

    name, caption = 'domains', gettext_lazy('Domains')
    columns = [Column('name', gettext_lazy('Name')),
               Column('description', gettext_lazy('Description'), sortable=False),
               Column('enabled', gettext_lazy('Status'), kind='status',
                      value=lambda row: _('enabled') if row['enabled'] else _('disabled')),
               Column('id', gettext_lazy('Id'), kind='code', wide_only=True)]
    actions = [actions.Link('edit', gettext_lazy('Edit'), lambda row: reverse('admin:domains:edit', args=[row['id']])),
               actions.Link('members', gettext_lazy('Roles on it'),
                            lambda row: reverse('admin:domains:members', args=[row['id']])),
               actions.Enable('domains'),
               DisableDomain('domains', gettext_lazy('No user of it can log in, and nobody can work in its projects.')),
               DeleteDomain('domains', gettext_lazy('Its users, groups and projects go with it. This cannot be '
                                                    'undone.'))]
    buttons = [Button(gettext_lazy('Create domain'), reverse_lazy('admin:domains:create'))]
    default_sort = 'name'
    status_levels = {'enabled': 'good', 'disabled': 'idle'}

    def status(self, row):
        return 'enabled' if row['enabled'] else 'disabled'


class DomainForm(Form):
    """What a domain is called."""

    name = forms.CharField(label=gettext_lazy('Name'), max_length=64)
    description = forms.CharField(label=gettext_lazy('Description'), required=False, max_length=2000)


class Index(IdentityPage):
    """All of them: one call."""

    kind, table_class, with_domains = 'domains', Domains, False


class Create(FormPage):
    """A new domain: one call to save."""

    title, form_class = gettext_lazy('Create domain'), DomainForm
    success = gettext_lazy('Domain %(name)s created.')

    def save(self, form):
        identity.create(self.cloud, 'domains', **form.cleaned_data)


class OfDomain:
    """What pages below one domain have in common: `domain_id` in the address."""

    @cached_property
    def target(self):
        """The domain: one call."""
        return identity.get(self.cloud, 'domains', self.kwargs['domain_id'])


class Edit(OfDomain, FormPage):
    """Name and description. One call; one to save."""

    form_class, success = DomainForm, gettext_lazy('Domain %(name)s saved.')

    def get_title(self):
        return _('Edit %s') % self.target['name']

    def initial(self):
        return {name: self.target.get(name) for name in ('name', 'description')}

    def context(self):
        return {'domain': self.target}

    def save(self, form):
        identity.update(self.cloud, 'domains', self.kwargs['domain_id'], **form.cleaned_data)


class Members(OfDomain, MembersPage):
    """Roles on the domain itself."""

    @property
    def scope(self):
        return {'domain_id': self.kwargs['domain_id']}

    def get_title(self):
        return _('Roles on the domain %s') % self.target['name']

    def context(self):
        return {**super().context(), 'back': self.panel.url}
