"""Servers on the fake hypervisor of a whole embedded cloud: from POST to ACTIVE, and from DELETE to gone.

    python benchmarks/boot_fake.py [--count 500] [--concurrency 10] [--poll 0.1]

Makes a cloud of its own in a temporary directory and removes it. Each of `concurrency` users creates a server, asks
for it every `poll` seconds until it is ACTIVE, and goes on with the next; then all are deleted the same way. Processor
time is that of every process of the cloud together, the answers to the users' questions included. Prints
`name value unit`.
"""
import argparse
import collections
import contextlib
import http.client
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
TICKS = os.sysconf('SC_CLK_TCK')


class Cloud:
    """An embedded cloud with the fake hypervisor."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def essex(self, *arguments):
        """bin/essex; its output."""
        return self._run(ROOT / 'bin' / 'essex', '--state-dir', self.directory, *arguments)

    def manage(self, *arguments):
        """bin/nova-manage; its output."""
        return self._run(ROOT / 'bin' / 'nova-manage', '--config-file', self.directory / 'etc' / 'nova' / 'nova.conf',
                         *arguments)

    @staticmethod
    def _run(*command):
        done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f'{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}')
        return done.stdout

    def make(self):
        """Make and start it, with room for many servers."""
        self.essex('init', '--hypervisor', 'fake', '--free-ports')
        self.essex('up')
        self.essex('furnish')
        self.manage('network', 'create', '--label', 'bench', '--fixed_range_v4', '10.200.0.0/16', '--bridge', 'br101')

    def credentials(self):
        """The variables of openrc."""
        text = (self.directory / 'openrc').read_text()
        return dict(shlex.split(line[7:])[0].split('=', 1) for line in text.splitlines()
                    if line.startswith('export OS_'))

    def processes(self):
        """The pids of the cloud's daemons."""
        supervisor = next(int(path.read_text()) for path in self.directory.rglob('*.pid'))
        return [int(pid) for pid in
                pathlib.Path(f'/proc/{supervisor}/task/{supervisor}/children').read_text().split()]

    def cpu_seconds(self):
        """{process: processor time so far} of its daemons; `nova` is the one of Nova's daemons."""
        names = {each['pid']: path.stem for path in self.directory.rglob('status/*.json')
                 for each in [json.loads(path.read_text())]}
        spent = {}
        for pid in self.processes():
            fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
            spent[names.get(pid, str(pid))] = (int(fields[11]) + int(fields[12])) / TICKS
        return spent


class Session:
    """A user's kept-alive connection to nova-api."""

    def __init__(self, url, token):
        self.base = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(self.base.netloc, timeout=60)
        self.headers = {'X-Auth-Token': token, 'Content-Type': 'application/json'}

    def call(self, method, path, body=None):
        """(status, parsed body)."""
        self.connection.request(method, self.base.path + path, body and json.dumps(body), self.headers)
        response = self.connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else None


def log_in(credentials):
    """(token, project id, catalog)."""
    url = urllib.parse.urlsplit(credentials['OS_AUTH_URL'])
    domain = {'id': 'default'}
    auth = {'identity': {'methods': ['password'], 'password': {'user': {
        'name': credentials['OS_USERNAME'], 'password': credentials['OS_PASSWORD'], 'domain': domain}}},
        'scope': {'project': {'name': credentials['OS_PROJECT_NAME'], 'domain': domain}}}
    connection = http.client.HTTPConnection(url.netloc)
    connection.request('POST', url.path + '/auth/tokens', json.dumps({'auth': auth}),
                       {'Content-Type': 'application/json'})
    response = connection.getresponse()
    body = json.loads(response.read())['token']
    catalog = {each['type']: each['endpoints'][0]['url'] for each in body['catalog']}
    return response.headers['X-Subject-Token'], body['project']['id'], catalog


