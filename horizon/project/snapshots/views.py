"""Pages of snapshots."""
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from horizon.api import client, errors, volumes
from horizon.project.snapshots.tables import AllSnapshots
from horizon.project.volumes.forms import NameForm
from horizon.ui.views import FormPage, TablePage


class Index(TablePage):
    """All of the project, with the names of their volumes: two calls."""

    table_class = AllSnapshots

    def load(self):
        cloud = self.cloud
        found = client.settled(snapshots=lambda: volumes.snapshots(cloud), volumes=lambda: volumes.all_of(cloud))
        if isinstance(found['snapshots'], errors.ApiError):
            raise found['snapshots']
        names = {} if isinstance(found['volumes'], errors.ApiError) else {
            each['id']: each['name'] for each in found['volumes']}
        return [{**each, 'volume_name': names.get(each['volume_id']) or each['volume_id']}
                for each in found['snapshots']]


class Edit(FormPage):
    """Name and description: two calls."""

    form_class, title, success = NameForm, _('Edit snapshot'), _('Snapshot %(name)s saved.')

    @cached_property
    def snapshot(self):
        """As block storage shows it."""
        return volumes.get_snapshot(self.cloud, str(self.kwargs['snapshot_id']))

    def initial(self):
        return {name: self.snapshot.get(name) for name in ('name', 'description')}

    def save(self, form):
        volumes.update_snapshot(self.cloud, self.snapshot['id'], form.cleaned_data['name'],
                                form.cleaned_data['description'])
