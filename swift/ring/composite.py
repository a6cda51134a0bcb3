"""Rings of several builders, one a region or more: each places its own replicas, and the ring has those of all.

So every region has all fragments, or a fixed number of copies, whatever the others do. A JSON file notes what a ring
was composed of: {"components": [{"id", "version", "replicas", "builder_file"}], "version"}.
"""
import array
import json

from swift.ring import builder_file, ring_file
from swift.ring.builder import NO_DEVICE, BuilderError

_NAMES = ('region', 'zone', 'ip', 'port', 'replication_ip', 'replication_port', 'device', 'weight', 'meta')


def load(path):
    """What was composed before, None when nothing was. Raises BuilderError."""
    try:
        with open(path, encoding='utf-8') as file:
            found = json.load(file)
        if not all(isinstance(each, dict) and {'id', 'version', 'replicas', 'builder_file'} <= each.keys()
                   for each in found['components']):
            raise ValueError('a component lacks something')
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuilderError(f'{path} is no file of a composite ring: {error}') from error


def compose(path, builder_paths=(), force=False):
    """The RingData of builders (None: those of before), and what is to be noted of it. Raises BuilderError.

    `force`: although a component is not what it was, older or unchanged.
    """
    before = load(path)
    paths = list(builder_paths) or [each['builder_file'] for each in (before or {'components': []})['components']]
    if len(paths) < 2:
        raise BuilderError('Two or more component builders are required.')
    builders = [builder_file.load(each) for each in paths]
    _check(builders, paths)
    noted = [{'id': each.id, 'version': each.version, 'replicas': each.replicas, 'builder_file': str(name)}
             for each, name in zip(builders, paths)]
    if before and not force:
        _check_progress(before['components'], noted)
    version = (before or {}).get('version', 0) + 1
    return _ring(builders, version), {'components': noted, 'version': version}


def save(path, noted):
    """Write the note: whole or not at all."""
    ring_file.replace(path, json.dumps(noted, indent=2).encode() + b'\n')


def _check(builders, paths):
    if len({each.part_power for each in builders}) > 1:
        raise BuilderError('All component builders must have the same number of partitions.')
    regions, places = {}, set()
    for builder, path in zip(builders, paths):
        if not builder.id:
            raise BuilderError(f'{path} has no id: change it once with swift-ring-builder')
        if not builder.rows or builder.devs_changed:
            raise BuilderError(f'{path} has to be rebalanced first.')
        if builder.replicas != int(builder.replicas):
            raise BuilderError(f'{path}: {builder.replicas:g} replicas: a whole number is needed.')
        if builder.next_part_power is not None:
            raise BuilderError(f'{path}: its part power is being changed.')
        for device in builder.present():
            other = regions.setdefault(device['region'], path)
            if other != path:
                raise BuilderError(f'region {device["region"]} is in {other} and in {path}')
            place = (device['ip'], device['port'], device['device'])
            if place in places:
                raise BuilderError(f'{place[0]}:{place[1]}/{place[2]} is in two builders')
            places.add(place)
    if len({each.id for each in builders}) < len(builders):
        raise BuilderError('A builder is named twice.')


def _check_progress(before, now):
    if [each['id'] for each in before] != [each['id'] for each in now]:
        raise BuilderError('The components are others than before, or in another order: objects would be looked for '
                           'at other places. --force composes all the same.')
    for old, new in zip(before, now):
        if new['version'] < old['version']:
            raise BuilderError(f'{new["builder_file"]} is version {new["version"]}, and was {old["version"]} before.')
        if new['replicas'] != old['replicas']:
            raise BuilderError(f'{new["builder_file"]} has {new["replicas"]:g} replicas, and had {old["replicas"]:g}.')
    if all(old['version'] == new['version'] for old, new in zip(before, now)):
        raise BuilderError('None of the builders has changed since. --force composes all the same.')


def _ring(builders, version):
    devs, rows = [], []
    for builder in builders:
        base = len(devs)
        devs += [each and {'id': base + each['id'], **{name: each[name] for name in _NAMES}} for each in builder.devs]
        if len(devs) - 1 > ring_file.LAST_ID:
            raise BuilderError('Together they have more devices than a ring file holds.')
        for row in builder.rows:
            if NO_DEVICE in row:
                raise BuilderError('A builder has partitions without a device: rebalance it first.')
            rows.append(array.array('H', [base + device for device in row]))
    return ring_file.RingData(devs, 32 - builders[0].part_power, rows, None, version)
