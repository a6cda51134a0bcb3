"""swift-config: print the configuration of a server as it is read, sections and defaults merged."""
import argparse
import sys

from swift import conf as options
from swift.cmd import _instances
from swift.cmd._help import description
from swift.cmd._pipe import patient
from swift.exceptions import SwiftError


@patient
def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-config', description=description(__doc__))
    parser.add_argument('servers', nargs='+', help='proxy-server, object-replicator ..., or a file')
    parser.add_argument('-c', '--config-num', help='only the N-th file of a server')
    parser.add_argument('-s', '--section', help='only this section')
    parser.add_argument('-w', '--wsgi', action='store_true', help='only what the pipeline is made of')
    parser.add_argument('--swift-dir', default='/etc/swift', help='default: %(default)s')
    args = parser.parse_args(argv)
    failed = False
    for name in args.servers:
        paths = [name] if '/' in name or name.endswith('.conf') else [
            str(each.conf) for each in _instances.find(name, args.swift_dir, '/var/run/swift', args.config_num)]
        if not paths:
            print(f'swift-config: no configuration of {name} in {args.swift_dir}', file=sys.stderr)
        failed |= not paths
        for path in paths:
            try:
                _show(path, args)
            except SwiftError as error:
                print(f'swift-config: {error}', file=sys.stderr)
                failed = True
    return 1 if failed else 0


def _show(path, args):
    found = options.parse(path)
    names = found.sections()
    if args.wsgi:
        pipeline = found.get('pipeline:main', 'pipeline', fallback='').split()
        names = [f'{kind}:{each}' for each in ('main', *pipeline) for kind in ('pipeline', 'filter', 'app')
                 if found.has_section(f'{kind}:{each}')]
    if args.section:
        names = [each for each in names if each == args.section]
        if not names:
            raise SwiftError(f'{path} has no section [{args.section}]')
    print(f'# {path}')
    for name in names:
        print(f'[{name}]')
        for option, value in sorted(found.items(name)):
            print(f'{option} = {value}')
        print()


if __name__ == '__main__':
    sys.exit(main())
