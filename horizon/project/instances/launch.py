"""Launching servers, on one page."""
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from horizon.api import client, errors, flavors, images, keypairs, networks, quotas, security_groups, servers, volumes
from horizon.api import zones as zones_api
from horizon.project.instances import sizes, sources
from horizon.project.instances.forms import LaunchForm
from horizon.ui.views import FormPage, Page


class Offer:
    """Everything a launch has to choose from. Raises ApiError without flavors or images; of what else cannot be had
    there is nothing to choose, and the cloud's own default is taken."""

    def __init__(self, cloud):
        self.has_volumes = cloud.has('volumev3')
        calls = {'flavors': lambda: flavors.all_of(cloud), 'images': lambda: images.all_of(cloud, status='active'),
                 'keys': lambda: keypairs.all_of(cloud), 'groups': lambda: security_groups.all_of(cloud),
                 'zones': lambda: zones_api.all_of(cloud), 'networks': lambda: networks.all_of(cloud),
                 'limits': lambda: quotas.limits(cloud)}
        if self.has_volumes:
            calls |= {'volumes': lambda: volumes.all_of(cloud, status='available', bootable='true'),
                      'snapshots': lambda: volumes.snapshots(cloud, status='available')}
        found = client.settled(**calls)
        for needed in ('flavors', 'images'):
            if isinstance(found[needed], errors.ApiError):
                raise found[needed]

        def have(name, otherwise=()):
            value = found.get(name, otherwise)
            return otherwise if isinstance(value, errors.ApiError) else value
        self.flavors = [each for each in found['flavors'] if not each.get('OS-FLV-DISABLED:disabled')]
        self.images, self.quota = sources.bootable(found['images']), sizes.Quota(have('limits', {}))
        self.keys, self.groups, self.zones = have('keys'), have('groups'), have('zones')
        self.networks = have('networks')
        bootable = [each for each in have('volumes') if str(each.get('bootable')).lower() == 'true']
        self.sources = sources.choices(self.images, bootable, have('snapshots'))

    def image(self, source):
        """The image a value of the field names; None for a volume."""
        return next((each for each in self.images if f'image:{each["id"]}' == source), None)

    def flavor(self, flavor_id):
        """A flavor; None for one that is not offered."""
        return next((each for each in self.flavors if each['id'] == flavor_id), None)


def estimate(quota, flavor, count, image=None):
    """What a launch would leave of the quota, for the template."""
    room = quota.room_for(flavor)
    return {'flavor': flavor, 'count': count, 'meters': quota.meters(flavor, count),
            'left': None if room is None else room - count, 'unfit': sizes.unfit(flavor, image) if image else None}


def _count(text):
    return max(1, min(int(text), 1000)) if str(text).isdecimal() and len(str(text)) < 6 else 1


class Launch(FormPage):
    """The page. What is not chosen has a default: a name is enough."""

    title, form_class, template = gettext_lazy('Launch'), LaunchForm, 'project/instances/launch.html'

    def initial(self):
        # A stranger's link must not bring a script along that somebody launches unread.
        return {name: value for name, value in super().initial().items() if name != 'user_data'}

    def form_arguments(self):
        self.offer = Offer(self.cloud)
        return {'offer': self.offer}

    def show(self, status=200, template=None, **more):
        form = more['form']
        self._preselect(form)
        flavor = self.offer.flavor(form['flavor'].value())
        more['estimate'] = flavor and estimate(
            self.offer.quota, flavor, _count(form['count'].value()), self.offer.image(form['source'].value()))
        return super().show(status, template, **more)

    def _preselect(self, form):
        """Defaults of a form that is not filled in. ?source=image:ID, ?image=ID, ?flavor=ID choose."""
        if form.is_bound:
            return
        offer, query = self.offer, self.request.GET
        wanted = form.initial.pop('source', None) or next(
            (f'{kind}:{query[kind]}' for kind in ('image', 'volume', 'snapshot') if kind in query), None)
        source = wanted if wanted and any(wanted == value for _g, entries in offer.sources for value, _l in entries) \
            else sources.first(offer.sources)
        form.initial = {
            'count': 1, 'source': source, 'key': offer.keys[0]['name'] if offer.keys else '',
            'flavor': sizes.smallest(offer.flavors, offer.quota, offer.image(source)),
            'groups': [each['name'] for each in offer.groups if each['name'] == 'default'],
            'networks': [each['id'] for each in offer.networks[:1]], **form.initial}

    def post(self, request, *args, **kwargs):
        if 'recalculate' in request.POST:
            # Without JavaScript the estimate comes with the page.
            return self.show(form=self.form_class(initial=self.typed(), **self.form_arguments()))
        return super().post(request, *args, **kwargs)

    def save(self, form):
        data = form.cleaned_data
        body = {'name': data['name'], 'flavorRef': data['flavor'], 'min_count': data['count'],
                'max_count': data['count'],
                **sources.body(data['source'], data.get('new_volume'), data.get('delete_volume', False))}
        optional = {'key_name': data['key'], 'availability_zone': data['zone'], 'user_data': data['user_data'],
                    'config_drive': data['config_drive'],
                    'security_groups': [{'name': each} for each in data['groups']],
                    'networks': [{'uuid': each} for each in data.get('networks', ())]}
        return servers.create(self.cloud, {**body, **{name: value for name, value in optional.items() if value}})

    def success_message(self, result, form):
        if form.cleaned_data['count'] > 1:
            return _('Launching %(count)d servers named %(name)s.') % form.cleaned_data
        return ''

    def success_url(self, result):
        """To the server, which shows how it comes to be; to the list of several."""
        if _count(self.request.POST.get('count')) > 1:
            return self.panel.url
        return reverse('project:instances:detail', args=[result['id']])


class Estimate(Page):
    """The estimate alone, as one changes flavor, count and image: three calls at most."""

    def get(self, request, *args, **kwargs):
        cloud, wanted = self.cloud, request.GET
        kind, _colon, key = wanted.get('source', '').partition(':')
        calls = {'flavors': lambda: flavors.all_of(cloud), 'limits': lambda: quotas.limits(cloud)}
        if kind == 'image':
            calls['image'] = lambda: images.get(cloud, key)
        found = client.settled(**calls)
        for needed in ('flavors', 'limits'):
            if isinstance(found[needed], errors.ApiError):
                raise found[needed]
        flavor = next((each for each in found['flavors'] if each['id'] == wanted.get('flavor')), None)
        image = found.get('image') if isinstance(found.get('image'), dict) else None
        made = flavor and estimate(sizes.Quota(found['limits']), flavor, _count(wanted.get('count', '')), image)
        return render(request, 'project/instances/_estimate.html', {'estimate': made})
