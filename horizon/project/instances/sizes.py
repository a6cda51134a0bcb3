"""Flavors to choose from, with what they cost of the quota."""
from django import forms
from django.utils.translation import gettext as _

UNLIMITED = -1
# Names of the limits call: what there may be, what there is.
_INSTANCES = ('maxTotalInstances', 'totalInstancesUsed')
_CORES = ('maxTotalCores', 'totalCoresUsed')
_RAM = ('maxTotalRAMSize', 'totalRAMUsed')


class Quota:
    """What is left of a project's quota. `limits`: absolute ones of the limits call; {}: nothing is known."""

    def __init__(self, limits):
        self._limits = limits

    def _pair(self, names):
        return self._limits.get(names[0], UNLIMITED), self._limits.get(names[1], 0)

    def left(self, names):
        """How many more, None without a limit."""
        limit, used = self._pair(names)
        return None if limit == UNLIMITED else max(0, limit - used)

    def room_for(self, flavor):
        """How many servers of a flavor fit, None without a limit."""
        shares = [(self.left(_INSTANCES), 1), (self.left(_CORES), flavor['vcpus']), (self.left(_RAM), flavor['ram'])]
        fits = [left // need for left, need in shares if left is not None and need]
        return min(fits) if fits else None

    def allows(self, flavor, instead):
        """Whether a server may have a flavor instead of the one it has."""
        shares = [(self.left(_CORES), flavor['vcpus'] - instead['vcpus']),
                  (self.left(_RAM), flavor['ram'] - instead['ram'])]
        return all(left is None or need <= 0 or need <= left for left, need in shares)

    def meters(self, flavor, count):
        """[{label, used, limit, more, unit}] with `count` servers of a flavor more."""
        more = {_INSTANCES: count, _CORES: flavor['vcpus'] * count, _RAM: flavor['ram'] * count}
        labels = {_INSTANCES: (_('Instances'), ''), _CORES: (_('vCPUs'), ''), _RAM: (_('Memory'), 'MB')}
        return [self._meter(names, label, unit, more[names]) for names, (label, unit) in labels.items()]

    def _meter(self, names, label, unit, more):
        limit, used = self._pair(names)
        return {'label': label, 'limit': limit, 'unit': unit, 'used': used, 'more': more}


class FlavorCards(forms.RadioSelect):
    """Radio buttons as cards; `cards`: {id: {flavor, room}}."""

    template_name = 'project/instances/flavor_cards.html'
    cards = {}

    def create_option(self, name, value, *args, **kwargs):
        """Django's option with its card."""
        return {**super().create_option(name, value, *args, **kwargs), 'card': self.cards.get(str(value))}


class FlavorField(forms.ChoiceField):
    """A choice among flavors."""

    widget = FlavorCards

    def offer(self, flavors, quota, instead=None):
        """Set what there is to choose from, for a server more, or for one that has the flavor `instead` now."""
        self.choices = [(each['id'], each['name']) for each in flavors]
        self.widget.cards = {each['id']: {
            'flavor': each, 'room': None if instead else quota.room_for(each),
            'over': not quota.allows(each, instead) if instead else quota.room_for(each) == 0} for each in flavors}


def smallest(flavors, quota, image=None):
    """The id of the smallest flavor that fits an image and the quota; of the smallest that fits the image; None."""
    need_ram, need_disk = (image or {}).get('min_ram') or 128, (image or {}).get('min_disk') or 0
    fine = [each for each in flavors if each['ram'] >= need_ram and (each['disk'] >= need_disk or not each['disk'])]
    roomy = [each for each in fine if quota.room_for(each) != 0]
    return next((each['id'] for each in (*roomy, *fine, *flavors)), None)


def unfit(flavor, image):
    """Why an image does not run on a flavor, or None."""
    if flavor['ram'] < (image.get('min_ram') or 0):
        return _('This image needs at least %(need)s MB of memory; %(flavor)s has %(ram)s MB.') % {
            'need': image['min_ram'], 'flavor': flavor['name'], 'ram': flavor['ram']}
    if flavor['disk'] and flavor['disk'] < (image.get('min_disk') or 0):
        return _('This image needs a disk of at least %(need)s GB; %(flavor)s has %(disk)s GB.') % {
            'need': image['min_disk'], 'flavor': flavor['name'], 'disk': flavor['disk']}
    return None
