"""Who works in a project (or on a domain), as which role: one page for users and groups."""
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from horizon.admin.fields import NameInput
from horizon.admin.projects.views import OfProject
from horizon.api import client, errors, identity
from horizon.options import CONF
from horizon.ui import explain
from horizon.ui.views import Page

_PROPOSED = 100


class MembersPage(Page):
    """A row a user or group, a box a role; a line to add another. Subclasses say whose: `scope` is {project_id: id} or
    {domain_id: id}. Five calls at once; saving makes one a change."""

    template = 'admin/projects/members.html'

    @property
    def scope(self):
        """The arguments of identity.grant()."""
        raise TypeError(f'{type(self).__name__} has no scope')

    @cached_property
    def found(self):
        """What the page needs."""
        scope = {name.removesuffix('_id'): key for name, key in self.scope.items()}
        return client.together(
            target=lambda: self.target, roles=lambda: identity.all_of(self.cloud, 'roles'),
            assignments=lambda: identity.assignments(self.cloud, **scope),
            users=lambda: identity.page(self.cloud, 'users', limit=_PROPOSED, sort='name')[0],
            groups=lambda: identity.page(self.cloud, 'groups', limit=_PROPOSED, sort='name')[0])

    def context(self):
        rows = {}
        for each in self.found['assignments']:
            kind = 'user' if 'user' in each else 'group'
            if 'OS-INHERIT:inherited_to' in each['scope']:
                continue
            row = rows.setdefault((kind, each[kind]['id']), {
                'kind': kind, 'id': each[kind]['id'], 'name': each[kind].get('name') or each[kind]['id'],
                'domain': (each[kind].get('domain') or {}).get('name', ''), 'held': set()})
            row['held'].add(each['role']['id'])
        roles = [each for each in self.found['roles'] if not each.get('domain_id')]
        held = {role for row in rows.values() for role in row['held']}
        # The common ones, and whatever somebody has here; the rest only for who asks.
        shown = [each for each in roles if 'all' in self.request.GET or each['id'] in held
                 or each['name'] in ('admin', 'manager', 'member', 'reader', CONF.horizon.default_role)]
        default = next((each['id'] for each in roles if each['name'] == CONF.horizon.default_role), None)
        for row in rows.values():
            row['boxes'] = [{'role': each, 'value': f'{row["kind"]}:{row["id"]}:{each["id"]}',
                             'held': each['id'] in row['held']} for each in shown]
        return {'rows': sorted(rows.values(), key=lambda row: (row['kind'] != 'user', row['name'].lower())),
                'roles': shown, 'all_roles': roles, 'default': default, 'hidden': len(roles) - len(shown),
                'user_field': self._field('user'), 'group_field': self._field('group')}

    def _field(self, kind):
        names = [each['name'] for each in self.found[f'{kind}s']]
        return NameInput(names).render(kind, self.request.POST.get(kind, ''), {'id': f'id_{kind}', 'maxlength': 255})

    def post(self, request, *args, **kwargs):
        """Give and take what was changed since the page was made: what others changed meanwhile stays."""
        had = {_grant(each) for each in request.POST.getlist('had')} - {None}
        wanted = {_grant(each) for each in request.POST.getlist('grant')} - {None}
        own = next(iter(self.scope.values())) == request.login.project_id
        if own and self._locks_out(request, had - wanted):
            messages.error(request, _('Your own role admin in the project you work in stays: without it you could not '
                                      'give it back.'))
            return HttpResponseRedirect(request.get_full_path())
        try:
            given = wanted - had | self._added(request)
            identity.change_grants(self.cloud, given, had - wanted, **self.scope)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            explain.message(request, error, _('Not all was saved'))
            return HttpResponseRedirect(request.get_full_path())
        messages.success(request, _('Members saved.') if given or had - wanted else _('Nothing was changed.'))
        return HttpResponseRedirect(request.get_full_path())

    def _added(self, request):
        """{grant} of the line that adds; each name is one call."""
        role = request.POST.get('role')
        return {(kind, identity.find(self.cloud, f'{kind}s', request.POST[kind])['id'], role)
                for kind in ('user', 'group') if role and request.POST.get(kind, '').strip()}

    def _locks_out(self, request, taken):
        roles = {each['id']: each['name'].lower() for each in self.found['roles']}
        return any(who == 'user' and key == request.login.user_id and roles.get(role) == 'admin'
                   for who, key, role in taken)


def _grant(text):
    """(who, id, role id) of what a box holds; None for anything else."""
    parts = tuple(text.split(':'))
    return parts if len(parts) == 3 and parts[0] in ('user', 'group') and all(parts) else None


class Members(OfProject, MembersPage):
    """Of a project."""

    @property
    def scope(self):
        return {'project_id': self.kwargs['project_id']}

    @property
    def target(self):
        """The project."""
        return self.project

    def get_title(self):
        return _('Members of %s') % self.project['name']

    def context(self):
        return {**super().context(), 'back': reverse('admin:projects:detail', args=[self.project['id']])}
