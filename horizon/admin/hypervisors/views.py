"""Pages of hypervisors."""
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from horizon.admin import capacity
from horizon.api import client, errors, identity, services
from horizon.project.instances import states
from horizon.ui.tables import BAD, GOOD, IDLE, Column, Table
from horizon.ui.views import Page, TablePage


class Hypervisors(Table):
    """Hosts of servers."""

    name, caption = 'hypervisors', _('Hypervisors')
    columns = [
        Column('hypervisor_hostname', _('Name'),
               link=lambda row: reverse('admin:hypervisors:detail', args=[row['id']])),
        Column('state', _('State'), kind='status', value=lambda row: row['shown']),
        Column('hypervisor_type', _('Type'), wide_only=True),
        Column('running_vms', _('Instances'), kind='number'),
        Column('vcpus', _('VCPUs'), kind='meter', sortable=False,
               value=lambda row: capacity.cell(row['vcpus_used'], row['vcpus'])),
        Column('memory_mb', _('Memory'), kind='meter', sortable=False, value=lambda row: capacity.cell(
            capacity.gigabytes(row['memory_mb_used']), capacity.gigabytes(row['memory_mb']), _('GB'))),
        Column('local_gb', _('Disk'), kind='meter', sortable=False,
               value=lambda row: capacity.cell(row['local_gb_used'], row['local_gb'], _('GB')))]
    empty = _('No hypervisor yet.')
    empty_hint = _('A host appears here as soon as nova-compute has started on it.')
    default_sort = 'hypervisor_hostname'
    status_levels = {'up': GOOD, 'down': BAD, 'disabled': IDLE}

    def title(self, row):
        return row['hypervisor_hostname']

    def status(self, row):
        return row['shown']


class Index(TablePage):
    """All of them: one call."""

    table_class, template = Hypervisors, 'admin/hypervisors/index.html'

    def load(self):
        return [shown(each) for each in services.hypervisors(self.cloud)]


def shown(hypervisor):
    """The hypervisor with its state and status in one word."""
    down = hypervisor.get('state') == 'down'
    return {**hypervisor, 'shown': 'down' if down else 'disabled' if hypervisor.get('status') == 'disabled' else 'up'}


class Detail(Page):
    """One with its servers: three calls, two of them at once."""

    template = 'admin/hypervisors/detail.html'
    hypervisor = None

    def get_title(self):
        return self.hypervisor['hypervisor_hostname'] if self.hypervisor else ''

    def context(self):
        self.hypervisor = shown(services.hypervisor(self.cloud, self.kwargs['hypervisor_id']))
        found = client.settled(
            servers=lambda: self.cloud.get('compute', '/servers/detail', all_tenants='1', limit=100,
                                           host=self.hypervisor['service']['host'])['servers'],
            projects=lambda: identity.names(self.cloud, 'projects'))
        projects = found['projects'] if isinstance(found['projects'], dict) else {}
        servers = found['servers']
        if not isinstance(servers, errors.ApiError):
            servers = [{**each, 'project': projects.get(each['tenant_id'], each['tenant_id']),
                        'level': states.level(each), 'words': states.words(each)} for each in servers]
        return {'hypervisor': self.hypervisor, 'servers': servers, 'meters': capacity.meters(self.hypervisor),
                'level': Hypervisors.status_levels.get(self.hypervisor['shown'], 'idle')}
