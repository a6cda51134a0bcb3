"""Pages of aggregates."""
from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.admin.aggregates.tables import Aggregates, Zones
from horizon.admin.fields import KeyValues, changes
from horizon.api import client, errors, services
from horizon.ui.forms import Form
from horizon.ui.views import FormPage, TablePage, TablePaging

_ZONE = 'availability_zone'


class Index(TablePage):
    """Aggregates and zones: two calls at once."""

    def make_tables(self):
        found = client.settled(aggregates=lambda: services.aggregates(self.cloud),
                               zones=lambda: services.zones(self.cloud))
        if not isinstance(found['zones'], errors.ApiError):
            found['zones'] = [{**each, 'state': 'available' if each['zoneState']['available'] else 'not available'}
                              for each in found['zones']]
        return {kind.name: self._table(kind, found[kind.name]) for kind in (Aggregates, Zones)}

    def _table(self, kind, rows):
        if isinstance(rows, errors.ApiError):
            return kind([], self.request.login, problem=rows)
        return kind(rows, self.request.login, page=TablePaging(self.request, kind, total=len(rows)))


class AggregateForm(Form):
    """All of an aggregate."""

    name = forms.CharField(label=gettext_lazy('Name'), max_length=255)
    zone = forms.CharField(label=gettext_lazy('Availability zone'), required=False, max_length=255,
                           help_text=gettext_lazy('Users choose it for their instances. A host is in one zone at most. '
                                                  'Empty: none.'))
    hosts = forms.MultipleChoiceField(label=gettext_lazy('Hosts'), required=False,
                                      widget=forms.CheckboxSelectMultiple())
    metadata = KeyValues(label=gettext_lazy('Metadata'), help_text=gettext_lazy(
        'One key=value a line. Flavors ask for it in their extra specs.'))

    def __init__(self, *args, hosts=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields['hosts'].choices = [(each, each) for each in hosts]


class AggregatePage(FormPage):
    """What creating and editing have in common."""

    form_class = AggregateForm

    def hosts(self):
        """Names of the hosts that run servers: one call."""
        return sorted({each['service']['host'] for each in services.hypervisors(self.cloud)})

    def finish(self, key, form, old):
        """Make hosts and metadata those of the form; `old`: what there is."""
        asked = form.cleaned_data
        services.change_hosts(self.cloud, key, set(asked['hosts']) - set(old['hosts']),
                              set(old['hosts']) - set(asked['hosts']))
        values, gone = changes(plain(old['metadata']), plain(asked['metadata']))
        if values or gone:
            services.set_metadata(self.cloud, key, {**values, **dict.fromkeys(gone)})


def plain(metadata):
    """Metadata without the zone, which has a field of its own."""
    return {key: value for key, value in metadata.items() if key != _ZONE}


class Create(AggregatePage):
    """A new one. One call; to save: one, and one a host, and one for metadata."""

    title, success = gettext_lazy('Create aggregate'), gettext_lazy('Aggregate %(name)s created.')

    def form_arguments(self):
        return {'hosts': self.hosts()}

    def save(self, form):
        made = services.create_aggregate(self.cloud, form.cleaned_data['name'], form.cleaned_data['zone'] or None)
        self.finish(made['id'], form, {'hosts': [], 'metadata': {}})


class Edit(AggregatePage):
    """All of one. Two calls; to save: one for each thing changed."""

    success = gettext_lazy('Aggregate %(name)s saved.')

    @cached_property
    def found(self):
        """The aggregate and all hosts."""
        return client.together(aggregate=lambda: services.aggregate(self.cloud, self.kwargs['aggregate_id']),
                               hosts=self.hosts)

    @property
    def aggregate(self):
        """The aggregate."""
        return self.found['aggregate']

    def get_title(self):
        return _('Edit %s') % self.aggregate['name']

    def form_arguments(self):
        # A host that is gone stays in its aggregate until somebody takes it out.
        return {'hosts': sorted({*self.found['hosts'], *self.aggregate['hosts']})}

    def initial(self):
        return {'name': self.aggregate['name'], 'zone': self.aggregate[_ZONE], 'hosts': self.aggregate['hosts'],
                'metadata': plain(self.aggregate['metadata'])}

    def save(self, form):
        asked, key = form.cleaned_data, self.aggregate['id']
        new = {'name': asked['name'], _ZONE: asked['zone'] or None}
        changed = {name: value for name, value in new.items() if self.aggregate[name] != value}
        if changed:
            services.update_aggregate(self.cloud, key, **changed)
        self.finish(key, form, self.aggregate)
