"""The original Keystone and Glance beside ours: the same requests, settings and machine, one process each.

    python benchmarks/keystone_stock.py [--seconds 3] [--rounds 12] [--only keystone|glance] [--users 1000]
                                        [--assignments 10000] [--images 1000] [--size MIB] [--tries 2]

Prints `name original ours gain` lines. `cpu` is processor time a request of all processes of the service, which can be
compared on a busy machine, and whose inverse is what one core could serve. The original is served by uWSGI, ours as
bin/essex starts it; both on SQLite, with a cache in the process. Logging in is measured apart from hashing: by a
token, which hashes nothing, and by a password, of which `hash` is bcrypt's own part.
"""
import argparse
import contextlib
import http.client
import pathlib
import sqlite3
import sys
import tempfile
import time
import uuid

import bcrypt
import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import glance_transfer  # noqa: E402 - the checkout is found first
from benchmarks.keystone_tokens import cpu_seconds  # noqa: E402
from tests.fixtures import stock  # noqa: E402

MIB = 1024 * 1024
# Ours caches in its process without being told.
_CACHE = '[cache]\nenabled = true\nbackend = dogpile.cache.memory'


def spent(daemon):
    """Processor seconds of a service so far."""
    return sum(cpu_seconds(pid) for pid in daemon.pids())


def memory(daemon):
    """Its PSS in MB."""
    total = 0
    for pid in daemon.pids():
        with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
            total += next(int(line.split()[1]) for line in file if line.startswith('Pss:'))
    return total / 1024


def measure(daemon, send, seconds, least=3):
    """(milliseconds of wall time, of processor time) of one `send()`."""
    send()
    before, began, count = spent(daemon), time.perf_counter(), 0
    while count < least or time.perf_counter() - began < seconds:
        send()
        count += 1
    return (time.perf_counter() - began) / count * 1000, (spent(daemon) - before) / count * 1000


def show(name, values, unit='ms'):
    """One figure of both. `gain` is how many times less ours needs."""
    original, ours = values
    print(f'{name} {original:.2f} {ours:.2f} {unit} {original / ours if ours else 0:.1f}', flush=True)


def asking(daemon, method, path, token, expected=200, **options):
    """A function that sends one request and checks its status."""
    url, headers = daemon.url + path, {'X-Auth-Token': token, **options.pop('headers', {})}
    # Kept connections, as services have them.
    session = requests.Session()

    def send():
        answer = session.request(method, url, headers=headers, timeout=300, **options)
        if answer.status_code != expected:
            raise SystemExit(f'{method} {url}: {answer.status_code} {answer.text[:300]}')
        return answer
    return send


