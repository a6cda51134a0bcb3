"""Pages of floating addresses."""
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from horizon.api import client, floating_ips, servers
from horizon.project.floating_ips.forms import AllocateForm, AssociateForm
from horizon.project.floating_ips.tables import FloatingIps
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """All of the project, with the names of their servers: two calls."""

    table_class = FloatingIps

    def load(self):
        found = client.settled(addresses=lambda: floating_ips.all_of(self.cloud),
                               servers=lambda: servers.names(self.cloud))
        if isinstance(found['addresses'], Exception):
            raise found['addresses']
        names = {} if isinstance(found['servers'], Exception) else {
            each['id']: each['name'] for each in found['servers']}
        return [{**each, 'server_name': names.get(each['instance_id'], each['instance_id'])}
                for each in found['addresses']]


class Allocate(FormPage):
    """A new address."""

    title, form_class = _('Allocate address'), AllocateForm

    def form_arguments(self):
        return {'pools': floating_ips.pools(self.cloud)}

    def save(self, form):
        return floating_ips.allocate(self.cloud, form.cleaned_data['pool'])

    def success_message(self, result, form):
        return _now('%s is yours now.') % result['ip']


class Associate(FormPage):
    """Gives an address to a server."""

    title, form_class, success = _('Associate address'), AssociateForm, _('The server is reachable by it now.')

    def initial(self):
        return {}

    def form_arguments(self):
        return {'servers': servers.names(self.cloud)}

    def save(self, form):
        address = floating_ips.get(self.cloud, self.kwargs['floating_id'])['ip']
        self.cloud.send('compute', 'POST', f'/servers/{form.cleaned_data["server"]}/action',
                        {'addFloatingIp': {'address': address}})
