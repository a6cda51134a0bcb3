"""Pages of networks."""
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from horizon.api import client, networks, servers
from horizon.project.networks.tables import Addresses, Networks
from horizon.ui.views import TablePage


def _connected(found, label):
    """[{id, name, fixed, floating, mac}] of the servers on a network."""
    rows = []
    for server in found:
        here = server['addresses'].get(label)
        if here:
            rows.append({'id': server['id'], 'name': server['name'], 'mac': here[0].get('OS-EXT-IPS-MAC:mac_addr'),
                         **{kind: [each['addr'] for each in here if each.get('OS-EXT-IPS:type', 'fixed') == kind]
                            for kind in ('fixed', 'floating')}})
    return rows


class Index(TablePage):
    """All networks, with how many servers of the project are on each: two calls."""

    table_class = Networks

    def load(self):
        found = client.together(networks=lambda: networks.described(self.cloud),
                                servers=lambda: servers.page(self.cloud, 1000)[0])
        return [{**each, 'servers': len(_connected(found['servers'], each['label']))} for each in found['networks']]


class Detail(TablePage):
    """One network and the servers on it: two calls."""

    template = 'project/networks/detail.html'

    @cached_property
    def found(self):
        """{network, servers}."""
        found = client.together(networks=lambda: networks.described(self.cloud),
                                servers=lambda: servers.page(self.cloud, 1000)[0])
        network = next((each for each in found['networks'] if str(each['id']) == self.kwargs['network_id']), None)
        if network is None:
            raise Http404(_('There is no such network.'))
        return {'network': network, 'servers': found['servers']}

    def get_title(self):
        return self.found['network']['label']

    def make_tables(self):
        rows = _connected(self.found['servers'], self.found['network']['label'])
        return {'addresses': Addresses(sorted(rows, key=lambda each: each['name'].lower()), self.request.login)}

    def context(self):
        return {**super().context(), 'network': self.found['network']}
