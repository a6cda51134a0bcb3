"""swift-container-deleter: have the expirer delete all objects of a container, later and beside other work."""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import sys  # noqa: E402

from swift import cluster, expiring  # noqa: E402
from swift.cmd._help import description  # noqa: E402
from swift.exceptions import SwiftError  # noqa: E402
from swift.proxy import internal_client  # noqa: E402
from swift.timestamp import Timestamp  # noqa: E402


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-container-deleter', description=description(__doc__))
    parser.add_argument('account')
    parser.add_argument('container')
    parser.add_argument('--config', help='of the internal client (default: internal-client.conf of --swift-dir)')
    parser.add_argument('--swift-dir', default='/etc/swift', help='default: %(default)s')
    parser.add_argument('--request-tries', type=int, default=3, help='default: %(default)s')
    parser.add_argument('--concurrency', type=int, default=8, help='default: %(default)s')
    parser.add_argument('--prefix', default='', help='only names that begin so')
    parser.add_argument('--marker', default='', help='only names after it')
    parser.add_argument('--end-marker', default='', help='only names before it')
    parser.add_argument('--timestamp', help='objects newer than this stay (default: now)')
    args = parser.parse_args(argv)
    try:
        when = Timestamp(args.timestamp) if args.timestamp else Timestamp.now()
        client = internal_client.of_daemon({
            'swift_dir': args.swift_dir, 'request_tries': str(args.request_tries),
            **({'internal_client_conf_path': args.config} if args.config else {})}, 'swift-container-deleter')
        marked = mark(cluster.load(args.swift_dir), client, args, when)
    except (SwiftError, ValueError) as error:
        print(f'swift-container-deleter: {error}', file=sys.stderr)
        return 1
    print(f'Marked {marked} objects for deletion.')
    return 0


def mark(known, client, args, when):
    """Enqueue the objects; how many. Raises SwiftError when the queue does not take one."""
    if not client.container_exists(args.account, args.container):
        raise SwiftError(f'{args.account}/{args.container}: no such container')
    pool, marked = concurrency.Pool(max(1, args.concurrency)), 0
    rows = client.iter_objects(args.account, args.container, args.marker, args.end_marker, args.prefix)
    for name, done in pool.imap(lambda row: (row['name'], expiring.delete_later(
            known, when, args.account, args.container, row['name'])), rows):
        if not done:
            raise SwiftError(f'{name}: too few container servers took it; {marked} objects before it are marked, run '
                             'it again')
        marked += 1
    return marked


if __name__ == '__main__':
    sys.exit(main())
