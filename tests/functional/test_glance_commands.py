"""The commands of the image service, against daemons that glance-control starts: the cache's, scrubber, replicator."""
import json

import pytest
import requests

from tests.fixtures.cloud import ROOT
from tests.fixtures.commands import SHARED, Commands
from tests.fixtures.processes import free_port, listening, wait_for

DATA = bytes(range(256)) * 5000
META = {'x-image-meta-name': 'eins', 'x-image-meta-disk_format': 'raw', 'x-image-meta-container_format': 'bare',
        'x-image-meta-property-color': 'rot', 'x-image-meta-min_ram': '5'}
# What the commands' programs import: the options they share, none of a single command.
_COMMANDS = ('glance.cmd.manage', 'glance.cmd.scrubber', 'glance.cmd.cache_manage', 'glance.cmd.replicator')


class Service:
    """An image service without Keystone, in a directory of its own."""

    def __init__(self, directory, commands):
        directory.mkdir()
        self._commands = commands
        self.directory, self.port = directory, free_port()
        self.address = f'127.0.0.1:{self.port}'
        self.conf = directory / 'glance-api.conf'
        self.conf.write_text(
            f'[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = {self.port}\nstate_path = {directory}\n'
            f'delayed_delete = true\nscrub_time = 3600\nimage_cache_dir = {directory}/cache\nimage_cache_max_size = 1\n'
            f'log_file = {directory}/log\n[database]\nconnection = sqlite:///{directory}/glance.sqlite\n'
            '[paste_deploy]\nflavor = cachemanagement\n')
        for name in ('glance-api-paste.ini', 'glance-registry-paste.ini'):
            (directory / name).write_text((ROOT / 'etc' / 'glance' / name).read_text())
        self.run('manage', '--config-file', self.conf, 'db', 'sync')

    def run(self, command, *args, status=0, text=None):
        """What a command prints."""
        done = self._commands.run(f'glance-{command}', *args, text=text or '')
        assert done.returncode == status, (command, args, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def control(self, command, *options, status=0):
        return self.run('control', '--pid-dir', self.directory / 'run', *options, 'api', command, self.conf,
                        status=status)

    def start(self):
        self.control('start', '--await-child', '0.5')
        wait_for(lambda: listening(self.port), 30)
        return self

    def post(self, data=DATA, **headers):
        """The id of a new image."""
        answer = requests.post(f'http://{self.address}/v1/images', data=data, timeout=30, headers={
            **META, **headers, 'Content-Type': 'application/octet-stream'})
        assert answer.status_code == 201, answer.text
        return answer.json()['image']['id']

    def get(self, path):
        return requests.get(f'http://{self.address}/{path}', timeout=30)


@pytest.fixture(scope='module')
def services(tmp_path_factory):
    directory = tmp_path_factory.mktemp('glance')
    with Commands((*SHARED, *_COMMANDS)) as commands:
        made = [Service(directory / name, commands) for name in ('one', 'two')]
        try:
            yield [each.start() for each in made]
        finally:
            for each in made:
                each.control('stop')


def test_control(services):
    one, _ = services
    assert 'is running (pid' in one.control('status')
    assert 'running already' in one.control('start')
    assert 'again' in one.control('reload')
    one.control('restart', '--respawn')
    wait_for(lambda: listening(one.port), 30)
    assert one.get('v1/images').status_code == 200
    one.control('shutdown')
    assert 'not running' in one.control('status', status=3) and not listening(one.port)
    one.start()
    one.control('start', '--respawn', '--await-child', '1', status=2)


def test_the_cache(services):
    one, _ = services
    host = ('-H', '127.0.0.1', '-p', one.port)
    image, other = one.post(), one.post()
    assert one.get(f'v1/images/{image}').content == DATA
    assert image in one.run('cache-manage', *host, 'list-cached')
    assert 'Queued image' in one.run('cache-manage', *host, '-v', '-f', 'queue-image', other)
    assert other in one.run('cache-manage', *host, 'list-queued')
    assert '1 images fetched' in one.run('cache-prefetcher', '--config-file', one.conf)
    assert 'Not done' in one.run('cache-manage', *host, 'delete-cached-image', other, text='n\n', status=1)
    assert other in one.run('cache-manage', *host, 'list-cached')
    one.run('cache-manage', *host, 'delete-cached-image', other, text='y\n')
    assert other not in one.run('cache-manage', *host, 'list-cached')
    assert '1 images pruned' in one.run('cache-pruner', '--config-file', one.conf)
    assert '0 files removed' in one.run('cache-cleaner', '--config-file', one.conf)
    assert 'Deleted 0 cached' in one.run('cache-manage', *host, '-vf', 'delete-all-cached-images')
    assert 'reached' in one.run('cache-manage', '-H', '127.0.0.1', '-p', free_port(), 'list-cached', status=1)


def test_the_scrubber(services):
    one, _ = services
    image = one.post()
    for _ in range(2):
        assert requests.delete(f'http://{one.address}/v1/images/{image}', timeout=30).status_code == 200
        assert '0 images scrubbed' in one.run('scrubber', '--config-file', one.conf)
        assert 'active again' in one.run('scrubber', '--config-file', one.conf, '--restore', image)
        assert one.get(f'v1/images/{image}').content == DATA
    requests.delete(f'http://{one.address}/v1/images/{image}', timeout=30)
    soon = one.directory / 'soon.conf'
    soon.write_text(one.conf.read_text().replace('scrub_time = 3600', 'scrub_time = 0'))
    assert '1 images scrubbed' in one.run('scrubber', '--config-file', soon)
    assert 'cannot be restored' in one.run('scrubber', '--config-file', soon, '-r', image, status=1)
    assert not (one.directory / 'images' / image).exists()


def test_the_replicator(services, tmp_path):
    one, two = services
    image = one.post(**{'x-image-meta-is_public': 'True'})
    assert 'bytes' in one.run('replicator', 'size', one.address)
    assert f'{image}: name eins is on the source only' in one.run('replicator', 'compare', one.address, two.address,
                                                                  status=1)
    one.run('replicator', 'livecopy', one.address, two.address)
    assert two.get(f'v1/images/{image}').content == DATA
    assert one.run('replicator', 'compare', one.address, two.address) == ''
    requests.put(f'http://{one.address}/v1/images/{image}', timeout=30, headers={'x-image-meta-property-color': 'blau'})
    assert 'property-color differs' in one.run('replicator', 'compare', one.address, two.address, status=1)
    assert 'changed: property-color' in one.run('replicator', 'livecopy', one.address, two.address)
    assert one.run('replicator', 'compare', one.address, two.address) == ''
    one.run('replicator', 'dump', one.address, tmp_path / 'dump')
    assert (tmp_path / 'dump' / f'{image}.img').read_bytes() == DATA
    assert json.loads((tmp_path / 'dump' / image).read_text())['property-color'] == 'blau'
    new = tmp_path / 'dump' / image.replace(image[:8], '0' * 8)
    (tmp_path / 'dump' / image).rename(new)
    (tmp_path / 'dump' / f'{image}.img').rename(f'{new}.img')
    new.write_text(new.read_text().replace(image, new.name))
    assert f'{new.name} copied' in one.run('replicator', 'load', two.address, tmp_path / 'dump')
    assert two.get(f'v1/images/{new.name}').content == DATA


def test_manage(services):
    one, _ = services
    manage = ('manage', '--config-file', one.conf)
    assert 'up to date' in one.run(*manage, 'db', 'check')
    for command in ('expand', 'migrate', 'contract', 'version', 'sync', 'upgrade', 'purge', 'purge_images_table'):
        one.run(*manage, 'db', command)
    for command in (('db_sync',), ('db_version',), ('version_control', '0'), ('upgrade',)):
        one.run(*manage, *command)
    for command in ('downgrade', 'db_sync'):
        assert 'only go up' in one.run(*manage, command, '1', status=1)
