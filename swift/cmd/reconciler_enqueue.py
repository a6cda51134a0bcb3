"""swift-reconciler-enqueue: have the reconciler look after an object that is at another policy than its container's."""
import argparse
import sys

from swift import cluster, expiring
from swift.cmd._help import description
from swift.container import misplaced
from swift.exceptions import SwiftError
from swift.timestamp import Timestamp, decode


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-reconciler-enqueue', description=description(__doc__))
    parser.add_argument('policy_index', type=int, help='where the object is now')
    parser.add_argument('path', help='/account/container/object')
    parser.add_argument('timestamp', help='of the object: its X-Timestamp')
    parser.add_argument('-o', '--op', choices=('PUT', 'DELETE'), default='PUT', help='what was done to it')
    parser.add_argument('-f', '--force', action='store_true', help='also when such an entry was there and is done with')
    parser.add_argument('--swift-dir', default='/etc/swift', help='default: %(default)s')
    args = parser.parse_args(argv)
    try:
        print(enqueue(cluster.load(args.swift_dir), args.policy_index, args.path, args.timestamp, args.op, args.force))
    except (SwiftError, ValueError) as error:
        print(f'swift-reconciler-enqueue: {error}', file=sys.stderr)
        return 1
    return 0


def enqueue(known, policy, path, created_at, op, force=False):
    """Put the entry into the queue; the queue's container. Raises SwiftError, ValueError."""
    _, account, container, obj = misplaced.parse_name(f'{policy}:{path}')
    if known.policies.by_index(policy) is None:
        raise SwiftError(f'no policy with index {policy}')
    item = {'storage_policy_index': policy, 'name': obj, 'created_at': created_at, 'deleted': op == 'DELETE'}
    row, queue = misplaced.entry(item, account, container), misplaced.container_of(created_at)
    # A row that was removed is newer than the entry: only a later one shows again.
    when = Timestamp.now() if force else decode(created_at)[0]
    part, nodes = known.ring('container').get_nodes(misplaced.ACCOUNT, queue)
    headers = {'X-Timestamp': when.internal, 'X-Size': '0', 'X-Etag': row['etag'],
               'X-Content-Type': row['content_type'], 'X-Backend-Storage-Policy-Index': '0'}
    if not expiring.put_row(part, nodes, (misplaced.ACCOUNT, queue, row['name']), headers):
        raise SwiftError('too few container servers took the entry')
    return queue


if __name__ == '__main__':
    sys.exit(main())
