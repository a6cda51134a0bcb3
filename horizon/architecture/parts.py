"""What the parts of a cloud are called, where they stand in the drawing, and what they are for."""
import dataclasses

from django.utils.translation import gettext_lazy as _

LANES = {'identity': _('Identity'), 'image': _('Images'), 'compute': _('Servers'), 'objects': _('Objects')}
# How many parts stand side by side in a lane, and the row of the drawing each row of a lane is in.
COLUMNS = {'identity': 1, 'image': 1, 'compute': 3, 'objects': 2}


@dataclasses.dataclass(frozen=True)
class Part:
    """`members`: names of the daemons it stands for. `row`: 0 APIs, 1 broker, 2 and 3 workers, 4 what is kept. `span`:
    how many columns it is wide."""

    key: str
    title: str
    lane: str
    row: int
    what: str
    members: tuple = ()
    kind: str = 'daemon'
    span: int = 1
    short: str = ''     # what stands in the drawing, under the lane's title


PARTS = (
    Part('you', _('You'), 'front', 0, _(
        'A person with a browser, or a program with a client. Whatever you ask for begins as one HTTP request, and '
        'gets an id by which it can be followed through everything you see here.'), kind='person'),
    Part('horizon', _('Dashboard'), 'front', 0, _(
        'The pages you are looking at. It has no powers and no database of its own: it asks the services with your '
        'token, as any client would, and shows what they answer.'), ('horizon',)),
    Part('operator', _('Operator API'), 'front', 0, _(
        'Reads the pulse of the daemons on a host and tells it over HTTP. This page is drawn from what it says. It '
        'only looks: it changes nothing.'), ('essex-operator',)),
    Part('keystone-api', _('Identity API'), 'identity', 0, _(
        'Keystone. Knows who you are and which projects you may work in. You show it your password once and get a '
        'token; the other services ask it whether a token is good. Its catalog tells where each service is.'),
        ('keystone-api',)),
    Part('keystone-db', _('Identity database'), 'identity', 4, _(
        'Users (their passwords only as hashes), projects, roles and the catalog.'), kind='database',
        short=_('Database')),
    Part('glance-api', _('Image API'), 'image', 0, _(
        'Glance. Keeps the disk images that servers start from: takes them in pieces, checks that they are what they '
        'claim to be, and hands them to compute hosts.'), ('glance-api',)),
    Part('glance-registry', _('Image registry'), 'image', 2, _(
        'The records of images behind the first version of the API, as in 2012.'), ('glance-registry',),
        short=_('Registry')),
    Part('image-store', _('Image store'), 'image', 3, _(
        'Where the bytes of images are: files, object storage, S3 or Ceph.'), kind='store'),
    Part('glance-db', _('Image database'), 'image', 4, _(
        'Names, owners, checksums and states of images; never their bytes.'), kind='database',
        short=_('Database')),
    Part('nova-api', _('Compute API'), 'compute', 0, _(
        'Nova’s front door. Checks what you ask for against rules and quota, writes the wish into the journal, and '
        'answers at once. The work itself is done by the daemons below, step by step.'), ('nova-api',)),
    Part('nova-metadata', _('Metadata'), 'compute', 0, _(
        'Answers servers that ask who they are: every guest finds its name, keys and user data at 169.254.169.254.'),
        ('nova-api-metadata',)),
    Part('nova-novncproxy', _('Console proxy'), 'compute', 0, _(
        'Carries the screen and keyboard of a server into your browser, for whoever has a fresh ticket.'),
        ('nova-novncproxy',), short=_('Consoles')),
    Part('broker', _('Message queues'), 'compute', 1, _(
        'Nova’s daemons do not call each other directly: they leave messages in queues. Who reads a queue takes the '
        'next message when it is free. A queue that grows waits for somebody.'), kind='broker', span=3),
    Part('nova-scheduler', _('Scheduler'), 'compute', 2, _(
        'Decides on which host a new server runs. Filters strike out hosts that do not fit, weighers rank the rest; '
        'if none is left, it says which filter rejected how many.'), ('nova-scheduler',)),
    Part('nova-network', _('Network'), 'compute', 2, _(
        'Gives servers their addresses: bridges, DHCP, floating addresses, and the firewall of security groups.'),
        ('nova-network',)),
    Part('nova-consoleauth', _('Console tickets'), 'compute', 2, _(
        'Remembers for some minutes who may see which server’s screen.'), ('nova-consoleauth',),
        short=_('Tickets')),
    Part('nova-compute', _('Compute'), 'compute', 3, _(
        'One on each host that runs servers. Fetches the image, makes the disk, starts the guest, and undoes every '
        'step when one fails. It takes over what a dead predecessor had begun.'), ('nova-compute',)),
    Part('hypervisor', _('Hypervisor'), 'compute', 3, _(
        'The program that lets many machines share one: QEMU with KVM where the processor helps. The fake one keeps '
        'records alone, for trying things out.'), kind='hypervisor'),
    Part('nova-volume', _('Volumes'), 'compute', 3, _(
        'Disks that outlive servers: made here, attached to a server, taken off again.'), ('nova-volume',)),
    Part('nova-db', _('Compute database'), 'compute', 4, _(
        'Servers, addresses, quotas, and the journal: every step of every long operation is written down before it is'
        ' taken, so that whoever comes back after a crash knows what to finish or undo.'), kind='database', span=3),
    Part('proxy-server', _('Object API'), 'objects', 0, _(
        'Swift’s front door. Finds in the ring which devices keep an object, and acknowledges an upload when most of '
        'its copies are safely on disk.'), ('proxy-server',)),
    Part('account-server', _('Accounts'), 'objects', 2, _(
        'Lists of the containers of each account.'), ('account-server',)),
    Part('container-server', _('Containers'), 'objects', 2, _(
        'Lists of the objects of each container.'), ('container-server',)),
    Part('object-server', _('Object server'), 'objects', 3, _(
        'The files themselves, each with its checksum, on the devices of this node.'), ('object-server',)),
    Part('swift-background', _('Caretakers'), 'objects', 3, _(
        'Daemons that walk over everything kept: they look for bits that flipped, bring copies that were lost, remove'
        ' what expired, and bring lists up to date.'), kind='background'),
    Part('devices', _('Devices'), 'objects', 4, _(
        'The disks. Every object is on several of them, in different zones where there are some.'),
        kind='store', span=2),
)
BY_KEY = {part.key: part for part in PARTS}
_BY_MEMBER = {name: part.key for part in PARTS for name in part.members}
_DATABASES = {'keystone': 'keystone-db', 'glance': 'glance-db', 'nova': 'nova-db'}
_STORES = {'glance': 'image-store', 'swift': 'devices'}
# Services of the catalog and the part that a call of them reaches.
APIS = {'identity': 'keystone-api', 'image': 'glance-api', 'compute': 'nova-api', 'object-store': 'proxy-server',
        'operator': 'operator'}
