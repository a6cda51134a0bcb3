"""Pages of servers of all projects."""
from django.http import HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property

from horizon.admin.instances.tables import Servers, with_names
from horizon.api import client, errors, flavors, identity, servers
from horizon.project.instances import states
from horizon.ui.views import Page, TableAnswers, TablePage

_STATUSES = ('ACTIVE', 'BUILD', 'ERROR', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'VERIFY_RESIZE', 'REBOOT', 'HARD_REBOOT')


class Index(TablePage):
    """All of them, paged and filtered by Compute (?status=, ?host=, ?project=): five calls at once."""

    table_class, paged, template = Servers, True, 'admin/instances/index.html'

    @cached_property
    def asked(self):
        """{name: value} of the filters in the address."""
        return {name: self.request.GET[name] for name in ('status', 'host', 'project') if self.request.GET.get(name)}

    def filters(self):
        """The same for the API."""
        asked = dict(self.asked)
        if 'project' in asked:
            asked['project_id'] = asked.pop('project')
        return asked

    def load_page(self, marker, limit, search, sort):
        cloud = self.cloud
        self.found = client.settled(
            page=lambda: servers.page(cloud, limit, marker, search, sort, all_tenants='1', **self.filters()),
            projects=lambda: identity.all_of(cloud, 'projects'),
            flavors=lambda: flavors.all_of(cloud, is_public='none'),
            hosts=lambda: cloud.get('compute', '/os-hypervisors')['hypervisors'])
        if isinstance(self.found['page'], errors.ApiError):
            raise self.found['page']
        rows, following = self.found['page']
        return with_names(rows, self._names('projects'), self._names('flavors')), following

    def _names(self, kind):
        found = self.found[kind]
        return {} if isinstance(found, errors.ApiError) else {each['id']: each['name'] for each in found}

    def context(self):
        values = super().context()
        hosts = self.found['hosts']
        names = [] if isinstance(hosts, errors.ApiError) else sorted(each['hypervisor_hostname'] for each in hosts)
        projects = sorted(self._names('projects').items(), key=lambda each: each[1].lower())
        statuses = [(each, states.words({'status': each})) for each in _STATUSES]
        return {**values, 'asked': self.asked, 'statuses': statuses, 'hosts': names, 'projects': projects}


class Detail(TableAnswers, Page):
    """One for administrators: where it is, whose it is, why it failed, what was done. Two calls, then two for names."""

    template = 'admin/instances/detail.html'

    @cached_property
    def found(self):
        """The server and what was done to it."""
        key = str(self.kwargs['server_id'])
        found = client.settled(server=lambda: servers.get(self.cloud, key),
                               actions=lambda: servers.actions(self.cloud, key))
        if isinstance(found['server'], errors.ApiError):
            raise found['server']
        return found

    @property
    def server(self):
        """As the API shows it."""
        return self.found['server']

    def get_title(self):
        return self.server['name']

    def make_tables(self):
        return {'servers': Servers(with_names([self.server], {}), self.request.login)}

    def context(self):
        server = self.server
        names = client.settled(
            project=lambda: identity.get(self.cloud, 'projects', server['tenant_id'])['name'],
            user=lambda: identity.get(self.cloud, 'users', server['user_id'])['name'])
        names = {name: None if isinstance(value, errors.ApiError) else value for name, value in names.items()}
        table = self.make_tables()['servers']
        table.actions = table.actions[1:]       # not the link to this page
        prefix = 'OS-EXT-SRV-ATTR:'
        return {'server': server, 'words': states.words(server), 'task': states.task(server), 'row': table.rows[0],
                'table': table, 'names': names, 'zone': server.get('OS-EXT-AZ:availability_zone'),
                'attributes': {name.removeprefix(prefix): value for name, value in server.items()
                               if name.startswith(prefix)},
                'addresses': [each['addr'] for found in server['addresses'].values() for each in found],
                'actions': self.found['actions'], 'project_page': project_page(server['id'])}

    def post(self, request, *args, **kwargs):
        """An action."""
        return self.answer_action(request)

    def after_action(self, request):
        """Back to the page; to the list from a server that goes."""
        name = request.POST.get('action', '').partition(':')[0]
        return HttpResponseRedirect(self.panel.url if 'delete' in name else request.path)


def project_page(server_id):
    """The page its users have of it (log, console ...); None on a site without."""
    try:
        return reverse('project:instances:detail', args=[server_id])
    except NoReverseMatch:
        return None
