"""Forms that change one server."""
import datetime

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.api import client, flavors, floating_ips, images, quotas, security_groups, servers, volumes
from horizon.project.instances import forms, sizes, sources
from horizon.ui.views import FormPage


class ServerForm(FormPage):
    """A form for the server of the address: one call for it, beside those a form needs (`calls`)."""

    template = 'project/instances/form.html'
    intro = ''
    title_of = ''

    @property
    def server_id(self):
        """Of the address."""
        return str(self.kwargs['server_id'])

    def calls(self):
        """{name: function} of what the form's choices need."""
        return {}

    @cached_property
    def found(self):
        """Answers of `calls`, and `server`. Raises ApiError."""
        cloud, key = self.cloud, self.server_id
        return client.together(**self.calls(), server=lambda: servers.get(cloud, key))

    @property
    def server(self):
        """As the API shows it."""
        return self.found['server']

    def get_title(self):
        return f'{self.title}: {self.server["name"]}'

    def breadcrumbs(self):
        return [*super().breadcrumbs(), (self.server['name'], self.server_url)]

    @property
    def server_url(self):
        """Its page."""
        return reverse('project:instances:detail', args=[self.server_id])

    def success_url(self, result):
        return self.server_url

    def act(self, name, value=None):
        """An action of the API."""
        return servers.act(self.cloud, self.server_id, name, value)


class Rename(ServerForm):
    """Another name; the server itself keeps the host name it was made with."""

    title, form_class, success = gettext_lazy('Rename'), forms.NameForm, gettext_lazy('Now called %(name)s.')

    def initial(self):
        return {'name': self.server['name']}

    def save(self, form):
        servers.rename(self.cloud, self.server_id, form.cleaned_data['name'])


class Snapshot(ServerForm):
    """An image of its disk."""

    title, form_class = gettext_lazy('Take a snapshot'), forms.SnapshotForm
    success = gettext_lazy('Taking the snapshot %(name)s. It will be among the images.')
    intro = gettext_lazy('The image holds what is on the disk at this moment; the server goes on. From it new servers '
                         'can be launched.')

    def initial(self):
        return {'name': f'{self.server["name"]} {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M}'}

    def save(self, form):
        self.act('createImage', {'name': form.cleaned_data['name']})


class Resize(ServerForm):
    """Another flavor. The server stops for it, and one confirms or undoes it afterwards."""

    title, form_class, success = gettext_lazy('Resize'), forms.ResizeForm, gettext_lazy('The resize has begun.')
    intro = gettext_lazy('The server is shut off, gets its new size and starts again. Then you keep it, or go back.')

    def calls(self):
        cloud = self.cloud
        return {'flavors': lambda: flavors.all_of(cloud), 'limits': lambda: quotas.limits(cloud)}

    def form_arguments(self):
        now = self._now
        return {'flavors': [each for each in self.found['flavors'] if each['id'] != now.get('id')],
                'quota': sizes.Quota(self.found['limits']), 'now': now}

    @property
    def _now(self):
        """The flavor it has; of one that is no longer offered nothing is known."""
        inside, known = self.server['flavor'], self.found['flavors']
        return next((each for each in known if inside.get('id') == each['id']
                     or inside.get('original_name') == each['name']), {'vcpus': 0, 'ram': 0, **inside})

    def context(self):
        return {'now': self._now}

    def save(self, form):
        self.act('resize', {'flavorRef': form.cleaned_data['flavor']})


class Rebuild(ServerForm):
    """A new disk; name, addresses and id stay."""

    title, form_class, success = gettext_lazy('Rebuild'), forms.RebuildForm, gettext_lazy('The rebuild has begun.')
    intro = gettext_lazy('The server gets a new disk made of the image. What is on its disk now is lost. It keeps its '
                         'id, name, addresses and volumes.')
    is_danger = True

    def calls(self):
        cloud = self.cloud
        return {'images': lambda: images.all_of(cloud, status='active')}

    def initial(self):
        return {'image': self.server['image']['id'] if self.server.get('image') else None}

    def form_arguments(self):
        return {'images': sources.bootable(self.found['images'])}

    def save(self, form):
        self.act('rebuild', {'imageRef': form.cleaned_data['image']})


