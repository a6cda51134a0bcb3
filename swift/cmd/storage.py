"""swift-storage: a whole storage node in one process, or in few, for small clusters and the one-host cloud.

Serves the account, container and object pipelines of a directory's files on their own ports and, with --daemons,
makes the passes of every daemon that has a section there.
"""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import os  # noqa: E402

from essex import config, service  # noqa: E402
from swift import conf as options  # noqa: E402
from swift.cmd import _run  # noqa: E402
from swift.cmd._help import description  # noqa: E402
from swift.cmd._kinds import KINDS  # noqa: E402

PORTS = {'account': 6202, 'container': 6201, 'object': 6200}


def main(argv=None):
    """Run the node with the arguments of a command line."""
    parser = argparse.ArgumentParser(prog='swift-storage', description=description(__doc__))
    parser.add_argument('directory', nargs='?', default='/etc/swift',
                        help='where account-server.conf, container-server.conf and object-server.conf are '
                             '(default: %(default)s)')
    parser.add_argument('--kinds', nargs='+', choices=PORTS, default=list(PORTS), metavar='KIND',
                        help='which servers, or the daemons of which: account, container, object (default: all)')
    parser.add_argument('--servers', choices=('yes', 'no'), default='yes', help='serve (default: %(default)s)')
    parser.add_argument('--daemons', choices=('yes', 'no'), default='no',
                        help='run the background daemons (default: %(default)s)')
    parser.add_argument('--workers', type=int, default=1, metavar='N',
                        help='serve in so many processes; the daemons run in the first (default: %(default)s)')
    parser.add_argument('-v', '--verbose', action='store_true', help='log to standard error')
    args = parser.parse_args(argv)
    name = '-'.join(['swift-storage' if args.servers == 'yes' else 'swift-daemons', *_some(args.kinds)])
    with _run.sentences('swift-storage'):
        files = {kind: os.path.join(args.directory, f'{kind}-server.conf') for kind in args.kinds}
        conf = _run.defaults(files[args.kinds[-1]])
        _run.configure(name, conf, args.verbose)
        config.CONF.set_override('workers', max(1, args.workers))
        _run.prepare_process(conf)
        parts = []
        if args.servers == 'yes':
            parts += [_run.Server(f'{kind}-server', path, PORTS[kind], args.verbose) for kind, path in files.items()]
        if args.daemons == 'yes':
            parts += background(args.directory, args.kinds)
        service.run(parts, name=name)


def _some(kinds):
    """The kinds that tell this process from others of its node."""
    return kinds if len(kinds) < len(PORTS) else []


def background(directory, kinds):
    """The daemons of servers of these kinds that have a section in the files of a directory."""
    found = []
    for name, kind in KINDS.items():
        if name.split('-')[0] not in kinds:
            continue
        path = os.path.join(directory, f'{kind.file}.conf')
        if os.path.exists(path) and _run.enabled(path, name):
            conf = options.section(path, name)
            if kind.is_needed(conf):
                found.append(_run.Background(name, lambda kind=kind, conf=conf: kind.load()(conf)))
    return found
