"""Pages of groups."""
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.fields import NameInput
from horizon.admin.groups.forms import CreateForm, EditForm
from horizon.admin.groups.tables import Groups, Members
from horizon.admin.listing import IdentityPage
from horizon.api import client, errors, identity
from horizon.ui import explain
from horizon.ui.views import FormPage, TablePage


class Index(IdentityPage):
    """All of them."""

    kind, table_class = 'groups', Groups


class Create(FormPage):
    """A new group; then its members. One call; one to save."""

    title, form_class = gettext_lazy('Create group'), CreateForm
    success = gettext_lazy('Group %(name)s created. Add its members.')

    @cached_property
    def domains(self):
        """Choices."""
        return identity.all_of(self.cloud, 'domains')

    def form_arguments(self):
        return {'domains': self.domains}

    def initial(self):
        return {'domain_id': self.request.login.user_domain_id, **super().initial()}

    def save(self, form):
        return identity.create(self.cloud, 'groups', **form.cleaned_data)

    def success_url(self, result):
        return reverse('admin:groups:detail', args=[result['id']])


class OfGroup:
    """What pages below one group have in common: `group_id` in the address."""

    @cached_property
    def group(self):
        """The group: one call."""
        return identity.get(self.cloud, 'groups', self.kwargs['group_id'])

    def breadcrumbs(self):
        """The groups."""
        return [(self.panel.label, self.panel.url)]


class Edit(OfGroup, FormPage):
    """Name and description. One call; one to save."""

    form_class, success = EditForm, gettext_lazy('Group %(name)s saved.')

    def get_title(self):
        return _('Edit %s') % self.group['name']

    def initial(self):
        return {name: self.group.get(name) for name in ('name', 'description')}

    def context(self):
        return {'group': self.group}

    def save(self, form):
        identity.update(self.cloud, 'groups', self.kwargs['group_id'], **form.cleaned_data)


class Detail(OfGroup, TablePage):
    """Who is in it, and a line to add another. Three calls at once."""

    table_class, template = Members, 'admin/groups/detail.html'

    @cached_property
    def found(self):
        """The group, its members, users to propose."""
        key = self.kwargs['group_id']
        return client.settled(group=lambda: self.group, members=lambda: identity.members(self.cloud, key),
                              users=lambda: identity.page(self.cloud, 'users', limit=100, sort='name')[0])

    def load(self):
        if isinstance(self.found['group'], errors.ApiError):
            raise self.found['group']
        if isinstance(self.found['members'], errors.ApiError):
            raise self.found['members']
        return self.found['members']

    def get_title(self):
        return self.group['name']

    def context(self):
        users = self.found['users'] if isinstance(self.found['users'], list) else []
        field = NameInput(each['name'] for each in users)
        return {**super().context(), 'group': self.group,
                'user_field': field.render('user', '', {'id': 'id_user', 'maxlength': 255, 'required': True})}

    def post(self, request, *args, **kwargs):
        """Add a user by name, or remove some."""
        if 'add' not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            user = identity.find(self.cloud, 'users', request.POST.get('user', ''))
            identity.add_member(self.cloud, kwargs['group_id'], user['id'])
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            explain.message(request, error, _('Nobody was added'))
        else:
            messages.success(request, _('%s is in the group now.') % user['name'])
        return HttpResponseRedirect(request.path)