class Load:
    """Users at work; `seconds` of each server, from asking to having."""

    def __init__(self, url, token, poll):
        self.url, self.token, self.poll = url, token, poll
        self.servers, self.posts, self.seconds, self.ends = [], [], [], collections.Counter()

    def run(self, work, items, concurrency):
        """Have `concurrency` users do work(session, item) for all items; returns the seconds it took."""
        self.posts, self.seconds, self.ends = [], [], collections.Counter()
        waiting, began = collections.deque(items), time.perf_counter()

        def user():
            session = Session(self.url, self.token)
            with contextlib.suppress(IndexError):
                while True:
                    item, start = waiting.popleft(), time.perf_counter()
                    self.ends[work(session, item)] += 1
                    self.seconds.append(time.perf_counter() - start)
        threads = [threading.Thread(target=user) for _ in range(concurrency)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    def create(self, session, body):
        """POST and wait; the status it ended with."""
        start = time.perf_counter()
        status, answer = session.call('POST', '/servers', body)
        self.posts.append(time.perf_counter() - start)
        if status != 202:
            return f'POST {status} {answer}'
        own = answer['server']['id']
        self.servers.append(own)
        while True:
            time.sleep(self.poll)
            server = session.call('GET', f'/servers/{own}')[1]['server']
            if server['status'] != 'BUILD':
                return server['status'] if server['status'] == 'ACTIVE' else f'{server["status"]} {server.get("fault")}'

    def delete(self, session, own):
        """DELETE and wait."""
        status, answer = session.call('DELETE', f'/servers/{own}')
        if status != 204:
            return f'DELETE {status} {answer}'
        while session.call('GET', f'/servers/{own}')[0] != 404:
            time.sleep(self.poll)
        return 'gone'


def report(what, load, spent, processor, count):
    """Print the figures of one kind of work."""
    print(f'{what}_per_second {count / spent:.1f} servers/s')
    print(f'{what}_processor_time {sum(processor.values()) / count * 1000:.1f} ms')
    print(f'{what}_processor_time_of_nova {processor.get("nova", 0) / count * 1000:.1f} ms')
    print(f'{what}_median {statistics.median(load.seconds):.3f} s')
    print(f'{what}_slowest {max(load.seconds):.3f} s')
    if load.posts:
        posts = sorted(load.posts)
        print(f'post_median {statistics.median(posts) * 1000:.1f} ms')
        print(f'post_95_percent {posts[int(len(posts) * .95)] * 1000:.1f} ms')


def measure(cloud, arguments):
    """Create and delete; exits with status 1 when a server failed."""
    token, project, catalog = log_in(cloud.credentials())
    session = Session(catalog['compute'], token)
    for resource in ('instances', 'cores', 'ram'):
        cloud.manage('project', 'quota', project, resource, '-1')
    flavor = min(session.call('GET', '/flavors/detail')[1]['flavors'], key=lambda each: each['ram'])['id']
    glance = Session(catalog['image'], token)
    image = glance.call('GET', '/v2/images')[1]['images'][0]['id']
    network = next(each['id'] for each in session.call('GET', '/os-networks')[1]['networks']
                   if each['label'] == 'bench')
    body = {'server': {'name': 'bench', 'flavorRef': flavor, 'imageRef': image, 'networks': [{'uuid': network}]}}
    load = Load(catalog['compute'], token, arguments.poll)
    load.run(load.create, [body] * 2, 1)   # the image is fetched once, connections are opened
    good = True
    for what, work, items, wanted in (('boot', load.create, [body] * arguments.count, 'ACTIVE'),
                                      ('delete', load.delete, load.servers, 'gone')):
        before = cloud.cpu_seconds()
        spent = load.run(work, list(items), arguments.concurrency)
        after = cloud.cpu_seconds()
        report(what, load, spent, {name: after[name] - before.get(name, 0) for name in after}, sum(load.ends.values()))
        failed = {end: number for end, number in load.ends.items() if end != wanted}
        print(f'{what}_failed {sum(failed.values())} servers {failed or ""}'.rstrip())
        good = good and not failed
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--count', type=int, default=500, help='servers')
    parser.add_argument('--concurrency', type=int, default=10, help='users')
    parser.add_argument('--poll', type=float, default=0.1, help='seconds between two questions of a user')
    parser.add_argument('--state-dir', help='a cloud that runs, instead of one of its own')
    arguments = parser.parse_args()
    if arguments.state_dir:
        sys.exit(measure(Cloud(arguments.state_dir), arguments))
    directory = tempfile.mkdtemp(prefix='essex-benchmark-')
    cloud = Cloud(directory)
    try:
        cloud.make()
        status = measure(cloud, arguments)
    finally:
        cloud.essex('down')
        shutil.rmtree(directory)
    sys.exit(status)


if __name__ == '__main__':
    main()
