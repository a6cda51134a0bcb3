"""swift-get-nodes: which nodes keep an account, a container or an object, and how to look there."""
import argparse
import itertools
import os
import re
import sys
from urllib.parse import quote, unquote

from swift import cluster
from swift.cmd._help import description
from swift.cmd._pipe import patient
from swift.exceptions import ConfigurationError, SwiftError
from swift.ring.ring import Ring
from swift.ring.search import host

_RING = re.compile(r'(account|container|object(?:-\d+)?)\.ring\.gz')
_DATA = {'account': 'accounts', 'container': 'containers', 'object': 'objects'}


def parser():
    """The command line."""
    made = argparse.ArgumentParser(prog='swift-get-nodes', description=description(__doc__), allow_abbrev=False)
    made.add_argument('names', nargs='*', metavar='[ring.gz] account [container [object]]',
                      help='the ring file, unless -P is given, and a name, also in one: account/container/object')
    made.add_argument('-a', '--all', action='store_true', help='show all handoff nodes')
    made.add_argument('-p', '--partition', type=int, help='show the nodes of a partition')
    made.add_argument('-P', '--policy-name', help='use the object ring of this storage policy')
    made.add_argument('-d', '--swift-dir', default='/etc/swift', help='where swift.conf is')
    made.add_argument('-Q', '--quoted', action='store_true', help='names are percent-encoded')
    return made


@patient
def main(argv=None):
    """Entry point; returns the exit code."""
    args = parser().parse_intermixed_args(argv)
    try:
        return _run(args)
    except SwiftError as error:
        print(error, file=sys.stderr)
        return 1


def _run(args):
    names = list(args.names)
    path = names.pop(0) if names and names[0].endswith('.ring.gz') else None
    named = [each for name in names for each in name.split('/', 2 if len(names) == 1 else 0) if each]
    named = [unquote(each) for each in named] if args.quoted else named
    known = cluster.Cluster(args.swift_dir)
    ring, kind = _ring(args, known, path, named)
    if len(named) > 3 or (not named and args.partition is None):
        raise ConfigurationError('Which account, container or object? Or -p for a partition; --help explains.')
    part, digest = args.partition, None
    if named:
        digest = known.hash_path(*named)
        part = ring.get_part(*named)
        _say_names(named)
    if not 0 <= part < ring.partition_count:
        raise ConfigurationError(f'partition {part}: this ring has 0 to {ring.partition_count - 1}')
    say_nodes(args, ring, kind, part, digest, named, _code(known, kind))
    return 0


def _code(known, kind):
    policy = known.policies.by_index(kind.partition('-')[2]) if kind.startswith('object') else None
    return policy and policy.code


def _ring(args, known, path, named):
    """The ring, and `account`, `container`, `object` or `object-1`."""
    if path:
        match = _RING.fullmatch(os.path.basename(path))
        if args.policy_name:
            print('Warning: the ring file given is used, not the storage policy', file=sys.stderr)
        return Ring(path, hash_path=known.hash_path), match[1] if match else 'object'
    if not args.policy_name:
        raise ConfigurationError('Which ring? Give a ring file or -P with a storage policy; --help explains.')
    policy = known.policies.by_name(args.policy_name)
    if policy is None:
        raise ConfigurationError(f'No policy named {args.policy_name!r}')
    kind = ('account', 'container', policy.ring_name)[max(0, len(named) - 1)] if named else policy.ring_name
    return (known.ring('object', policy) if kind.startswith('object') else known.ring(kind)), kind


def _say_names(named):
    account, container, obj = (*named, None, None)[:3]
    print(f'\nAccount  \t{account}\nContainer\t{container}\nObject   \t{obj}\n\n')


def say_nodes(args, ring, kind, part, digest, named, code=None):
    """Print where a partition is kept: nodes, curl and ssh lines. `args.all`: every stand-in.

    With `code` (erasure.Code) also the index of the fragments that each node has.
    """
    nodes = [(node, f' [Fragment {code.index_at(place)}]' if code else '')
             for place, node in enumerate(ring.get_part_nodes(part))]
    stand_ins = ring.get_more_nodes(part)
    nodes += [(node, ' [Handoff]') for node in
              (stand_ins if args.all else itertools.islice(stand_ins, len(nodes)))]
    print(f'Partition\t{part}\nHash     \t{digest}\n')
    for node, mark in nodes:
        print(f'Server:Port Device\t{host(node)} {node["device"]}' + (f'\t{mark}' if mark else ''))
    print('\n')
    policy = kind.partition('-')[2]
    header = f' -H "X-Backend-Storage-Policy-Index: {policy}"' if policy else ''
    path = ''.join('/' + quote(name) for name in named)
    for node, mark in nodes if named else ():
        print(f'curl -g -I -XHEAD "http://{host(node)}/{quote(node["device"])}/{part}{path}"{header} --path-as-is'
              + (f' #{mark}' if mark else ''))
    print('\n\nUse your own device location of servers:\nsuch as "export DEVICE=/srv/node"')
    place = _DATA[kind.partition('-')[0]] + (f'-{policy}' if policy else '')
    below = f'/{digest[-3:]}/{digest}' if digest else ''
    for node, mark in nodes:
        print(f'ssh {node["ip"]} "ls -lah ${{DEVICE:-/srv/node*}}/{node["device"]}/{place}/{part}{below}"'
              + (f' #{mark}' if mark else ''))
    print('\nnote: `/srv/node*` is used as default value of `devices`, the real value is set in the config file on '
          'each storage node.')


if __name__ == '__main__':
    sys.exit(main())
