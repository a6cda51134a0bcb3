"""Object storage loses nothing when disks are full, read-only, not mounted, or replaced by empty ones."""
import contextlib
import errno
import os
import subprocess
import threading

import pytest

from tests.functional import swift_kit

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason='mounting needs root')

# Server files that make the devices real mounts.
CONF = {kind: {'DEFAULT': {'mount_check': 'true'}} for kind in ('account', 'container', 'object')}


def mount(path):
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'test-disk', path], check=True)


def unmount(path):
    # Whoever still has a file open keeps nobody waiting, as when a disk is pulled.
    subprocess.run(['umount', '--lazy', path], check=True)


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    made = swift_kit.cluster(tmp_path_factory.mktemp('swift'), conf=CONF)
    paths = [made.storage_dir(node.number, name) for node in made.nodes for name in made.device_names]
    mounted = []
    try:
        made.configure()
        for path in paths:
            mount(path)
            mounted.append(path)
        made.start()
        yield made
    finally:
        made.close()
        for path in mounted:
            if os.path.ismount(path):
                unmount(path)


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def names_on(cluster, owner, container, node, device, count=3):
    """Names of objects whose primaries a device is among."""
    found = []
    for number in range(1000):
        places = cluster.primaries(owner.account, container, f'o{number}')
        if any(place[:2] == (node, device) for place in places):
            found.append(f'o{number}')
        if len(found) == count:
            return found
    raise AssertionError('no such names')


def holds(path):
    """Paths of all .data below a device."""
    return list(path.glob('objects/*/*/*/*.data'))


@contextlib.contextmanager
def full(path):
    """A device without a byte of room, also when a database that merges its rows gives some back."""
    fill, over = path / 'fill', threading.Event()

    def keep_full(file):
        while not over.wait(0.02):
            fill_up(file, 1 << 12)

    with open(fill, 'wb', buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            fill_up(file, size)
        filler = threading.Thread(target=keep_full, args=(file,))
        filler.start()
        try:
            yield
        finally:
            over.set()
            filler.join()
            fill.unlink()


def fill_up(file, size):
    """Write pieces of `size` until there is no room."""
    try:
        while True:
            file.write(b'\0' * size)
    except OSError as error:
        assert error.errno == errno.ENOSPC


def put_unannounced(owner, container, name, pieces):
    """Upload without saying how much: a disk is found full when nothing can be refused any more."""
    chunks = [b'%x\r\n%b\r\n' % (len(piece), piece) for piece in pieces]
    answer = owner.call('PUT', f'{container}/{name}', iter([*chunks, b'0\r\n\r\n']), {'Transfer-Encoding': 'chunked'})
    assert answer.status == 201, answer
    owner.objects[container, name] = b''.join(pieces)


def remount(cluster, node, path, option):
    """Mount read-only or writable; the kernel refuses while databases are open for writing."""
    cluster.kill('storage', node)
    subprocess.run(['mount', '-o', f'remount,{option}', path], check=True)
    cluster.start('storage', node)


def test_a_full_disk_is_stood_in_for_and_never_keeps_half_an_object(cluster, owner):
    owner.make('full')
    node, device = cluster.primaries(owner.account, 'full')[0][:2]
    path = cluster.storage_dir(node, device)
    first, second, third = names_on(cluster, owner, 'full', node, device)
    owner.put('full', first, b'before')
    before = holds(path)
    with full(path):
        owner.put('full', first, b'meanwhile')
        owner.put('full', second, os.urandom(2 << 20))
        put_unannounced(owner, 'full', third, [os.urandom(1 << 16) for _ in range(20)])
        owner.delete('full', first)
        owner.put('full', first, b'once more')
        owner.is_readable()
        # Nothing more than before; less, when there was just room for the mark of the deletion.
        assert set(holds(path)) <= set(before)
    owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_a_disk_that_fills_up_in_mid_upload_is_left_behind(cluster, owner):
    owner.make('filling')
    node, device = cluster.primaries(owner.account, 'filling')[0][:2]
    name, = names_on(cluster, owner, 'filling', node, device, 1)
    blocker = cluster.storage_dir(node, device) / 'fill'
    blocker.write_bytes(bytes(8 << 20))
    put_unannounced(owner, 'filling', name, [os.urandom(1 << 16) for _ in range(80)])
    owner.is_readable()
    place = next(each for each in cluster.primaries(owner.account, 'filling', name) if each[:2] == (node, device))
    assert owner.direct(place, 'object', 'GET', 'filling', name).status in (404, 507)
    blocker.unlink()
    swift_kit.settle(cluster)
    owner.is_whole()


def test_a_read_only_disk_is_stood_in_for(cluster, owner):
    owner.make('read-only')
    node, device = cluster.primaries(owner.account, 'read-only')[0][:2]
    path = cluster.storage_dir(node, device)
    first, second, third = names_on(cluster, owner, 'read-only', node, device)
    owner.put('read-only', first, b'before')
    owner.put('read-only', third, b'to be deleted')
    remount(cluster, node, path, 'ro')
    try:
        owner.is_readable()
        owner.put('read-only', first, b'meanwhile')
        owner.put('read-only', second)
        owner.delete('read-only', third)
        owner.is_readable()
        # The other devices' daemons do their work, and this one's say what is wrong.
        cluster.pass_of('object-replicator', 'container-replicator', 'object-auditor', 'object-updater')
    finally:
        remount(cluster, node, path, 'rw')
    swift_kit.settle(cluster)
    owner.is_whole()


def test_nothing_is_written_below_a_missing_mount_and_an_empty_disk_gets_all_back(cluster, owner):
    owner.make('unmounted')
    node, device = cluster.primaries(owner.account, 'unmounted')[0][:2]
    path = cluster.storage_dir(node, device)
    first, second, third = names_on(cluster, owner, 'unmounted', node, device)
    owner.put('unmounted', first, b'before')
    owner.put('unmounted', third, b'to be deleted')
    unmount(path)
    owner.is_readable()
    owner.put('unmounted', first, b'meanwhile')
    owner.put('unmounted', second)
    owner.delete('unmounted', third)
    owner.is_readable()
    cluster.pass_of('object-replicator', 'container-replicator', 'object-auditor', 'object-updater')
    assert os.listdir(path) == []
    mount(path)
    swift_kit.settle(cluster)
    owner.is_whole()