# Who speaks to whom.
EDGES = (('you', 'horizon'), ('horizon', 'operator'), ('horizon', 'keystone-api'), ('horizon', 'glance-api'),
         ('horizon', 'nova-api'), ('horizon', 'proxy-server'), ('keystone-api', 'keystone-db'),
         ('glance-api', 'glance-registry'), ('glance-api', 'image-store'), ('glance-registry', 'glance-db'),
         ('nova-api', 'broker'), ('nova-metadata', 'broker'), ('nova-novncproxy', 'broker'),
         ('broker', 'nova-scheduler'), ('broker', 'nova-network'), ('broker', 'nova-consoleauth'),
         ('broker', 'nova-compute'), ('broker', 'nova-volume'), ('nova-volume', 'nova-db'),
         ('nova-compute', 'hypervisor'),
         ('nova-compute', 'nova-db'), ('nova-network', 'nova-db'), ('nova-consoleauth', 'nova-db'),
         ('proxy-server', 'account-server'), ('proxy-server', 'container-server'), ('proxy-server', 'object-server'),
         ('object-server', 'devices'), ('swift-background', 'devices'))


def of_daemon(name, service=None):
    """The key of the part a daemon belongs to, None when the drawing has no place for it."""
    if name in _BY_MEMBER:
        return _BY_MEMBER[name]
    if service == 'swift' or name.startswith(('account-', 'container-', 'object-', 'swift-')):
        return 'swift-background'
    # A process of several daemons: what no one of them did.
    return {'nova': 'nova-compute', 'nova-all': 'nova-compute', 'glance': 'glance-api'}.get(name)


def database_of(service):
    """The key of a service's database, or None."""
    return _DATABASES.get(service)


def store_of(service):
    """The key of the part that stands for a service's stores, or None."""
    return _STORES.get(service)
