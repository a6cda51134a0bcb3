"""The embedded cloud with the fake hypervisor: how soon it is up, how much memory it takes, how fast it answers.

    python benchmarks/cloud.py [--servers 1000]

Makes a cloud of its own in a temporary directory and removes it. Prints `name value unit`; processor time is summed
over every process of the cloud.
"""
import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from essex.cloud import status  # noqa: E402
from essex.cloud.api import Api  # noqa: E402
from essex.cloud.layout import Layout  # noqa: E402
from essex.cloud.settings import Settings  # noqa: E402
from tests.fixtures.cloud import Cloud  # noqa: E402

TICKS = os.sysconf('SC_CLK_TCK')


def report(name, value, unit):
    print(f'{name} {value:.3g} {unit}', flush=True)


def pids(layout):
    """The cloud's processes."""
    supervisor = status.supervisor_pid(layout)
    children = pathlib.Path(f'/proc/{supervisor}/task/{supervisor}/children').read_text().split()
    return [supervisor, *map(int, children)]


def processor_seconds(layout):
    """What all of them have used."""
    total = 0
    for pid in pids(layout):
        fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def timed(layout, call, count):
    """(milliseconds of each call, processor milliseconds per call)."""
    before, took = processor_seconds(layout), []
    for _ in range(count):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1000)
    return took, (processor_seconds(layout) - before) * 1000 / count


def starts(cloud, layout):
    """Stop and start a few times; the memory after the last."""
    seconds = []
    for _ in range(3):
        cloud.essex('down')
        began = time.perf_counter()
        cloud.essex('up')
        seconds.append(time.perf_counter() - began)
    report('cloud_start', statistics.median(seconds), 's')
    time.sleep(3)
    report('cloud_memory', sum(status.pss_mb(pid) for pid in pids(layout)), 'MB PSS')


def quota_free(layout, settings):
    """Let the account demo have as many servers as it likes."""
    admin, demo = Api(settings, 'admin'), Api(settings, 'demo')
    body = {'quota_set': dict.fromkeys(('instances', 'cores', 'ram'), -1)}
    admin.compute.put(f'/os-quota-sets/{demo.project_id}', json=body)
    return demo


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--servers', type=int, default=1000, help='servers in the list (default: %(default)s)')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        layout = Layout(pathlib.Path(directory) / 'var')
        cloud = Cloud(layout.root, 'fake').make()
        try:
            measure(cloud, layout, args.servers)
        finally:
            cloud.remove()


def measure(cloud, layout, count):
    """Everything, on a running cloud."""
    starts(cloud, layout)
    settings = Settings.load(layout)
    demo = quota_free(layout, settings)
    session = requests.Session()
    session.headers['X-Auth-Token'] = demo.identity.get_token()
    base = settings.url('nova', '/v2.1')
    cloud.run(ROOT / 'bin' / 'nova-manage', '--config-file', layout.config('nova'), 'network', 'create', 'big',
              '10.200.0.0/16', '--bridge', 'br101')
    networks = session.get(f'{base}/os-networks').json()['networks']
    image = demo.image.get('/images').json()['images'][0]['id']
    body = {'server': {'name': 'bench', 'flavorRef': '42', 'imageRef': image,
                       'networks': [{'uuid': next(each['id'] for each in networks if each['label'] == 'big')}]}}

    def post(**more):
        answer = session.post(f'{base}/servers', json={'server': {**body['server'], **more}})
        assert answer.status_code == 202, answer.text
    post()
    took, processor = timed(layout, post, 30)
    report('server_post_median', statistics.median(took), 'ms')
    report('server_post_slowest', max(took), 'ms')
    report('server_post_and_boot_processor', processor, 'ms')
    for left in range(count - 31, 0, -100):
        post(min_count=min(left, 100), max_count=min(left, 100))
    wait_active(session, base, count)
    took, processor = timed(layout, lambda: page(session, base, 1000), 10)
    report(f'list_of_{min(count, 1000)}_with_details', statistics.median(took), 'ms')
    report(f'list_of_{min(count, 1000)}_with_details_processor', processor, 'ms')
    took, processor = timed(layout, lambda: page(session, base, 100), 10)
    report('list_of_100_with_details', statistics.median(took), 'ms')
    report('list_of_100_with_details_processor', processor, 'ms')


def page(session, base, limit):
    answer = session.get(f'{base}/servers/detail', params={'limit': limit})
    assert len(json.loads(answer.content)['servers']) == limit, answer.text[:300]


def wait_active(session, base, count):
    """Until every server has booted."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        building = session.get(f'{base}/servers', params={'status': 'BUILD'}).json()['servers']
        if not building:
            failed = session.get(f'{base}/servers', params={'status': 'ERROR'}).json()['servers']
            report('failed_servers', len(failed), 'servers')
            return
        time.sleep(0.5)
    raise SystemExit(f'{len(building)} servers of {count} do not become ACTIVE')


if __name__ == '__main__':
    main()
