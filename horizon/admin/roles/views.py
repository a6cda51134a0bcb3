"""Pages of roles."""
from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.listing import IdentityPage
from horizon.admin.roles.tables import Assignments, Roles
from horizon.api import identity
from horizon.ui.forms import Form
from horizon.ui.views import FormPage, TablePage


class RoleForm(Form):
    """What a role is called: policies of the services know it by this name."""

    name = forms.CharField(label=gettext_lazy('Name'), max_length=255,
                           help_text=gettext_lazy('Policies of the services know it by this name.'))
    description = forms.CharField(label=gettext_lazy('Description'), required=False, max_length=2000)


class Index(IdentityPage):
    """All of them."""

    kind, table_class = 'roles', Roles


class Create(FormPage):
    """A new role: one call to save."""

    title, form_class = gettext_lazy('Create role'), RoleForm
    success = gettext_lazy('Role %(name)s created.')

    def save(self, form):
        identity.create(self.cloud, 'roles', name=form.cleaned_data['name'],
                        description=form.cleaned_data['description'] or None)


class Edit(FormPage):
    """Name and description. One call; one to save."""

    form_class, success = RoleForm, gettext_lazy('Role %(name)s saved.')

    @cached_property
    def role(self):
        """The role."""
        return identity.get(self.cloud, 'roles', self.kwargs['role_id'])

    def get_title(self):
        return _('Edit %s') % self.role['name']

    def initial(self):
        return {name: self.role.get(name) for name in ('name', 'description')}

    def context(self):
        return {'role': self.role}

    def save(self, form):
        identity.update(self.cloud, 'roles', self.kwargs['role_id'], **form.cleaned_data)


class AssignmentsPage(TablePage):
    """Who has which role where, with names: one call. `effective` resolves groups and implied roles."""

    title, table_class, template = gettext_lazy('Assignments'), Assignments, 'admin/roles/assignments.html'

    effective = False

    def load(self):
        return [row(number, each) for number, each in enumerate(identity.assignments(self.cloud, self.effective))]

    def context(self):
        return {**super().context(), 'effective': self.effective}


def row(number, assignment):
    """An assignment as a row of the table."""
    kind = 'user' if 'user' in assignment else 'group'
    who, scope = assignment[kind], assignment['scope']
    place = scope.get('project') or scope.get('domain') or {}
    name = place.get('name') or place.get('id') or _('the whole cloud')
    return {'id': str(number), 'role': assignment['role'].get('name') or assignment['role']['id'],
            'who': who.get('name') or who['id'], 'who_address': reverse(f'admin:{kind}s:detail', args=[who['id']]),
            'kind': _('user') if kind == 'user' else _('group'),
            'where': name if 'project' in scope else _('domain %s') % name if 'domain' in scope else name,
            'where_address': reverse('admin:projects:detail', args=[place['id']]) if 'project' in scope else None,
            'domain': (place.get('domain') or {}).get('name', ''),
            'note': _('for projects below') if scope.get('OS-INHERIT:inherited_to') else ''}
