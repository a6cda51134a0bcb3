"""The dashboard: how long the server takes for each page of the navigation, what a first view transfers, its memory.

    python benchmarks/dashboard_pages.py [--instances 100 1000] [--state-dir DIRECTORY]

Makes a cloud of its own with the fake hypervisor in a temporary directory and removes it; with --state-dir it uses a
running one (furnished, to be thrown away), and leaves it filled. It is filled with 50 images, 20 volumes and as many
instances as asked, all of the project demo; pages of projects are asked for as demo, others as admin. A page's time is
the median of five, from the request to the end of the answer, over the loopback. Prints `name value unit`.
"""
import argparse
import html.parser
import pathlib
import statistics
import sys
import tempfile
import time
from urllib.parse import urljoin

import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from essex.cloud import status  # noqa: E402
from essex.cloud.api import Api  # noqa: E402
from essex.cloud.layout import Layout  # noqa: E402
from essex.cloud.settings import Settings  # noqa: E402
from tests.fixtures.cloud import Cloud  # noqa: E402

IMAGES, VOLUMES, TIMES = 50, 20, 5
# Forms that show what there is to choose from: measured beside the navigation.
FORMS = ['/project/instances/launch/', '/project/volumes/create/']
TIMEOUT = 60


def report(name, value, unit):
    print(f'{name} {value:.3g} {unit}', flush=True)


class Page(html.parser.HTMLParser):
    """Links of the navigation, what a browser loads for a page, and the fields of its first form."""

    def __init__(self, text):
        super().__init__()
        self.navigation, self.loaded, self.fields, self._in_navigation = [], [], {}, False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == 'nav':
            self._in_navigation = values.get('class') == 'side'
        elif tag == 'a' and self._in_navigation:
            self.navigation.append(values['href'])
        elif tag == 'link' and values.get('rel') in ('stylesheet', 'icon'):
            self.loaded.append(values['href'])
        elif tag in ('script', 'img') and values.get('src'):
            self.loaded.append(values['src'])
        elif tag == 'use':
            self.loaded.append(values['href'].split('#')[0])
        elif tag == 'input' and values.get('name'):
            self.fields[values['name']] = values.get('value', '')

    def handle_endtag(self, tag):
        self._in_navigation = self._in_navigation and tag != 'nav'


def log_in(base, settings, account):
    """(session, address of the first page) of an account's browser."""
    browser = requests.Session()
    login = browser.get(urljoin(base, '/auth/login/'), timeout=TIMEOUT)
    sent = {**Page(login.text).fields, 'domain': 'Default', 'username': account,
            'password': settings.environment(account)['OS_PASSWORD']}
    answer = browser.post(login.url, sent, headers={'Referer': login.url}, timeout=TIMEOUT)
    assert answer.history and answer.ok, f'{account} could not log in: {answer.status_code} {answer.url}'
    return browser, answer.url


