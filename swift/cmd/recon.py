"""swift-recon: ask every storage server of the rings how it fares, and print it in a few lines."""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

from swift import backend, cluster  # noqa: E402
from swift.cmd import recon_checks as checks  # noqa: E402
from swift.exceptions import BackendError, SwiftError  # noqa: E402

_SERVERS = ('account', 'container', 'object')
_LINE = '=' * 79


class Scout:
    """Asks hosts, all at once. `ask(path)` -> [(host, answer or None)]; what went wrong goes to `trouble`."""

    def __init__(self, hosts, server_type, swift_dir, timeout=5, verbose=False, suppress=False, out=print):
        self.hosts, self.server_type, self.swift_dir = hosts, server_type, swift_dir
        self.timeout, self.verbose, self.suppress, self.out = timeout, verbose, suppress, out

    def ask(self, path):
        """GET /recon/<path> of every host: [(host, decoded JSON or None)] in the order of the hosts."""
        return list(concurrency.Pool(30).imap(lambda host: (host, self.get(host, path)), self.hosts))

    def get(self, host, path):
        """The decoded JSON one host says, or None."""
        url = f'{self.url(host)}/recon/{path}'
        answer = self.request(host, 'GET', f'/recon/{path}', url)
        if answer is None:
            return None
        if answer.status != 200:
            self._trouble(f'-> {url}: HTTP {answer.status} {answer.reason}')
            return None
        try:
            found = json.loads(answer.body)
        except ValueError as error:
            self._trouble(f'-> {url}: {error}')
            return None
        if self.verbose:
            self.out(f'-> {url}: {found}')
        return found

    def request(self, host, method, target, url):
        """The answer of one host, or None."""
        node = {'ip': host[0], 'port': host[1], 'device': ''}
        try:
            return backend.request(node, method, target, timeout=self.timeout, conn_timeout=self.timeout)
        except BackendError as error:
            self._trouble(f'-> {url}: {error.problem}')
            return None

    def _trouble(self, text):
        if not self.suppress:
            self.out(text)

    @staticmethod
    def address(host):
        """`ip:port` of a host."""
        return f'[{host[0]}]:{host[1]}' if ':' in host[0] else f'{host[0]}:{host[1]}'

    def url(self, host):
        """The URL of a host."""
        return f'http://{self.address(host)}'


def hosts_of(rings, region=None, zone=None):
    """Sorted (ip, port) of every server in the rings, or of those of a region and zone."""
    return sorted({(device['ip'], device['port']) for ring in rings for device in ring.devs
                   if device and device.get('weight', 1) >= 0
                   and (region is None or device.get('region', 1) == region)
                   and (zone is None or device['zone'] == zone)})


def _rings(nodes, server_type, policy):
    if server_type != 'object':
        return [nodes.ring(server_type)]
    if policy is not None:
        found = nodes.policies.by_index(policy) if policy.isdecimal() else nodes.policies.by_name(policy)
        if found is None:
            raise SwiftError(f'there is no storage policy {policy}')
        return [nodes.ring('object', found)]
    return [nodes.ring('object', each) for each in nodes.policies]


def _parser():
    parser = argparse.ArgumentParser(prog='swift-recon', usage='%(prog)s [<server_type> ...] [options]', description=(
        'Ask storage servers how they fare. <server_type> is account, container or object (the default).'))
    parser.add_argument('servers', nargs='*', metavar='server_type')
    yes = {'action': 'store_true'}
    parser.add_argument('-v', '--verbose', help='print what each host says', **yes)
    parser.add_argument('--suppress', help='do not print what goes wrong', **yes)
    for names, explanation in checks.FLAGS:
        parser.add_argument(*names, help=explanation, **yes)
    parser.add_argument('--objmd5', help='as --md5', dest='md5', **yes)
    parser.add_argument('--human-readable', help='sizes with units, for -d', **yes)
    parser.add_argument('--top', type=int, default=0, metavar='COUNT', help='show the COUNT fullest devices, for -d')
    parser.add_argument('--lowest', type=int, default=0, metavar='COUNT', help='show the COUNT emptiest, for -d')
    parser.add_argument('--jitter', type=float, default=0.0, help='seconds clocks may differ, for -T')
    parser.add_argument('--all', help='all checks; as -arudlqT --md5 --sockstat --auditor --updater --expirer '
                                      '--driveaudit --validate-servers --swift-versions', **yes)
    parser.add_argument('--region', type=int, help='only servers of this region')
    parser.add_argument('-z', '--zone', type=int, help='only servers of this zone')
    parser.add_argument('-p', '--policy', help='only servers of this storage policy (name or index)')
    parser.add_argument('-t', '--timeout', type=float, default=5, help='seconds for each answer (5)')
    parser.add_argument('--swiftdir', default='/etc/swift', help='(/etc/swift)')
    return parser


def _run(args, server_type, nodes):
    hosts = hosts_of(_rings(nodes, server_type, args.policy), args.region, args.zone)
    scout = Scout(hosts, server_type, args.swiftdir, args.timeout, args.verbose, args.suppress)
    print(_LINE)
    print(f'--> Starting reconnaissance on {len(hosts)} hosts ({server_type})')
    print(_LINE)
    for check in checks.chosen(args, server_type):
        print(f'[{time.strftime("%Y-%m-%d %H:%M:%S")}] {check.title(server_type, hosts)}')
        check(scout, args)
        print(_LINE)


def main(argv=None):
    """The command; returns its exit status."""
    parser = _parser()
    args = parser.parse_args(argv)
    kinds = args.servers or ['object']
    if kinds == ['all']:
        kinds = list(_SERVERS)
    for kind in kinds:
        if kind not in _SERVERS:
            parser.error(f'{kind!r} is no server type: account, container or object')
    if not args.all and not checks.any_chosen(args):
        parser.print_help()
        return 0
    try:
        nodes = cluster.load(args.swiftdir)
        for kind in kinds:
            _run(args, kind, nodes)
    except (SwiftError, OSError) as error:
        print(f'swift-recon: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
