"""After the first start: accounts, catalog, flavors, network, images. Every part looks before it makes."""
import json

from essex.cloud import prepare
from essex.cloud.api import Api, ensure

# name, id, MB, GB disk, cores. m1.* are the classic ones; the small ones fit the tiny guest.
FLAVORS = (('m1.nano', '42', 64, 1, 1), ('m1.micro', '84', 128, 1, 1), ('m1.tiny', '1', 512, 1, 1),
           ('m1.small', '2', 2048, 20, 1), ('m1.medium', '3', 4096, 40, 2), ('m1.large', '4', 8192, 80, 4),
           ('m1.xlarge', '5', 16384, 160, 8))


def run(layout, settings, say):
    """Make everything a new cloud offers. `say(text)` reports progress."""
    admin = Api(settings, 'admin')
    say('accounts and catalog')
    _accounts(admin, settings)
    _catalog(admin, settings)
    say('flavors')
    _flavors(admin)
    say(f'network {settings.network_cidr} on {settings.bridge}, floating addresses {settings.floating_cidr}')
    _network(layout, settings, admin)
    _images(layout, admin, say)


def _accounts(admin, settings):
    roles = {role['name']: role['id'] for role in admin.identity.get('/roles').json()['roles']}
    for name in ('swiftoperator', 'ResellerAdmin'):
        ensure(admin.identity, 'roles', name, {})
    for project, users in (('service', ('nova', 'glance', 'swift', 'operator')), ('demo', ('demo',))):
        made = ensure(admin.identity, 'projects', project, {'domain_id': 'default'})
        for user in users:
            values = {'domain_id': 'default', 'password': settings.password(user), 'default_project_id': made['id']}
            account = ensure(admin.identity, 'users', user, values)
            for role in ('service', 'admin') if project == 'service' else ('member',):
                admin.identity.put(f'/projects/{made["id"]}/users/{account["id"]}/roles/{roles[role]}')


def _catalog(admin, settings):
    # Kind, name, URL, and that for administrators where it is another.
    wanted = (('compute', 'nova', settings.url('nova', '/v2.1'), None),
              ('image', 'glance', settings.url('glance'), None),
              # Today's clients take either name; test suites and older ones look for one of them.
              ('block-storage', 'cinder', settings.url('volume', '/v3/%(project_id)s'), None),
              ('volumev3', 'cinderv3', settings.url('volume', '/v3/%(project_id)s'), None),
              ('object-store', 'swift', settings.url('swift', '/v1/AUTH_%(project_id)s'), settings.url('swift')),
              ('s3', 's3', settings.url('swift'), None),
              ('operator', 'essex', settings.url('operator', '/v1'), None))
    endpoints = admin.identity.get('/endpoints').json()['endpoints']
    for kind, name, usual, admins in wanted:
        service = ensure(admin.identity, 'services', name, {'type': kind})
        for interface in ('public', 'internal', 'admin'):
            url = admins if admins and interface == 'admin' else usual
            there = [each for each in endpoints
                     if each['service_id'] == service['id'] and each['interface'] == interface]
            body = {'endpoint': {'service_id': service['id'], 'interface': interface, 'url': url,
                                 'region_id': settings.region}}
            if not there:
                admin.identity.post('/endpoints', json=body)
            elif there[0]['url'] != url:
                admin.identity.patch(f'/endpoints/{there[0]["id"]}', json={'endpoint': {'url': url}})


def _flavors(admin):
    present = {each['name'] for each in admin.compute.get('/flavors', params={'is_public': 'None'}).json()['flavors']}
    for name, identity, memory, disk, cores in FLAVORS:
        if name not in present:
            admin.compute.post('/flavors', json={'flavor': {'name': name, 'id': identity, 'ram': memory, 'disk': disk,
                                                            'vcpus': cores}})


def _network(layout, settings, admin):
    if not admin.compute.get('/os-networks').json()['networks']:
        prepare.manage(layout, 'nova', f'network create private {settings.network_cidr}')
    # Repeated calls add only what is missing.
    prepare.manage(layout, 'nova', f'floating create {settings.floating_cidr}')


def _images(layout, admin, say):
    present = {each['name']: each['id'] for each in admin.image.get('/images').json()['images']}
    description = layout.guest / 'metadata.json'
    if not description.exists():
        if 'blank' not in present:
            say('image "blank": an empty disk, as no guest image was built here')
            _upload(admin, {'name': 'blank', 'disk_format': 'raw', 'container_format': 'bare'}, bytes(1 << 20))
        return
    made = {}
    for role, image in json.loads(description.read_text())['images'].items():
        name = image['name']
        if name not in present:
            say(f'image "{name}"')
            # The root file system names its kernel and ramdisk, whose ids are known by now.
            properties = {key: value.format(**made) for key, value in image['properties'].items()}
            values = {'name': name, 'disk_format': image['disk_format'], 'container_format': image['container_format'],
                      'min_ram': image['min_ram'], 'min_disk': image['min_disk'], **properties}
            with open(layout.guest / image['file'], 'rb') as data:
                present[name] = _upload(admin, values, data)
        made[role] = present[name]


def _upload(admin, values, data):
    image = admin.image.post('/images', json={**values, 'visibility': 'public'}).json()
    admin.image.put(f'/images/{image["id"]}/file', data=data, headers={'Content-Type': 'application/octet-stream'})
    return image['id']
