"""Object storage finds what is broken on its disks, never shows it, and brings back what was acknowledged."""
import os

import pytest

from swift.timestamp import Timestamp
from tests.functional import swift_kit


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with swift_kit.cluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


@pytest.fixture
def owner(cluster):
    swift_kit.mend(cluster)
    return swift_kit.Owner(cluster)


def overwrite(path, data, offset):
    """Change bytes of a file behind everybody's back."""
    with open(path, 'r+b') as file:
        file.seek(offset)
        file.write(data)


def flip(path):
    offset = path.stat().st_size // 2
    overwrite(path, bytes([path.read_bytes()[offset] ^ 0x10]), offset)


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def empty(path):
    os.truncate(path, 0)


def lose_metadata(path):
    for name in os.listxattr(path):
        os.removexattr(path, name)


def spoil_metadata(path):
    kept = bytearray(os.getxattr(path, 'user.swift.metadata'))
    kept[len(kept) // 2] ^= 0x10
    os.setxattr(path, 'user.swift.metadata', bytes(kept))


def lengthen(path):
    with open(path, 'ab') as file:
        file.write(b'more')


def test_broken_copies_are_never_shown_and_are_replaced(cluster, owner):
    owner.make('broken')
    for damage in (flip, truncate, empty, lose_metadata, spoil_metadata, lengthen):
        for size in (5000, 200_000):
            name = f'{damage.__name__} {size}'
            owner.put('broken', name, os.urandom(size), headers={'X-Object-Meta-Colour': 'blue'})
            damage(owner.data_file(cluster.primaries(owner.account, 'broken', name)[0], 'broken', name))
            if size < 10_000 or damage is not flip:
                # Bits flipped in a large one are found when it has been sent: the client sees its ETag.
                for _ in range(4):
                    assert owner.call('GET', f'broken/{name}').body == owner.objects['broken', name], name
    owner.put('broken', 'two of three', os.urandom(70_000))
    for place in cluster.primaries(owner.account, 'broken', 'two of three')[:2]:
        truncate(owner.data_file(place, 'broken', 'two of three'))
    swift_kit.settle(cluster)
    owner.is_whole()
    quarantined = [path for node in cluster.nodes for path in node.devices.glob('*/quarantined/objects/*')]
    assert len(quarantined) == 14


def test_wrong_suffix_hashes_do_not_hide_a_missing_copy(cluster, owner):
    owner.make('hashes')
    names = [f'o{number}' for number in range(6)]
    for name in names:
        owner.put('hashes', name)
    cluster.pass_of('object-replicator')
    damages = (lambda path: path.write_bytes(b'no pickle'), empty, flip, lambda path: path.unlink())
    for number, name in enumerate(names[:4]):
        place = cluster.primaries(owner.account, 'hashes', name)[number % 3]
        data = owner.data_file(place, 'hashes', name)
        pickle = data.parent.parent.parent / 'hashes.pkl'
        # Lost with its directory, and the note of that is broken.
        data.unlink()
        data.parent.rmdir()
        data.parent.parent.rmdir() if not list(data.parent.parent.iterdir()) else None
        damages[number](pickle)
    owner.is_readable()
    swift_kit.settle(cluster)
    owner.is_whole()


def database(cluster, place, *names):
    return next(cluster.path_of(place, *names).glob('*.db'))


@pytest.mark.parametrize('kind', ('account', 'container'))
def test_broken_databases_are_replaced(cluster, owner, kind):
    owner = swift_kit.Owner(cluster, *{'account': ('test2', 'tester2', 'testing2'),
                                       'container': ('test', 'tester', 'testing')}[kind])
    damages = {'head': lambda path: overwrite(path, os.urandom(200), 0), 'empty': empty, 'cut': truncate,
               'page': lambda path: overwrite(path, os.urandom(4096), 4096), 'gone': lambda path: path.unlink()}
    # Of an account's there is one for all containers, which has to be whole again between them.
    wanted = ('page', 'gone') if kind == 'account' else damages
    for number, damage in enumerate(wanted):
        container = f'database {damage}'
        owner.make(container)
        for name in range(4):
            owner.put(container, f'{damage} {name}')
        cluster.pass_of('container-updater')
        names = (owner.account,) if kind == 'account' else (owner.account, container)
        damages[damage](database(cluster, cluster.primaries(*names)[number % 3], *names))
        # While it is broken, life goes on.
        owner.put(container, 'later')
        owner.delete(container, f'{damage} 0')
        owner.is_readable()
        for _ in range(3):
            for path in ('', container):
                assert owner.call('GET', path).status in (200, 204), (damage, path)
        if kind == 'account':
            cluster.pass_of('account-auditor', 'account-replicator')
    swift_kit.settle(cluster)
    owner.is_whole()


def test_the_newest_wins_whatever_the_clocks_of_proxies_say(cluster, owner):
    owner.make('clocks')
    now = float(Timestamp.now())
    # (seconds from now, what was done, on which of the primaries), in the order they arrive.
    stories = {
        'put late': [(0, b'new', 0), (-100, b'old', 1), (-50, b'older', 2)],
        'deleted late': [(-5, b'old', 0), (0, None, 1), (-10, b'older', 2)],
        'put after it was deleted': [(-5, None, 0), (0, b'new', 1), (-10, b'old', 2)],
        'future': [(80000, b'future', 0), (0, b'now', 1), (10, None, 2)],
        'same content, other time': [(-1, b'same', 0), (0, b'same', 1), (-2, b'same', 2)],
    }
    for name, story in stories.items():
        for shift, body, index in story:
            owner.change_one('clocks', name, Timestamp(now + shift), body, index)
        owner.objects['clocks', name] = max(story, key=lambda each: each[0])[1]
    swift_kit.settle(cluster)
    owner.is_whole()
