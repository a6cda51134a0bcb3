"""Pages of projects: list, create, edit, detail, usage."""
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin import capacity, contents, period
from horizon.admin.listing import IdentityPage
from horizon.admin.pages import CreatePage, OfOne
from horizon.admin.projects.forms import CreateForm, EditForm
from horizon.admin.projects.tables import Projects
from horizon.admin.quotas.labels import LABELS, METERS
from horizon.api import client, errors, identity, quota_sets, usage
from horizon.ui import explain
from horizon.ui.views import FormPage, Page


class Index(IdentityPage):
    """All of them. Whoever deletes some is told what they still contain."""

    kind, table_class = 'projects', Projects

    def show_confirm(self, request, table, action, rows):
        if action.name != 'delete':
            return super().show_confirm(request, table, action, rows)
        self.confirm_template = 'admin/projects/delete.html'
        for row, found in zip(rows, contents.of_projects(self.cloud, [row.key for row in rows]), strict=True):
            row.contents = found
        return super().show_confirm(request, table, action, rows)


class Create(CreatePage):
    """A new project with its first member."""

    kind, title, form_class = 'projects', gettext_lazy('Create project'), CreateForm
    success = gettext_lazy('Project %(name)s created.')

    def choices(self):
        return {'users': lambda: identity.page(self.cloud, 'users', limit=100, sort='name')[0]}

    def save(self, form):
        asked = form.cleaned_data
        # Looked for first: a name mistyped must not leave half of what was asked for.
        user = identity.find(self.cloud, 'users', asked['user']) if asked['user'] else None
        made = identity.create(self.cloud, 'projects', name=asked['name'], description=asked['description'],
                               domain_id=asked['domain_id'], enabled=asked['enabled'])
        if user:
            try:
                identity.grant(self.cloud, asked['role'], 'user', user['id'], project_id=made['id'])
            except errors.ApiError as error:
                explain.message(self.request, error, _('The project is there, but %s has no role in it yet')
                                % user['name'])
        return made


class OfProject(OfOne):
    """Pages below one project."""

    kind, key = 'projects', 'project_id'

    @property
    def project(self):
        """The project: one call."""
        return self.one


class Edit(OfProject, FormPage):
    """Name, description, enabled."""

    form_class, success = EditForm, gettext_lazy('Project %(name)s saved.')

    def get_title(self):
        return _('Edit %s') % self.project['name']

    def initial(self):
        return {name: self.project.get(name) for name in ('name', 'description', 'enabled')}

    def save(self, form):
        identity.update(self.cloud, 'projects', self.project['id'], **form.cleaned_data)


class Detail(OfProject, Page):
    """A project on one page: facts, who works in it, what it has of what it may have."""

    template = 'admin/projects/detail.html'

    def get_title(self):
        return self.project['name']

    def context(self):
        key = self.kwargs['project_id']
        found = client.settled(
            project=lambda: self.project, quotas=lambda: quota_sets.of_project(self.cloud, key),
            members=lambda: identity.assignments(self.cloud, project=key),
            domains=lambda: identity.names(self.cloud, 'domains'),
            contents=lambda: contents.of_project(self.cloud, key))
        if isinstance(found['project'], errors.ApiError):
            raise found['project']
        return {**found, 'project': self.project, 'people': people(found['members']),
                'domain': _name(found['domains'], self.project['domain_id']),
                'meters': meters(found['quotas']),
                'quota_problems': quota_sets.problems(found['quotas'])}


def _name(found, key):
    return key if isinstance(found, errors.ApiError) else found.get(key, key)


def people(assignments):
    """[{kind, id, name, domain, roles}] of assignments, users first; an ApiError as it is."""
    if isinstance(assignments, errors.ApiError):
        return assignments
    found = {}
    for each in assignments:
        kind = 'user' if 'user' in each else 'group'
        who = each[kind]
        entry = found.setdefault((kind, who['id']), {
            'kind': kind, 'id': who['id'], 'name': who.get('name') or who['id'],
            'domain': (who.get('domain') or {}).get('name', ''), 'roles': []})
        inherited = each['scope'].get('OS-INHERIT:inherited_to')
        entry['roles'].append(f'{each["role"]["name"]} ({_("for projects below")})' if inherited
                              else each['role']['name'])
    return sorted(found.values(), key=lambda each: (each['kind'] != 'user', each['name'].lower()))


def meters(found):
    """[(label, used, limit, unit)] of what quota_sets.of_project found."""
    return [(LABELS[name][0], of_service[name]['in_use'], of_service[name]['limit'], LABELS[name][1])
            for service, names in METERS.items() for of_service in [found.get(service)]
            if isinstance(of_service, dict) for name in names if name in of_service]


class Usage(OfProject, Page):
    """What the project's servers used in a period."""

    template = 'admin/projects/usage.html'

    def get_title(self):
        return _('Usage of %s') % self.project['name']

    def context(self):
        form = period.PeriodForm.of(self.request)
        found = client.settled(project=lambda: self.project,
                               usage=lambda: usage.of_project(self.cloud, self.kwargs['project_id'], *form.period))
        if isinstance(found['project'], errors.ApiError):
            raise found['project']
        if isinstance(found['usage'], dict):
            found['usage']['gb_hours'] = found['usage']['total_memory_mb_usage'] / capacity.GB
        return {'form': form, 'usage': found['usage']}