class Associate(ServerForm):
    """A floating address; a new one in the same step."""

    title, form_class = gettext_lazy('Give a floating address'), forms.AssociateForm
    success = gettext_lazy('The address leads to the server now.')
    intro = gettext_lazy('By a floating address the server is reached from outside.')

    def calls(self):
        cloud = self.cloud
        return {'addresses': lambda: floating_ips.all_of(cloud), 'pools': lambda: floating_ips.pools(cloud)}

    def form_arguments(self):
        return {'free': [each for each in self.found['addresses'] if not each.get('instance_id')
                         and not each.get('fixed_ip')],
                'pools': self.found['pools'], 'fixed': servers.fixed_addresses(self.server)}

    def save(self, form):
        address, fixed = form.cleaned_data['address'], form.cleaned_data.get('fixed')
        if address.startswith(forms.NEW):
            address = floating_ips.allocate(self.cloud, address.removeprefix(forms.NEW))['ip']
        self.act('addFloatingIp', {'address': address, **({'fixed_address': fixed} if fixed else {})})


class Groups(ServerForm):
    """Its security groups; one call for each that comes or goes."""

    title, form_class = gettext_lazy('Security groups'), forms.GroupsForm
    success = gettext_lazy('The security groups are changed.')

    def calls(self):
        cloud = self.cloud
        return {'groups': lambda: security_groups.all_of(cloud)}

    def initial(self):
        return {'groups': sorted(self._has)}

    @property
    def _has(self):
        return {each['name'] for each in self.server.get('security_groups', ())}

    def form_arguments(self):
        return {'groups': self.found['groups']}

    def save(self, form):
        wanted, has = set(form.cleaned_data['groups']), self._has
        # New ones first: what both allow is never closed in between.
        for name in sorted(wanted - has):
            self.act('addSecurityGroup', {'name': name})
        for name in sorted(has - wanted):
            self.act('removeSecurityGroup', {'name': name})


class Metadata(ServerForm):
    """Its key-value pairs."""

    title, form_class, success = gettext_lazy('Metadata'), forms.MetadataForm, gettext_lazy('The metadata is changed.')

    def initial(self):
        return {'pairs': '\n'.join(f'{key} = {value}' for key, value in sorted(self.server['metadata'].items()))}

    def save(self, form):
        servers.set_metadata(self.cloud, self.server_id, form.cleaned_data['pairs'])


class VolumeForm(ServerForm):
    """A form about volumes, where the cloud has some."""

    def dispatch(self, request, *args, **kwargs):
        if not request.login.has_service('volumev3'):
            raise Http404(_('This cloud has no volumes.'))
        return super().dispatch(request, *args, **kwargs)


class Attach(VolumeForm):
    """A volume as a further disk."""

    title, form_class = gettext_lazy('Attach a volume'), forms.AttachForm
    success = gettext_lazy('The volume is being attached.')

    def calls(self):
        cloud = self.cloud
        return {'volumes': lambda: volumes.all_of(cloud, status='available')}

    def form_arguments(self):
        return {'volumes': [each for each in self.found['volumes'] if each['status'] == 'available']}

    def save(self, form):
        servers.attach_volume(self.cloud, self.server_id, form.cleaned_data['volume'], form.cleaned_data['device'])


class Detach(VolumeForm):
    """A disk it no longer needs."""

    title, form_class = gettext_lazy('Detach a volume'), forms.DetachForm
    success = gettext_lazy('The volume is being detached.')

    def calls(self):
        cloud, key = self.cloud, self.server_id
        return {'attached': lambda: servers.volumes(cloud, key), 'volumes': lambda: volumes.all_of(cloud)}

    def form_arguments(self):
        names = {each['id']: each.get('name') for each in self.found['volumes']}
        return {'volumes': [(each['volumeId'], f'{names.get(each["volumeId"]) or each["volumeId"]} ({each["device"]})')
                            for each in self.found['attached']]}

    def save(self, form):
        servers.detach_volume(self.cloud, self.server_id, form.cleaned_data['volume'])
