"""swift-dispersion-report: tells how many copies of what dispersion-populate has put are where they belong."""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import collections  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from swift import backend  # noqa: E402
from swift.cmd import _dispersion  # noqa: E402
from swift.cmd._help import description  # noqa: E402
from swift.exceptions import BackendError, SwiftError  # noqa: E402

_WORDS = {1: 'one', 2: 'two'}


class Report:
    """Asks the primaries of names for their copies."""

    def __init__(self, kind, ring, settings, headers=None):
        self.kind, self.ring, self._settings = kind, ring, settings
        self._headers = {'User-Agent': 'dispersion-report', **(headers or {})}
        self.parts, self.overlapping, self.queried, self.retries = {}, 0, 0, 0

    def run(self, paths):
        """Ask for each (account, container[, object]); of those that share a partition only for the first."""
        pool = concurrency.Pool(self._settings.concurrency)
        for names in paths:
            self.queried += 1
            part, nodes = self.ring.get_nodes(*names)
            if part in self.parts:
                self.overlapping += 1
                continue
            self.parts[part] = None
            pool.spawn_n(self._one, part, nodes, names)
        pool.waitall()

    def _one(self, part, nodes, names):
        found = [concurrency.spawn(self._has, node, part, names) for node in nodes]
        self.parts[part] = (sum(each.wait() for each in found), len(nodes))

    def _has(self, node, part, names):
        """1 when the node has it. One that cannot be asked has not."""
        target = backend.path(node['device'], part, *names)
        problem = None
        for attempt in range(self._settings.retries + 1):
            if attempt:
                self.retries += 1
                concurrency.sleep(min(0.25 * 2 ** attempt, 5))
            try:
                answer = backend.request(node, 'HEAD', target, self._headers)
            except BackendError as error:
                problem = error
                continue
            if answer.status // 100 == 2:
                return 1
            if answer.status == 404:
                return 0
            if answer.status == 507:
                problem = f'{node["ip"]}:{node["port"]}/{node["device"]} is not mounted, or full'
                break
            problem = f'{node["ip"]}:{node["port"]}/{node["device"]} answers {answer.status}'
        print(f'ERROR: {problem}', file=sys.stderr)
        return 0

    def summary(self):
        """The figures, by the names of the JSON form."""
        expected = sum(wanted for _, wanted in self.parts.values())
        copies = sum(found for found, _ in self.parts.values())
        missing = collections.Counter(wanted - found for found, wanted in self.parts.values() if found < wanted)
        gone = sum(not found for found, _ in self.parts.values())
        figures = {'retries': self.retries, 'copies_found': copies, 'copies_expected': expected,
                   'pct_found': round(copies * 100 / expected, 2) if expected else 100.0,
                   'overlapping': self.overlapping, 'missing_all': gone}
        return figures | {f'missing_{_WORDS.get(count, count)}': number for count, number in
                          {1: 0, 2: 0, **missing}.items()}

    def text(self, seconds, partitions):
        """The lines a person reads; with `partitions` those that miss copies."""
        figures, kind = self.summary(), self.kind
        lines = [f'Queried {self.queried} {kind}s for dispersion reporting, {seconds:.0f}s, {self.retries} retries']
        if self.overlapping:
            lines.append(f'There were {self.overlapping} overlapping partitions')
        missing = collections.Counter(wanted - found for found, wanted in self.parts.values())
        for count in sorted(missing):
            number = missing[count]
            lines.append(f'There {"was" if number == 1 else "were"} {number} partition{"s" * (number != 1)} missing '
                         f'{count} cop{"y" if count == 1 else "ies"}.')
        lines += [f'{figures["pct_found"]:.02f}% of {kind} copies found '
                  f'({figures["copies_found"]} of {figures["copies_expected"]})',
                  f'Sample represents {len(self.parts) * 100 / self.ring.partition_count:.02f}% of the {kind} '
                  'partition space']
        if partitions:
            lines += [f'Partition {part}: {found} of {wanted} copies'
                      for part, (found, wanted) in sorted(self.parts.items()) if found < wanted]
        return '\n'.join(lines)


def main(argv=None):
    """Run with the arguments of a command line; the exit status: 1 when copies are missing."""
    parser = argparse.ArgumentParser(prog='swift-dispersion-report', description=description(__doc__))
    _dispersion.common_arguments(parser)
    parser.add_argument('-j', '--dump-json', action='store_true', help='figures as JSON')
    parser.add_argument('-p', '--partitions', action='store_true', help='name the partitions that miss copies')
    args = parser.parse_args(argv)
    try:
        settings = _dispersion.Settings.read(args.conf, args.insecure)
        return _run(settings, args, args.dump_json or settings.flags['dump_json'])
    except SwiftError as error:
        print(f'swift-dispersion-report: {error}', file=sys.stderr)
        return 2


def _run(settings, args, as_json):
    found = _dispersion.load(settings)
    policy = _dispersion.policy_named(found, args.policy_name)
    account = _dispersion.Account(settings)
    if not as_json:
        print(f'Using storage policy: {policy.name} ')
    reports = []
    if settings.flags['container_report'] and not args.object_only:
        names = [name for name in account.names(None, _dispersion.CONTAINER_PREFIX) if _dispersion.is_sample(name)]
        reports.append((Report('container', found.ring('container'), settings),
                        [(account.name, name) for name in names]))
    if settings.flags['object_report'] and not args.container_only:
        container = _dispersion.objects_container(policy)
        reports.append((Report('object', found.ring('object', policy), settings,
                               {'X-Backend-Storage-Policy-Index': str(policy.idx)}),
                        [(account.name, container, name)
                         for name in account.names(container, _dispersion.OBJECT_PREFIX)]))
    figures, well = {}, True
    for report, paths in reports:
        if not paths:
            raise SwiftError(f'no {report.kind}s to look for: run swift-dispersion-populate first')
        began = time.time()
        report.run(paths)
        figures[report.kind] = report.summary()
        well = well and figures[report.kind]['copies_found'] == figures[report.kind]['copies_expected']
        if not as_json:
            print(report.text(time.time() - began, args.partitions), flush=True)
    if as_json:
        print(json.dumps(figures))
    return 0 if well else 1


if __name__ == '__main__':
    sys.exit(main())
