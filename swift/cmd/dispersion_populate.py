"""swift-dispersion-populate: puts containers and objects into a part of the partitions, for dispersion-report."""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import itertools  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from swift.cmd import _dispersion  # noqa: E402
from swift.cmd._help import description  # noqa: E402
from swift.exceptions import SwiftError  # noqa: E402


def populate(account, settings, kind, ring, names_of, put, start=0):
    """Put names into as many partitions as the coverage asks for; prints what was done.

    names_of(name) are the arguments of ring.get_part; what is there already is put again, which changes nothing.
    """
    began, retries = time.time(), account.retries
    wanted = max(1, int(ring.partition_count * settings.coverage / 100.0))
    parts, pool, failures = set(), concurrency.Pool(settings.concurrency), []

    def one(name):
        try:
            put(name)
        except SwiftError as error:
            failures.append(error)
    for suffix in itertools.count(start):
        if len(parts) >= wanted:
            break
        name = f'dispersion_{suffix}'
        part = ring.get_part(*names_of(name))
        if part not in parts:
            parts.add(part)
            pool.spawn_n(one, name)
    pool.waitall()
    if failures:
        raise SwiftError(f'{len(failures)} {kind}s could not be made: {failures[0]}')
    print(f'Created {len(parts)} {kind}s for dispersion reporting, {time.time() - began:.0f}s, '
          f'{account.retries - retries} retries', flush=True)


def main(argv=None):
    """Run with the arguments of a command line; the exit status."""
    parser = argparse.ArgumentParser(prog='swift-dispersion-populate', description=description(__doc__))
    _dispersion.common_arguments(parser)
    parser.add_argument('--container-suffix-start', type=int, default=0, metavar='NUMBER',
                        help='first number of a container (default: %(default)s)')
    parser.add_argument('--object-suffix-start', type=int, default=0, metavar='NUMBER',
                        help='first number of an object (default: %(default)s)')
    args = parser.parse_args(argv)
    try:
        settings = _dispersion.Settings.read(args.conf, args.insecure)
        _run(settings, args)
    except SwiftError as error:
        print(f'swift-dispersion-populate: {error}', file=sys.stderr)
        return 1
    return 0


def _run(settings, args):
    found = _dispersion.load(settings)
    policy = _dispersion.policy_named(found, args.policy_name)
    account = _dispersion.Account(settings)
    if settings.flags['container_populate'] and not args.object_only:
        populate(account, settings, 'container', found.ring('container'), lambda name: (account.name, name),
                 lambda name: account.request('PUT', name), start=args.container_suffix_start)
    if settings.flags['object_populate'] and not args.container_only:
        container = _dispersion.objects_container(policy)
        account.request('PUT', container, headers={'X-Storage-Policy': policy.name})
        populate(account, settings, 'object', found.ring('object', policy),
                 lambda name: (account.name, container, name),
                 lambda name: account.request('PUT', container, name, data=name.encode()),
                 start=args.object_suffix_start)


if __name__ == '__main__':
    sys.exit(main())
