"""Pages of volumes."""
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from horizon.api import client, errors, images, quotas, servers, volumes
from horizon.project.snapshots.tables import Snapshots
from horizon.project.volumes import forms, quota, sources, states, tables
from horizon.ui.views import FormPage, Page, TableAnswers, TablePage


def _have(found, name, otherwise):
    """A result of client.settled, or what stands for it where the service failed."""
    return otherwise if isinstance(found.get(name), (errors.ApiError, type(None))) else found[name]


def server_names(cloud):
    """{id: name} of the project's servers, {} where Compute fails or is not there: one call at most."""
    if not cloud.has('compute'):
        return {}
    try:
        return {each['id']: each['name'] for each in servers.names(cloud)}
    except errors.TokenExpired:
        raise
    except errors.ApiError:
        return {}


class Index(TablePage):
    """All of the project, with the names of their servers: two calls."""

    table_class = tables.Volumes

    def load(self):
        cloud = self.cloud
        found = client.together(volumes=lambda: volumes.all_of(cloud), names=lambda: server_names(cloud))
        return tables.with_servers(found['volumes'], found['names'])


class OfVolume:
    """Views of one volume."""

    @cached_property
    def volume(self):
        """As block storage shows it: one call."""
        return volumes.get(self.cloud, self.volume_id)

    @property
    def volume_id(self):
        """Of the address."""
        return str(self.kwargs['volume_id'])

    @property
    def url(self):
        """Address of its page."""
        return reverse('project:volumes:detail', args=[self.volume_id])

    @property
    def called(self):
        """What people call it."""
        return self.volume.get('name') or self.volume_id


class Detail(OfVolume, TableAnswers, Page):
    """One volume with its snapshots, and what failed with it: four calls."""

    template = 'project/volumes/detail.html'

    @cached_property
    def found(self):
        """All calls of the page."""
        cloud, key = self.cloud, self.volume_id
        found = client.settled(volume=lambda: volumes.get(cloud, key), names=lambda: server_names(cloud),
                               snapshots=lambda: volumes.snapshots(cloud, volume_id=key),
                               messages=lambda: volumes.messages(cloud, key))
        if isinstance(found['volume'], errors.ApiError):
            raise found['volume']
        return found

    def make_tables(self):
        found, login = self.found, self.request.login
        rows = tables.with_servers([found['volume']], found['names'])
        problem = found['snapshots'] if isinstance(found['snapshots'], errors.ApiError) else None
        kept = [{**each, 'volume_name': None} for each in _have(found, 'snapshots', [])]
        return {'volumes': tables.Volumes(rows, login), 'snapshots': Snapshots(kept, login, problem=problem)}

    def get_title(self):
        return self.found['volume'].get('name') or self.volume_id

    def context(self):
        made = self.make_tables()
        row = made['volumes'].rows[0]
        return {'volume': row.data, 'row': row, 'table': made['snapshots'], 'kind': tables.kind(row.data),
                # Older block storage has no messages.
                'messages': _have(self.found, 'messages', []), 'server_url': tables.server_url(row.data),
                'bootable': states.is_bootable(row.data)}

    def get(self, request, *args, **kwargs):
        """The page, or what changed in its table."""
        return self.answer_poll(request) if 'poll' in request.GET else self.show()

    def post(self, request, *args, **kwargs):
        """An action."""
        return self.answer_action(request)

    def after_action(self, request):
        """To the list when the volume goes, else back."""
        gone = request.POST.get('table') == 'volumes' and request.POST.get('action', '').startswith('delete')
        return HttpResponseRedirect(self.panel.url if gone else request.path)


class Create(FormPage):
    """A new volume; what it can be made of, the types and what is left of the quota: five calls at once."""

    title, form_class, success = _('Create volume'), forms.CreateForm, _('The volume %(name)s is being made.')
    template = 'project/volumes/create.html'

    @cached_property
    def found(self):
        """What there is to choose from; what a service that fails has is missing."""
        cloud = self.cloud
        calls = {'volumes': lambda: volumes.all_of(cloud), 'types': lambda: volumes.types(cloud),
                 'snapshots': lambda: volumes.snapshots(cloud), 'limits': lambda: quotas.volume_limits(cloud)}
        if cloud.has('image'):
            calls['images'] = lambda: images.all_of(cloud, status='active')
        return client.settled(**calls)

    @cached_property
    def offer(self):
        """(images, volumes, snapshots)."""
        return tuple(_have(self.found, name, []) for name in ('images', 'volumes', 'snapshots'))

    def form_arguments(self):
        types = [each['name'] for each in _have(self.found, 'types', [])]
        return {'sources': sources.choices(*self.offer), 'least': sources.sizes(*self.offer),
                'types': types if len(types) > 1 else ()}

    def initial(self):
        given = super().initial()
        source = given.get('source', '')
        name = sources.name_of(source, *self.offer)
        copied = {'name': _now('%s copy') % name} if name and source.startswith('volume:') else {}
        least = sources.sizes(*self.offer).get(source, 1)
        return {'size': least, **copied, **given}

    def context(self):
        limits = _have(self.found, 'limits', {})
        asked = self.request.POST or self.initial()
        source = asked.get('source', '')
        size = _whole(asked.get('size')) or sources.sizes(*self.offer).get(source, 1)
        return {'meters': quota.meters(limits, volumes=1, gigabytes=size) if limits else []}

    def save(self, form):
        asked = form.cleaned_data
        values = {'name': asked['name'], 'description': asked['description'] or None, 'size': asked['size'],
                  **sources.body(asked.get('source', ''))}
        return volumes.create(self.cloud, {**values, **({'volume_type': asked['kind']} if asked.get('kind') else {})})

    def success_url(self, result):
        return reverse('project:volumes:detail', args=[result['id']])


