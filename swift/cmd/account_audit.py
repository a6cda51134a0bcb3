"""swift-account-audit: see that every copy of what an account lists is there, and that the copies agree.

Give accounts, containers or objects: AUTH_account, AUTH_account/container, AUTH_account/container/object. It asks the
storage nodes, so it must reach them; exit code 1 when anything is missing or differs.
"""
from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import collections  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from urllib.parse import quote  # noqa: E402

from swift import backend, cluster  # noqa: E402
from swift.cmd._help import description  # noqa: E402
from swift.exceptions import BackendError, SwiftError  # noqa: E402

_PAGE = 10000
# What all copies of an account or container must say the same of.
_COUNTS = {'account': ('x-account-container-count', 'x-account-object-count', 'x-account-bytes-used'),
           'container': ('x-container-object-count', 'x-container-bytes-used')}


class Audit:
    """Counts what it looks at in `seen`, and calls tell(path, text) for what is wrong."""

    def __init__(self, known, workers, tell):
        self.known, self.tell, self.seen, self.wrong = known, tell, collections.Counter(), 0
        self._pool = concurrency.Pool(workers)

    def run(self, paths):
        """Look at each of the paths, and at all below it."""
        for path in paths:
            names = path.strip('/').split('/', 2)
            (self._account, self._container, self._one)[len(names) - 1](*names)
        self._pool.waitall()

    def _account(self, account):
        for container in self._rows('account', account):
            self._container(account, container)

    def _container(self, account, container):
        policy = self._policy(account, container)
        for obj in self._rows('container', account, container):
            self._pool.spawn(self._object, account, container, obj, policy)

    def _one(self, account, container, obj):
        self._object(account, container, obj, self._policy(account, container))

    def _policy(self, account, container):
        part, nodes = self.known.ring('container').get_nodes(account, container)
        for answer in self._answers('HEAD', part, nodes, (account, container)).values():
            if answer is not None and answer.status // 100 == 2:
                return self.known.policies.by_index(answer.headers.get('x-backend-storage-policy-index'))
        return self.known.policies.by_index(0)

    def _answers(self, method, part, nodes, names, headers=None):
        """{place: Response or None} of the nodes."""
        found = {}
        for node in nodes:
            place = f'{node["ip"]}:{node["port"]}/{node["device"]}'
            try:
                found[place] = backend.request(node, method, backend.path(node['device'], part, *names),
                                               {'User-Agent': 'account-audit', **(headers or {})})
            except BackendError:
                found[place] = None
        return found

    def _say(self, names, text):
        self.wrong += 1
        self.tell('/'.join(names), text)

    def _missing(self, names, answers):
        """The answers that are good; says what the others are."""
        for place, answer in answers.items():
            if answer is None or answer.status // 100 != 2:
                self._say(names, f'{place}: {"no answer" if answer is None else answer.status}')
        return {place: each for place, each in answers.items() if each is not None and each.status // 100 == 2}

    def _rows(self, kind, *names):
        """The names listed by the copies of an account or container, all together; says where they differ."""
        self.seen[kind] += 1
        part, nodes = self.known.ring(kind).get_nodes(*names)
        heads = self._missing(names, self._answers('HEAD', part, nodes, names))
        counts = {tuple(each.headers.get(name) for name in _COUNTS[kind]) for each in heads.values()}
        if len(counts) > 1:
            self._say(names, f'copies count differently: {"; ".join(sorted(map(str, counts)))}')
        listed = {f'{node["ip"]}:{node["port"]}/{node["device"]}': set(self._listing(node, part, names))
                  for node in nodes}
        everything = set().union(*listed.values())
        for place in heads:
            if everything - listed[place]:
                some = sorted(everything - listed[place])
                self._say(names, f'{place}: {len(some)} names are not listed, the first is {some[0]}')
        return sorted(everything)

    def _listing(self, node, part, names):
        marker = ''
        while True:
            target = (backend.path(node['device'], part, *names)
                      + f'?format=json&limit={_PAGE}&marker={quote(marker, safe="")}')
            try:
                answer = backend.request(node, 'GET', target, {'User-Agent': 'account-audit'})
            except BackendError:
                return
            rows = json.loads(answer.body) if answer.status == 200 else []
            if not rows:
                return
            yield from (row['name'] for row in rows)
            marker = rows[-1]['name']

    def _object(self, account, container, obj, policy):
        self.seen['object'] += 1
        names = (account, container, obj)
        part, nodes = self.known.ring('object', policy).get_nodes(*names)
        answers = self._missing(names, self._answers(
            'HEAD', part, nodes, names, {'X-Backend-Storage-Policy-Index': str(policy.idx)}))
        # Fragments differ; the object they are of does not.
        told = {(each.headers.get('x-object-sysmeta-ec-etag') or each.headers.get('etag', '')).strip('"')
                for each in answers.values()}
        if len(told) > 1:
            self._say(names, f'copies differ: {", ".join(sorted(told))}')


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-account-audit', description=description(__doc__))
    parser.add_argument('paths', nargs='*', metavar='PATH', help='account[/container[/object]]; none: read from input')
    parser.add_argument('-c', '--concurrency', type=int, default=50, help='default: %(default)s')
    parser.add_argument('-r', '--ring-dir', default='/etc/swift', help='of rings and swift.conf (default: %(default)s)')
    parser.add_argument('-e', '--error-file', help='write the paths of what is wrong there')
    args = parser.parse_args(argv)
    paths = args.paths or [line.strip() for line in sys.stdin if line.strip()]
    wrong = {}

    def tell(path, text):
        wrong[path] = True
        print(f'{path}: {text}')
    try:
        audit = Audit(cluster.load(args.ring_dir), max(1, args.concurrency), tell)
        audit.run(paths)
    except SwiftError as error:
        print(f'swift-account-audit: {error}', file=sys.stderr)
        return 2
    if args.error_file:
        with open(args.error_file, 'w', encoding='utf-8') as file:
            file.writelines(f'{path}\n' for path in wrong)
    print(', '.join(f'{audit.seen[kind]} {kind}s' for kind in ('account', 'container', 'object'))
          + f' looked at, {audit.wrong} things are wrong')
    return 1 if audit.wrong else 0


if __name__ == '__main__':
    sys.exit(main())
