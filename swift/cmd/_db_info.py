"""What swift-account-info and swift-container-info have in common: a database on a disk, for an operator to read."""
import argparse
import json
import os
import sys
import types

from swift import cluster
from swift.cmd.get_nodes import say_nodes
from swift.db import pending
from swift.exceptions import ConfigurationError, SwiftError
from swift.timestamp import Timestamp

_ONE = {'account': 'an account', 'container': 'a container'}


def main(kind, broker_class, say, argv=None):
    """Run the command for databases of a kind; say(info, stats, known) prints what is of that kind alone."""
    parser = argparse.ArgumentParser(prog=f'swift-{kind}-info',
                                     description=f'Shows what a database of {_ONE[kind]} says.')
    parser.add_argument('file', help=f'the database: <device>/{kind}s/<partition>/<suffix>/<hash>/<hash>.db')
    parser.add_argument('-d', '--swift-dir', default='/etc/swift', help='where swift.conf and the rings are')
    parser.add_argument('--drop-prefixes', action='store_true', help='show metadata without X-...-Meta-')
    args = parser.parse_args(argv)
    try:
        _run(kind, broker_class, say, args)
    except SwiftError as error:
        print(f'{args.file}: {type(error).__name__}: {error}', file=sys.stderr)
        return 1
    return 0


def _run(kind, broker_class, say, args):
    broker = broker_class(os.path.abspath(args.file))
    # To look at a broken file must not move it away.
    broker.quarantine = lambda reason: None
    info, metadata = broker.look()[:2]
    stats = broker.read_policy_stats()
    known = _cluster(args.swift_dir)
    names = [info[name] for name in ('account', 'container') if name in info]
    digest = known.hash_path(*names) if known else os.path.basename(args.file).removesuffix('.db')
    _say_names(kind, names, digest, broker.is_deleted(merged=False))
    print('Metadata:')
    for name in ('created_at', 'put_timestamp', 'delete_timestamp', 'status_changed_at'):
        print(f'  {_TIMES[name]}: {moment(info[name])} ({info[name]})')
    say(info, stats, known)
    print(f'  Chexor: {info["hash"]}\n  UUID: {info["id"]}')
    waiting = pending.size(broker.pending_path)
    if waiting:
        print(f'  Pending: {waiting} bytes of rows wait to be merged')
    _say_metadata(kind, json.loads(metadata or '{}'), args.drop_prefixes)
    _say_places(kind, known, names, digest)


_TIMES = {'created_at': 'Created at', 'put_timestamp': 'Put Timestamp', 'delete_timestamp': 'Delete Timestamp',
          'status_changed_at': 'Status Timestamp'}


def moment(timestamp):
    """A time in the database for people."""
    return Timestamp(timestamp).isoformat


def policy_name(known, index):
    """`name (index)` of a policy."""
    policy = known.policies.by_index(index) if known else None
    return f'{policy.name if policy else "unknown"} ({index})'


def say_stats(stats, known, names):
    """Print the sums of each policy."""
    for index, values in sorted(stats.items()):
        print(f'  {policy_name(known, index)}:')
        for name in names:
            print(f'    {name.replace("_", " ").title()}: {values[name]}')


def _cluster(swift_dir):
    try:
        return cluster.Cluster(swift_dir)
    except ConfigurationError as error:
        print(f'Without names of policies and places: {error}', file=sys.stderr)
        return None


def _say_names(kind, names, digest, deleted):
    print(f'Path: /{"/".join(names)}')
    for label, name in zip(('Account', 'Container'), names):
        print(f'  {label}: {name}')
    print(f'  Deleted: {deleted}\n  {kind.capitalize()} Hash: {digest}')


def _say_metadata(kind, metadata, drop):
    groups = {'System': f'x-{kind}-sysmeta-', 'User': f'x-{kind}-meta-'}
    shown = {label: {} for label in groups}
    for name, (value, timestamp) in sorted(metadata.items()):
        label = next((label for label, prefix in groups.items() if name.lower().startswith(prefix)), None)
        if label is None:
            print(f'  {name}: {value} ({timestamp})')
        elif value != '':
            shown[label][name[len(groups[label]):] if drop else name] = value
    for label, found in shown.items():
        print(f'  {label} Metadata: {found}' if found else f'No {label.lower()} metadata found in db file')


def _say_places(kind, known, names, digest):
    if known is None:
        return
    try:
        ring = known.ring(kind)
    except SwiftError as error:
        print(f'The ring cannot be read: {error}', file=sys.stderr)
        return
    print()
    say_nodes(types.SimpleNamespace(all=False), ring, kind, ring.get_part(*names), digest, names)