def fill(keystone, users, assignments):
    """Users, and roles of theirs on as many projects as it takes, straight into the database."""
    keystone.close()
    role = {}
    ids = [uuid.uuid4().hex for _ in range(users)]
    with contextlib.closing(sqlite3.connect(keystone.directory / 'keystone.sqlite')) as connection, connection:
        role['id'] = connection.execute("select id from role where name = 'member'").fetchone()[0]
        names = {row[1] for row in connection.execute('pragma table_info(user)')}
        for number, each in enumerate(ids):
            _user(connection, names, each, f'user-{number:05}')
        for number in range(-(-assignments // users)):
            project = uuid.uuid4().hex
            _project(connection, project, f'project-{number}')
            for each in ids:
                _assignment(connection, each, project, role['id'])
    keystone.serve()


def _insert(connection, table, **values):
    known = {row[1] for row in connection.execute(f'pragma table_info("{table}")')}
    values = {name: value for name, value in values.items() if name in known}
    marks = ', '.join('?' * len(values))
    connection.execute(f'insert into "{table}" ({", ".join(values)}) values ({marks})', tuple(values.values()))


def _user(connection, names, user_id, name):
    _insert(connection, 'user', id=user_id, name=name, domain_id='default', enabled=1, extra='{}', options='{}',
            created_at='2026-01-01 00:00:00', failed_auth_count=0)
    if 'name' not in names:     # the original keeps names apart
        _insert(connection, 'local_user', user_id=user_id, domain_id='default', name=name)


def _project(connection, project_id, name):
    _insert(connection, 'project', id=project_id, name=name, domain_id='default', parent_id='default', enabled=1,
            is_domain=0, description='', extra='{}', options='{}', tags='[]')


def _assignment(connection, user_id, project_id, role_id):
    _insert(connection, 'assignment', type='UserProject', actor_id=user_id, actor_type='user', target_id=project_id,
            target_type='project', role_id=role_id, inherited=0)


def keystone(directory, options):
    """Tokens, lists, memory."""
    both = [stock.StockKeystone(f'{directory}/stock').make(rounds=options.rounds, options=_CACHE),
            stock.OurKeystone(f'{directory}/ours').make(rounds=options.rounds)]
    with stock.running(*both):
        show('keystone_memory_at_start', [memory(each) for each in both], 'MB')
        tokens = [each.token() for each in both]
        subjects = [{'X-Subject-Token': token} for token in tokens]
        pairs = list(zip(both, tokens, subjects, strict=True))
        _both('validation', [(each, asking(each, 'GET', '/v3/auth/tokens', token, headers=subject))
                             for each, token, subject in pairs], options)
        project = {'project': {'name': 'admin', 'domain': {'id': 'default'}}}
        _both('token_issue', [(each, asking(each, 'POST', '/v3/auth/tokens', token, 201, json={'auth': {
            'identity': {'methods': ['token'], 'token': {'id': token}}, 'scope': project}}))
            for each, token, _ in pairs], options)
        _both('password_issue', [(each, lambda each=each: each.login(project)) for each in both], options)
        began = time.process_time()
        bcrypt.hashpw(b'secret', bcrypt.gensalt(options.rounds))
        show('of_which_hash_cpu', [(time.process_time() - began) * 1000] * 2)
        show('memory', [memory(each) for each in both], 'MB')
        for each in both:
            fill(each, options.users, options.assignments)
        _both(f'list_of_{options.users}_users', [(each, asking(each, 'GET', '/v3/users', token))
                                                 for each, token, _ in pairs], options)
        _both(f'list_of_{options.assignments}_assignments_effective', [
            (each, asking(each, 'GET', '/v3/role_assignments?effective', token)) for each, token, _ in pairs], options)


def _both(name, senders, options):
    found = [measure(daemon, send, options.seconds) for daemon, send in senders]
    show(name, [wall for wall, _ in found])
    show(f'{name}_cpu', [processor for _, processor in found])


def glance(directory, options):
    """Transfers and a list, behind the same Keystone (ours)."""
    identity = stock.OurKeystone(f'{directory}/identity').make()
    both = [kind(f'{directory}/{kind.__name__}').make(identity) for kind in (stock.StockGlance, stock.OurGlance)]
    with stock.running(identity, *both):
        identity.image_service(both[0].url)
        token = identity.token()
        show('glance_memory_at_start', [memory(each) for each in both], 'MB')
        glance_transfer.hash_speed()
        transfers(directory, both, token, options)
        for each in both:
            for number in range(options.images - 2 * options.tries):
                _image(each, token, f'more-{number}')
        _both(f'list_of_{options.images}_images', [
            (each, asking(each, 'GET', f'/v2/images?limit={options.images}', token)) for each in both], options)
        show('glance_memory', [memory(each) for each in both], 'MB')


def transfers(directory, both, token, options):
    """Up in one piece and in chunks, and down, by turns; of each the best."""
    data, found = memoryview(bytes(options.size * MIB)), {}
    for number in range(options.tries):
        for each in both:
            for name in ('upload', 'upload_chunked', 'download'):
                if name != 'download':
                    image = _image(each, token, f'image-{number}')
                    glance_transfer.warm_up(directory, len(data))
                body = {'upload': data, 'upload_chunked': _pieces(data)}.get(name)
                found.setdefault(name, {}).setdefault(each, []).append(transfer(each, image, token, body, len(data)))
    for name, tries in found.items():
        original, ours = (max(rate for rate, _ in tries[each]) for each in both)
        print(f'image_{name} {original:.0f} {ours:.0f} MiB/s {ours / original:.1f}', flush=True)
        show(f'image_{name}_cpu_per_GiB', [min(processor for _, processor in tries[each]) for each in both])


def _pieces(data):
    return (data[start:start + 65536] for start in range(0, len(data), 65536))


def transfer(daemon, image, token, body, size):
    """(MiB a second, milliseconds of processor time a GiB) of an image's data; the client costs as little as it can."""
    before, began, buffer = spent(daemon), time.perf_counter(), bytearray(MIB)
    method, size = 'GET' if body is None else 'PUT', size / MIB
    connection = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=300)
    connection.request(method, f'/v2/images/{image}/file', body,
                       {'X-Auth-Token': token, 'Content-Type': 'application/octet-stream'})
    answer, got = connection.getresponse(), 0
    while count := answer.readinto(buffer):
        got += count
    if answer.status not in (200, 204) or (body is None and got != size * MIB):
        raise SystemExit(f'{method} of an image: {answer.status}, {got} bytes')
    connection.close()
    return size / (time.perf_counter() - began), (spent(daemon) - before) / size * 1024 * 1000


def _image(daemon, token, name):
    return asking(daemon, 'POST', '/v2/images', token, 201, json={
        'name': name, 'disk_format': 'raw', 'container_format': 'bare', 'tags': ['a', 'b'], 'x': '1'})().json()['id']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seconds', type=float, default=3, help='of each measurement')
    parser.add_argument('--rounds', type=int, default=12, help='of bcrypt')
    parser.add_argument('--only', choices=['keystone', 'glance'])
    for name, value in (('users', 1000), ('assignments', 10000), ('images', 1000), ('size', 128), ('tries', 2)):
        parser.add_argument(f'--{name}', type=int, default=value)
    options = parser.parse_args()
    for part in (keystone, glance):
        if options.only in (None, part.__name__):
            with tempfile.TemporaryDirectory(prefix='stock-benchmark-') as directory:
                part(directory, options)


if __name__ == '__main__':
    main()
