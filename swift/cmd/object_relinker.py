"""swift-object-relinker: link objects to twice as many partitions (relink), and remove their former places (cleanup).

A step of an increase of the part power, to be run on every storage node: see docs/rings.md. It may be interrupted and
run again, while servers are running. Exit codes: 0 done, 1 something failed, 2 no policy is at that step.
"""
import argparse
import logging
import sys

from essex import config
from swift import cluster
from swift import conf as options
from swift.cmd import _run
from swift.cmd._help import description
from swift.exceptions import SwiftError
from swift.obj.relinker import Relinker

_OVER = ('swift_dir', 'devices', 'files_per_second', 'stats_interval', 'workers', 'user')


def main(argv=None):
    """The command; returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        conf = options.section(args.conf_file, 'object-relinker', required=False) if args.conf_file else {}
        conf.update({name: getattr(args, name) for name in _OVER if getattr(args, name) is not None})
        if args.skip_mount_check:
            conf['mount_check'] = 'false'
        _run.prepare_process(conf)
        handler = config.LogFile(args.logfile) if args.logfile else logging.StreamHandler()
        config.setup_logging(handler, logging.DEBUG if args.debug else logging.INFO)
        known = cluster.load(conf.get('swift_dir', '/etc/swift'))
        return Relinker(conf, known).run(args.action, _policies(known, args.policy), args.device, args.partition)
    except (SwiftError, OSError) as error:
        print(f'swift-object-relinker: {error}', file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser(prog='swift-object-relinker', description=description(__doc__))
    parser.add_argument('action', choices=('relink', 'cleanup'))
    parser.add_argument('conf_file', nargs='?', help='object-server.conf, with a section [object-relinker] if need be')
    parser.add_argument('-S', '--swift-dir', help='where swift.conf and rings are')
    parser.add_argument('--devices', help='where the devices are')
    parser.add_argument('-p', '--policy', action='append', default=[], help='name or index; may be repeated')
    parser.add_argument('-d', '--device', action='append', default=[], help='its name; may be repeated')
    parser.add_argument('--partition', type=int, action='append', default=[], help='may be repeated')
    parser.add_argument('--skip-mount-check', action='store_true', help='devices need not be mount points')
    parser.add_argument('-l', '--logfile', help='log there, not to standard error')
    parser.add_argument('--debug', action='store_true', help='say more')
    parser.add_argument('--user', help='run as this user, whom the directories made shall belong to')
    parser.add_argument('--files-per-second', help='so many objects of each device (default: no limit)')
    parser.add_argument('--stats-interval', help='seconds between reports')
    parser.add_argument('--workers', help='devices at once (default: all)')
    return parser


def _policies(known, named):
    found = []
    for name in named:
        policy = known.policies.by_index(name) if name.isdecimal() else known.policies.by_name(name)
        if policy is None:
            raise SwiftError(f'no policy {name}')
        found.append(policy.idx)
    return found


if __name__ == '__main__':
    sys.exit(main())
