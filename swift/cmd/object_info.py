"""swift-object-info: what a file of an object says of itself, whether that is so, and where the object belongs."""
import argparse
import hashlib
import os
import sys

from swift import cluster, erasure, headers
from swift.cmd import get_nodes
from swift.cmd._help import description
from swift.exceptions import ConfigurationError, SwiftError
from swift.obj import layout, metadata
from swift.timestamp import Timestamp

_KINDS = (('System Metadata', lambda name: headers.is_sys_meta('object', name)),
          ('Transient System Metadata', headers.is_transient_sys_meta),
          ('User Metadata', lambda name: headers.is_user_meta('object', name)))
_SHOWN = ('name', 'Content-Type', 'X-Timestamp', 'ETag', 'Content-Length')


def parser():
    """The command line."""
    made = argparse.ArgumentParser(prog='swift-object-info', description=description(__doc__), allow_abbrev=False)
    made.add_argument('file', help='a .data, .meta or .ts file')
    made.add_argument('-n', '--no-check-etag', action='store_true', help='do not read the file to compare its MD5')
    made.add_argument('-d', '--swift-dir', default='/etc/swift', help='where swift.conf and the rings are')
    made.add_argument('-P', '--policy-name', help='the storage policy; otherwise as the path says')
    made.add_argument('-v', '--verbose', action='store_true', help='show all metadata')
    return made


def main(argv=None):
    """Entry point; returns the exit code: 1 when the file is not what it says."""
    args = parser().parse_args(argv)
    try:
        return 0 if show(args) else 1
    except (SwiftError, OSError) as error:
        print(f'{args.file}: {error}', file=sys.stderr)
        return 1


def show(args):
    """Print everything. Returns whether the file is sound."""
    path = os.path.abspath(args.file)
    fd = os.open(path, os.O_RDONLY)
    try:
        found = metadata.read(fd, path)
        known = _cluster(args)
        names = _say_names(found, path)
        _say_metadata(found, args.verbose)
        sound = _say_content(fd, found, path, check=not args.no_check_etag)
        sound &= _say_fragment(found, path)
        if known and names:
            sound &= _say_place(known, args, path, names)
        return sound
    finally:
        os.close(fd)


def _cluster(args):
    try:
        return cluster.Cluster(args.swift_dir)
    except ConfigurationError as error:
        print(f'Warning: {error}: neither hash nor nodes are shown', file=sys.stderr)
        return None


def _say_names(found, path):
    name = found.get('name', '')
    print(f'Path: {name}' if name else 'Path: Not found in metadata')
    names = name[1:].split('/', 2)
    if len(names) != 3:
        return None
    print(f'  Account: {names[0]}\n  Container: {names[1]}\n  Object: {names[2]}')
    print(f'  Object hash: {os.path.basename(os.path.dirname(path))}')
    return names


def _say_metadata(found, verbose):
    print(f'Content-Type: {found.get("Content-Type", "Not found in metadata")}')
    if found.get('X-Timestamp'):
        when = Timestamp(found['X-Timestamp'])
        print(f'Timestamp: {when.isoformat} ({when.internal})')
    else:
        print('Timestamp: Not found in metadata')
    rest = {name: value for name, value in found.items() if name not in _SHOWN}
    for title, belongs in _KINDS:
        _say_group(title, {name: rest.pop(name) for name in list(rest) if belongs(name)})
    _say_group('Other Metadata', rest)
    if verbose:
        _say_group('As stored', found)


def _say_group(title, values):
    print(f'{title}:')
    for name, value in sorted(values.items()):
        print(f'  {name}: {_readable(value)}')
    if not values:
        print('  No metadata found')


def _readable(value):
    try:
        return headers.utf8(value)
    except UnicodeError:
        return value


def _say_content(fd, found, path, check):
    if not path.endswith(layout.DATA):
        return True
    sound = True
    etag, length = found.get('ETag'), found.get('Content-Length')
    size = os.fstat(fd).st_size
    if etag is None:
        print('ETag: Not found in metadata')
        sound = False
    elif not check:
        print(f'ETag: {etag} (not checked)')
    else:
        with open(path, 'rb') as file:
            real = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        sound &= real == etag
        print(f'ETag: {etag} (valid)' if real == etag else f"ETag: {etag} doesn't match file hash of {real}!")
    if str(size) == length:
        print(f'Content-Length: {length} (valid)')
    else:
        sound = False
        print(f"Content-Length: {length} doesn't match file length of {size}" if length
              else 'Content-Length: Not found in metadata')
    return sound


def _say_fragment(found, path):
    index = found.get(erasure.INDEX)
    if index is None:
        return True
    file = layout.parse(os.path.basename(path))
    print(f'Fragment: {index} of {found.get(erasure.SCHEME, "an unknown scheme")}, '
          + ('durable' if file and file.durable else 'not durable: read only beside one that is'))
    if file is None or str(file.index) != index:
        print("The file's name says another fragment")
        return False
    return True


def _say_place(known, args, path, names):
    """Print the nodes; returns whether the file is where its name belongs."""
    policy = _policy(known, args, path)
    ring = known.ring('object', policy)
    wanted, part = known.hash_path(*names), ring.get_part(*names)
    print()
    get_nodes.say_nodes(argparse.Namespace(all=False), ring, policy.ring_name, part, wanted, names,
                        policy.code)
    parts = path.split('/')
    sound = True
    if parts[-2] != wanted:
        print(f'\nThe directory {parts[-2]} is not that of this name, {wanted}: is this the cluster of the file?')
        sound = False
    elif parts[-4] != str(part):
        print(f'\nThe file is in partition {parts[-4]}, its name belongs to {part}')
        sound = False
    return sound


def _policy(known, args, path):
    if args.policy_name:
        found = known.policies.by_name(args.policy_name)
        if found is None:
            raise ConfigurationError(f'No policy named {args.policy_name!r}')
        return found
    directory = path.split('/')[-5] if path.count('/') >= 5 else 'objects'
    found = known.policies.by_index(directory.partition('-')[2] or 0)
    if found is None:
        raise ConfigurationError(f'{directory}: this cluster has no such policy')
    return found


if __name__ == '__main__':
    sys.exit(main())
