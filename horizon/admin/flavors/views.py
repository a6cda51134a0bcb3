"""Pages of flavors."""
import functools

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.fields import changes
from horizon.admin.flavors.forms import AccessForm, CreateForm
from horizon.admin.flavors.tables import PUBLIC, Flavors
from horizon.api import client, errors, flavors, identity
from horizon.ui import explain
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """All of them: one call."""

    table_class = Flavors

    def load(self):
        return flavors.all_of(self.cloud, is_public='none')


def change(cloud, key, specs, projects):
    """Make extra specs and access what they are to be; each is (old, new). A call a change, in parallel."""
    values, gone = changes(*specs)
    calls = {f'-{name}': lambda name=name: flavors.delete_spec(cloud, key, name) for name in gone}
    if values:
        calls['+'] = lambda: flavors.set_specs(cloud, key, values)
    for project in set(projects[0]) ^ set(projects[1]):
        calls[f'@{project}'] = functools.partial(flavors.set_access, cloud, key, project,
                                                 project in projects[1])
    if calls:
        client.together(**calls)


class Create(FormPage):
    """A new one. One call; to save: one, and one a project and for extra specs."""

    title, form_class = gettext_lazy('Create flavor'), CreateForm
    success = gettext_lazy('Flavor %(name)s created.')

    def form_arguments(self):
        return {'projects': identity.all_of(self.cloud, 'projects')}

    def initial(self):
        return {name: field.initial for name, field in self.form_class.base_fields.items()} | super().initial()

    def save(self, form):
        asked = dict(form.cleaned_data)
        specs, projects = asked.pop('specs'), asked.pop('projects')
        made = flavors.create(self.cloud, **asked)
        try:
            change(self.cloud, made['id'], ({}, specs), ((), () if asked['public'] else projects))
        except errors.ApiError as error:
            explain.message(self.request, error, _('The flavor is there, but not with all extra specs and projects'))
        return made


class Edit(FormPage):
    """Extra specs and, of a private one, the projects that may use it. Three calls, and one for a private one's
    projects; to save: one a change."""

    template, form_class = 'admin/flavors/edit.html', AccessForm
    success = gettext_lazy('Flavor saved.')

    @cached_property
    def found(self):
        """The flavor and what can be changed of it."""
        key = self.kwargs['flavor_id']
        found = client.together(
            flavor=lambda: flavors.get(self.cloud, key), specs=lambda: flavors.specs(self.cloud, key),
            projects=lambda: identity.all_of(self.cloud, 'projects'))
        found['access'] = [] if found['flavor'][PUBLIC] else flavors.access(self.cloud, key)
        return found

    def get_title(self):
        return _('Flavor %s') % self.found['flavor']['name']

    def form_arguments(self):
        return {'projects': self.found['projects'], 'public': self.found['flavor'][PUBLIC]}

    def initial(self):
        return {'specs': self.found['specs'], 'projects': self.found['access']}

    def context(self):
        flavor = self.found['flavor']
        return {'flavor': flavor, 'ephemeral': flavor['OS-FLV-EXT-DATA:ephemeral'], 'public': flavor[PUBLIC]}

    def save(self, form):
        asked, found = form.cleaned_data, self.found
        change(self.cloud, found['flavor']['id'], (found['specs'], asked['specs']),
               (found['access'], asked.get('projects', found['access'])))
