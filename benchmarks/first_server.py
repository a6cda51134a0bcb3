"""Real guests in an embedded cloud: from POST to ACTIVE, to an answering SSH, and Nova's own share of it.

    tools/build-guest-image && .venv/bin/python benchmarks/first_server.py [--servers 3]

As root; the cloud is in a temporary directory and a network namespace of its own, and is removed. Nova's share is the
time from POST to ACTIVE less the step that waits for libvirt and QEMU (spawn). The first boot also fills the image
cache. Prints `name value unit`.
"""
import argparse
import pathlib
import re
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from essex import trace_files  # noqa: E402
from tests.fixtures.cloud import Cloud, namespace, remove_namespace  # noqa: E402


def report(name, values, unit):
    print(f'{name} {statistics.median(values):.3g} {unit}', flush=True)


def boot(cloud, name):
    """(seconds to SSH, seconds to ACTIVE, seconds of spawn)."""
    text = cloud.essex('demo', '--name', name)
    to_ssh = float(re.search(r'SSH, ([\d.]+) s after', text)[1])
    server = cloud.json('server', 'show', name)['id']
    request = cloud.json('server', 'event', 'list', server)[-1]['Request ID']
    spans = trace_files.find(request, str(cloud.directory / 'trace'))
    by_name = {span['name']: span for span in spans}
    began = next(span['start'] for span in spans if span['name'].startswith('POST '))
    activate = by_name['boot: activate']
    return to_ssh, activate['start'] + activate['ms'] / 1000 - began, by_name['boot: spawn']['ms'] / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--servers', type=int, default=3, help='boots after the first (default: %(default)s)')
    args = parser.parse_args()
    net = namespace()
    with tempfile.TemporaryDirectory() as directory:
        cloud = Cloud(pathlib.Path(directory) / 'var', 'libvirt', net)
        try:
            cloud.make()
            first = boot(cloud, 'server-0')
            rest = [boot(cloud, f'server-{number}') for number in range(1, args.servers + 1)]
        finally:
            cloud.remove()
            remove_namespace(net)
    report('first_post_to_ssh', [first[0]], 's')
    report('first_post_to_active', [first[1]], 's')
    report('post_to_ssh', [each[0] for each in rest], 's')
    report('post_to_active', [each[1] for each in rest], 's')
    report('spawn_libvirt_and_qemu', [each[2] for each in rest], 's')
    report('own_share', [each[1] - each[2] for each in rest], 's')


if __name__ == '__main__':
    main()
