"""swift-ring-composer: make one ring of several builders, one for each region or group of regions."""
import argparse
import json
import os
import sys

from swift.cmd._help import description
from swift.ring import builder_file, composite, ring_file
from swift.ring.builder import BuilderError


def main(argv=None):
    """The command; returns its exit status: 0, or 2 for an error."""
    parser = argparse.ArgumentParser(prog='swift-ring-composer', description=description(__doc__))
    parser.add_argument('composite_builder_file', help='where it is noted what the ring was composed of')
    commands = parser.add_subparsers(dest='command', required=True)
    commands.add_parser('show', help='what the ring was composed of')
    made = commands.add_parser('compose', help='make the ring')
    made.add_argument('builder_files', nargs='*', help='in the order their replicas shall have; none: as before')
    made.add_argument('-o', '--output', required=True, help='the ring file to write')
    made.add_argument('-f', '--force', action='store_true',
                      help='although nothing changed, or the components are others, and over another ring file')
    args = parser.parse_args(argv)
    try:
        if args.command == 'show':
            found = composite.load(args.composite_builder_file)
            if found is None:
                raise BuilderError(f'{args.composite_builder_file} does not exist')
            print(json.dumps(found, indent=2))
        else:
            _compose(args)
    except (BuilderError, OSError) as error:
        print(f'swift-ring-composer: {error}', file=sys.stderr)
        return 2
    return 0


def _compose(args):
    known = os.path.exists(args.composite_builder_file)
    if os.path.exists(args.output) and not (known or args.force):
        raise BuilderError(f'{args.output} exists, and was not composed here. --force replaces it.')
    with builder_file.lock(args.composite_builder_file):
        data, noted = composite.compose(args.composite_builder_file, args.builder_files, args.force)
        if known:
            builder_file.backup(args.composite_builder_file)
        ring_file.write(args.output, data)
        composite.save(args.composite_builder_file, noted)
    print(f'{args.output}: {len(data.assignments)} replicas of {1 << data.part_power} partitions, '
          f'{len(noted["components"])} builders')


if __name__ == '__main__':
    sys.exit(main())