def _whole(text):
    return int(text) if str(text or '').isdecimal() and len(str(text)) < 10 else 0


class Estimate(Page):
    """What is left of the quota, as one types a size: two calls at most."""

    def get(self, request, *args, **kwargs):
        cloud, size, source = self.cloud, _whole(request.GET.get('size')), request.GET.get('source', '')
        calls = {'limits': lambda: quotas.volume_limits(cloud)}
        if source:
            calls['size'] = lambda: sources.size_of(cloud, source)
        found = client.together(**calls)
        least = found.get('size', 1)
        wanted = {'gigabytes': (size or least) - _whole(request.GET.get('now'))}
        if not request.GET.get('now'):
            wanted = {'volumes': 1, **wanted}
        return render(request, 'project/volumes/_quota.html', {
            'meters': quota.meters(found['limits'], **wanted), 'need': least if 0 < size < least else None})


class VolumeForm(OfVolume, FormPage):
    """A form about one volume; leads back to its page."""

    template = 'project/volumes/form.html'

    def success_url(self, result):
        return self.url

    def breadcrumbs(self):
        return [*super().breadcrumbs(), (self.called, self.url)]


class Edit(VolumeForm):
    """Name, description, whether it boots: two calls, a third when that changes."""

    form_class, title, success = forms.EditForm, _('Edit volume'), _('Volume %(name)s saved.')

    def initial(self):
        return {'name': self.volume.get('name'), 'description': self.volume.get('description'),
                'bootable': states.is_bootable(self.volume)}

    def save(self, form):
        asked = form.cleaned_data
        if asked['bootable'] != states.is_bootable(self.volume):
            volumes.set_bootable(self.cloud, self.volume_id, asked['bootable'])
        volumes.update(self.cloud, self.volume_id, asked['name'], asked['description'])


class WithQuota(VolumeForm):
    """A form that shows what it takes of the quota: two calls."""

    def wanted(self):
        """{resource: how many more}."""
        raise TypeError(f'{type(self).__name__} has no wanted()')

    @cached_property
    def found(self):
        """The volume, and the limits where they can be had."""
        cloud, key = self.cloud, self.volume_id
        found = client.settled(volume=lambda: volumes.get(cloud, key), limits=lambda: quotas.volume_limits(cloud))
        if isinstance(found['volume'], errors.ApiError):
            raise found['volume']
        return found

    @property
    def volume(self):
        """As block storage shows it."""
        return self.found['volume']

    def context(self):
        limits = _have(self.found, 'limits', {})
        return {'meters': quota.meters(limits, **self.wanted()) if limits else [], 'volume': self.volume}


class Extend(WithQuota):
    """A larger size."""

    form_class, title, success = forms.ExtendForm, _('Extend volume'), _('The volume is being extended.')
    template = 'project/volumes/extend.html'

    def form_arguments(self):
        return {'now': self.volume['size']}

    def initial(self):
        return {'size': self.volume['size'] + 1}

    def wanted(self):
        asked = _whole(self.request.POST.get('size')) or self.volume['size'] + 1
        return {'gigabytes': max(0, asked - self.volume['size'])}

    def save(self, form):
        volumes.extend(self.cloud, self.volume_id, form.cleaned_data['size'])


class Attach(VolumeForm):
    """To a server: two calls."""

    form_class, title, success = forms.AttachForm, _('Attach volume'), _('The volume is being attached.')

    @cached_property
    def found(self):
        """The volume and the servers."""
        cloud, key = self.cloud, self.volume_id
        return client.together(volume=lambda: volumes.get(cloud, key), servers=lambda: servers.names(cloud))

    @property
    def volume(self):
        """As block storage shows it."""
        return self.found['volume']

    def form_arguments(self):
        return {'servers': sorted(self.found['servers'], key=lambda each: each['name'].lower())}

    def save(self, form):
        servers.attach_volume(self.cloud, form.cleaned_data['server'], self.volume_id, form.cleaned_data['device'])


class Snapshot(WithQuota):
    """What it holds now, kept."""

    form_class, title, success = forms.SnapshotForm, _('Take snapshot'), _('The snapshot %(name)s is being made.')

    def initial(self):
        return {'name': _now('%s snapshot') % self.called}

    def wanted(self):
        return {'snapshots': 1, 'gigabytes': self.volume['size']}

    def context(self):
        return {**super().context(), 'in_use': self.volume['status'] == states.IN_USE}

    def save(self, form):
        volumes.create_snapshot(self.cloud, self.volume_id, form.cleaned_data['name'],
                                form.cleaned_data['description'] or None, force=self.volume['status'] == states.IN_USE)