def milliseconds(browser, address):
    """Median of several."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = browser.get(address, timeout=TIMEOUT)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, f'{address}: {answer.status_code}'
    return statistics.median(took)


def pages(base, settings, count):
    """Time every page of the navigation, and the large forms."""
    slowest = []
    for account in ('demo', 'admin'):
        browser, first = log_in(base, settings, account)
        navigation = Page(browser.get(first, timeout=TIMEOUT).text).navigation
        wanted = [each for each in navigation if account == 'demo' or not each.startswith(('/project/', '/account/'))]
        wanted += FORMS if account == 'demo' else []
        for address in wanted:
            took = milliseconds(browser, urljoin(base, address))
            slowest.append(took)
            report(f'with_{count}_instances{address.rstrip("/").replace("/", "_")}', took, 'ms')
    report(f'slowest_page_with_{count}_instances', max(slowest), 'ms')


def first_view(base, settings):
    """Bytes of bodies as they travel for the first page after the log-in, nothing being cached."""
    browser, first = log_in(base, settings, 'demo')
    addresses = [urljoin(first, each) for each in Page(browser.get(first, timeout=TIMEOUT).text).loaded]
    total = 0
    for address in dict.fromkeys([first, *addresses]):
        answer = browser.get(address, headers={'Accept-Encoding': 'gzip'}, stream=True, timeout=TIMEOUT)
        size = len(answer.raw.read(decode_content=False))
        assert answer.status_code == 200, f'{address}: {answer.status_code}'
        report(f'first_view_{address.rstrip("/").rsplit("/", 1)[1]}', size / 1024, 'KB')
        total += size
    report('first_view', total / 1024, 'KB')


class Filling:
    """Puts things into the project demo."""

    def __init__(self, cloud, layout, settings):
        self.cloud, self.layout = cloud, layout
        self.demo, admin = Api(settings, 'demo'), Api(settings, 'admin')
        unlimited = dict.fromkeys(('instances', 'cores', 'ram'), -1)
        admin.compute.put(f'/os-quota-sets/{self.demo.project_id}', json={'quota_set': unlimited})
        self._volumes = settings.url('volume', f'/v3/{self.demo.project_id}')
        # An address in full takes the place of the adapter's.
        admin.compute.put(f'{settings.url("volume", f"/v3/{admin.project_id}")}/os-quota-sets/{self.demo.project_id}',
                          json={'quota_set': {'volumes': -1, 'gigabytes': -1}})

    def images_and_volumes(self):
        """Small images with data, empty volumes."""
        for number in range(IMAGES):
            image = self.demo.image.post('/images', json={'name': f'image-{number}', 'disk_format': 'raw',
                                                          'container_format': 'bare'}).json()['id']
            self.demo.image.put(f'/images/{image}/file', data=b'\0' * 4096,
                                headers={'Content-Type': 'application/octet-stream'})
        for number in range(VOLUMES):
            self.demo.compute.post(f'{self._volumes}/volumes', json={'volume': {'name': f'volume-{number}', 'size': 1}})
        self.cloud.run(ROOT / 'bin' / 'nova-manage', '--config-file', self.layout.config('nova'), 'network', 'create',
                       'big', '10.200.0.0/16', '--bridge', 'br101')

    def instances(self, count):
        """So many in all, ACTIVE."""
        compute = self.demo.compute
        have = len(compute.get('/servers?limit=1000').json()['servers'])
        networks = compute.get('/os-networks').json()['networks']
        body = {'name': 'bench', 'flavorRef': '42',
                'imageRef': self.demo.image.get('/images?visibility=public').json()['images'][0]['id'],
                'networks': [{'uuid': next(each['id'] for each in networks if each['label'] == 'big')}]}
        for left in range(count - have, 0, -100):
            compute.post('/servers', json={'server': {**body, 'min_count': min(left, 100),
                                                      'max_count': min(left, 100)}})
        end = time.monotonic() + 300
        while compute.get('/servers?status=BUILD').json()['servers']:
            assert time.monotonic() < end, 'The servers do not become ACTIVE.'
            time.sleep(0.5)


def horizon_pid(layout):
    """Of the dashboard's process."""
    return next(each['pid'] for each in status.processes(layout.status) if each['name'] == 'horizon')


def measure(cloud, counts):
    """Everything, on a running cloud."""
    layout = Layout(cloud.directory)
    settings = Settings.load(layout)
    base = settings.url('horizon', '/')
    filling = Filling(cloud, layout, settings)
    filling.images_and_volumes()
    for count in counts:
        filling.instances(count)
        pages(base, settings, count)
    first_view(base, settings)
    report('memory', status.pss_mb(horizon_pid(layout)), 'MB PSS')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--instances', type=int, nargs='+', default=[100, 1000], help='(default: %(default)s)')
    parser.add_argument('--state-dir', type=pathlib.Path, help='a running cloud to fill and measure')
    args = parser.parse_args()
    if args.state_dir:
        return measure(Cloud(args.state_dir, 'fake'), args.instances)
    with tempfile.TemporaryDirectory() as directory:
        cloud = Cloud(pathlib.Path(directory) / 'var', 'fake')
        try:
            return measure(cloud.make(), args.instances)
        finally:
            cloud.remove()


if __name__ == '__main__':
    main()
