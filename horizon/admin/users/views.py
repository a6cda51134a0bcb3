"""Pages of users."""
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from horizon.admin.listing import IdentityPage
from horizon.admin.pages import CreatePage, OfOne
from horizon.admin.users.forms import CreateForm, EditForm, PasswordForm
from horizon.admin.users.tables import Users
from horizon.api import client, errors, identity
from horizon.ui import explain
from horizon.ui.views import FormPage, Page


class Index(IdentityPage):
    """All of them."""

    kind, table_class = 'users', Users


class WithPassword:
    """Keeps passwords out of reports of errors."""

    def dispatch(self, request, *args, **kwargs):
        """As any view's."""
        return sensitive_post_parameters('password', 'password_again')(super().dispatch)(request, *args, **kwargs)


class Create(WithPassword, CreatePage):
    """A new user. Three calls for the choices; two to save."""

    kind, title, form_class = 'users', gettext_lazy('Create user'), CreateForm
    success = gettext_lazy('User %(name)s created.')

    def choices(self):
        return {'projects': lambda: identity.all_of(self.cloud, 'projects')}

    def save(self, form):
        asked = form.cleaned_data
        made = identity.create(self.cloud, 'users', name=asked['name'], email=asked['email'] or None,
                               description=asked['description'] or None, domain_id=asked['domain_id'],
                               password=asked['password'], enabled=asked['enabled'],
                               default_project_id=asked['project_id'] or None)
        if asked['project_id']:
            try:
                identity.grant(self.cloud, asked['role'], 'user', made['id'], project_id=asked['project_id'])
            except errors.ApiError as error:
                explain.message(self.request, error, _('%s is there, but has no role in the project yet')
                                % made['name'])
        return made


class OfUser(OfOne):
    """Pages below one user."""

    kind, key = 'users', 'user_id'

    @property
    def user(self):
        """The user: one call."""
        return self.one

    def success_url(self, result):
        """The user's page."""
        return self.address


class Edit(OfUser, FormPage):
    """What a user is called. Two calls; one to save."""

    form_class, success = EditForm, gettext_lazy('User %(name)s saved.')

    @cached_property
    def found(self):
        """The user and the projects to choose from."""
        return client.together(user=lambda: self.user,
                               projects=lambda: identity.all_of(self.cloud, 'projects'))

    def get_title(self):
        return _('Edit %s') % self.user['name']

    def form_arguments(self):
        return {'projects': self.found['projects']}

    def initial(self):
        return {**{name: self.user.get(name) for name in ('name', 'email', 'description', 'enabled')},
                'project_id': self.user.get('default_project_id')}

    def save(self, form):
        asked = dict(form.cleaned_data)
        values = {**{name: asked[name] for name in ('name', 'email', 'description', 'enabled')},
                  'default_project_id': asked['project_id'] or None}
        # What stays is not sent: a directory that cannot write one attribute need not refuse another's change.
        self_ = self.user['id'] == self.request.login.user_id
        changed = {name: value for name, value in values.items() if (self.user.get(name) or None) != (value or None)}
        if self_ and changed.get('enabled') is False:
            raise errors.ApiError('identity', 'PATCH /users', _('You cannot disable yourself.'), 409)
        if changed:
            identity.update(self.cloud, 'users', self.user['id'], **changed)


class Password(WithPassword, OfUser, FormPage):
    """A new password for somebody. One call; one to save."""

    form_class, success = PasswordForm, gettext_lazy('Password changed. Tokens given before are no longer valid.')

    def get_title(self):
        return _('Change the password of %s') % self.user['name']

    def context(self):
        return {'user': self.user}

    def save(self, form):
        identity.update(self.cloud, 'users', self.kwargs['user_id'], password=form.cleaned_data['password'])


class Detail(OfUser, Page):
    """A user on one page: facts, roles (those of groups too), groups. Four calls at once."""

    template = 'admin/users/detail.html'

    def get_title(self):
        return self.user['name']

    def context(self):
        key = self.kwargs['user_id']
        found = client.settled(
            user=lambda: self.user, roles=lambda: identity.assignments(self.cloud, effective=True, user=key),
            groups=lambda: identity.groups_of(self.cloud, key), domains=lambda: identity.names(self.cloud, 'domains'))
        if isinstance(found['user'], errors.ApiError):
            raise found['user']
        domains = found['domains'] if isinstance(found['domains'], dict) else {}
        return {**found, 'user': self.user, 'domain': domains.get(self.user['domain_id'], self.user['domain_id']),
                'places': places(found['roles']), 'is_self': key == self.request.login.user_id}


def places(assignments):
    """[{kind, id, name, domain, roles}] of where effective assignments are, by name; an ApiError as it is."""
    if isinstance(assignments, errors.ApiError):
        return assignments
    found = {}
    for each in assignments:
        scope = each['scope']
        kind = next((kind for kind in ('project', 'domain', 'system') if kind in scope), 'system')
        place = scope.get(kind) if isinstance(scope.get(kind), dict) else {}
        entry = found.setdefault((kind, place.get('id')), {
            'kind': kind, 'id': place.get('id'), 'name': place.get('name') or _('the whole cloud'),
            'domain': (place.get('domain') or {}).get('name', ''), 'roles': set()})
        entry['roles'].add(each['role'].get('name') or each['role']['id'])
    for entry in found.values():
        entry['roles'] = sorted(entry['roles'])
    return sorted(found.values(), key=lambda each: (each['kind'], str(each['name']).lower()))
