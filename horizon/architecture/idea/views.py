"""How the cloud works, drawn from the catalog of whoever looks: for everybody, without a call."""
import dataclasses

from django.utils.translation import gettext_lazy as _

from horizon.ui import views


@dataclasses.dataclass(frozen=True)
class Service:
    """A service of the drawing: its types in the catalog, its place, what it is."""

    key: str
    types: tuple
    title: str
    project: str
    x: int
    y: int
    what: str


SERVICES = (
    Service('identity', ('identity',), _('Identity'), 'Keystone', 350, 12, _(
        'Knows who is who and what is where. You show it your name and password once, and get a token that speaks for'
        ' you for a while, in one project. Every other service asks it whether a token is good.')),
    Service('compute', ('compute',), _('Servers'), 'Nova', 350, 176, _(
        'Makes servers: finds a host with room, gives it an address, starts it from an image, and looks after it. It '
        'keeps no images and no passwords; it asks those who do.')),
    Service('image', ('image',), _('Images'), 'Glance', 700, 176, _(
        'Keeps the disks that servers start from, and the snapshots you make of them. It knows their owners and their'
        ' checksums, so that what a server starts from is what was uploaded.')),
    Service('volume', ('volumev3', 'block-storage', 'volume'), _('Volumes'), 'Nova-volume', 350, 340, _(
        'Disks that outlive servers: attach one, take it off, attach it to another.')),
    Service('objects', ('object-store',), _('Objects'), 'Swift', 700, 340, _(
        'Keeps files of any size, each on several disks. There is no server behind them to look after: a file has an '
        'address, and is there.')),
)
WIDTH, HEIGHT = 190, 80
# From, to, what passes, the line, and where the words stand.
LINES = (
    ('you', 'identity', _('name and password'), 'M160 190C200 60 270 52 350 52', (196, 84)),
    ('you', 'compute', _('“a server, please”'), 'M170 216H350', (186, 206)),
    ('you', 'objects', _('files'), 'M160 242C200 500 560 500 700 400', (236, 418)),
    ('compute', 'identity', _('is this token good?'), 'M445 176V92', (455, 140)),
    ('image', 'identity', _('and this one?'), 'M795 176C795 100 700 52 540 52', (690, 84)),
    ('compute', 'image', _('images, snapshots'), 'M540 216H700', (562, 206)),
    ('compute', 'volume', _('disks'), 'M445 256V340', (455, 304)),
    ('image', 'objects', _('may keep its bytes there'), 'M795 256V340', (805, 304)),
)
STORY = (
    _('You ask the Compute API for a server, with your token. It checks the token, your quota, the image and the '
      'flavor, writes the wish down and answers at once: 202, and the id of your server.'),
    _('A message in a queue wakes the scheduler. It strikes out every host that does not fit and takes the best of '
      'the rest.'),
    _('The compute daemon of that host takes over, step by step: each step is written down before it is taken, and '
      'has its own undo.'),
    _('The network daemon gives the server an address, and opens only what its security groups allow.'),
    _('The image comes from the Image service, is checked, and becomes the server’s disk. The second time it is '
      'there already.'),
    _('The hypervisor starts the guest. The server is ACTIVE; it asks the metadata service who it is, and lets you in '
      'with your key.'),
)


class Index(views.Page):
    """The drawing, the services one by one, and what happens when a server is made."""

    template = 'architecture/idea/index.html'

    def context(self):
        """No call: the catalog came with the log-in."""
        cloud = self.cloud
        there = {}
        for service in SERVICES:
            for entry in cloud.catalog:
                urls = [each['url'] for each in entry['endpoints'] if each['interface'] == cloud.interface
                        and cloud.region in (None, each['region'])]
                if entry['type'] in service.types and urls:
                    there.setdefault(service.key, {'service': service, 'url': urls[0], 'name': entry['name']})
        lines = [line for line in LINES if all(end == 'you' or end in there for end in line[:2])]
        return {'services': list(there.values()), 'lines': lines, 'story': STORY}
