"""Requests per second and megabytes per second of any Swift endpoint.

    python benchmarks/swift_requests.py --auth http://127.0.0.1:8080/auth/v1.0 --user test:tester --key testing
    python benchmarks/swift_requests.py --token TOKEN --url http://127.0.0.1:8080/v1/AUTH_test
        [--count 2000] [--concurrency 16] [--size 4096] [--large 64] [--policy NAME] [--disk DIRECTORY ...]
        [--names 10000] [--processes swift-]

Small objects: PUT, GET, HEAD and DELETE of `count` objects by `concurrency` clients that keep their connections. Large
ones: `--large` MiB by one client, beside the speed of MD5 and, with --disk (a directory for each replica), of what the
machine allows: as many threads that do nothing but write a copy there, MD5 it and sync it; and one that only reads such
a copy from the disk and MD5s it.
With --names, a listing of so many. With --processes, also the processor time and, at the end, the memory of all
processes whose command line holds that text. Everything is in a container of its own, which is removed again.
"""
import argparse
import asyncio
import glob
import hashlib
import os
import statistics
import threading
import time
import urllib.parse
import urllib.request
import uuid

MIB = 1 << 20
PIECE = b'\xa5' * MIB


class Connection:
    """Keeps one connection; the least HTTP that does."""

    def __init__(self, url, token):
        parts = urllib.parse.urlsplit(url)
        self._host, self._port, self._path = parts.hostname, parts.port or 80, parts.path
        self._head = f'Host: {parts.netloc}\r\nX-Auth-Token: {token}\r\n'
        self._reader = self._writer = None

    async def request(self, method, path, body=None, headers='', pieces=0):
        """(status, bytes of the body); `pieces` are MiB to send."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=MIB)
        length = pieces * MIB if pieces else len(body or b'')
        sent = f'Content-Length: {length}\r\n' if method in ('PUT', 'POST') else ''
        self._writer.write(f'{method} {self._path}{path} HTTP/1.1\r\n{self._head}{headers}{sent}\r\n'.encode()
                           + (body or b''))
        for _ in range(pieces):
            self._writer.write(PIECE)
            await self._writer.drain()
        head = (await self._reader.readuntil(b'\r\n\r\n')).decode('latin-1').lower()
        status = int(head.split(' ', 2)[1])
        left = 0 if method == 'HEAD' or status == 204 else int(head.partition('content-length:')[2].split('\r')[0] or 0)
        received = left
        while left:
            left -= len(await self._reader.read(min(left, MIB)))
        if 'connection: close' in head:
            self.close()
        return status, received

    def close(self):
        if self._writer is not None:
            self._writer.close()
            self._writer = None


async def many(connections, method, paths, body=None, headers=''):
    """(requests a second, milliseconds at the median, at 99 %, statuses)."""
    left, times, statuses = list(paths), [], {}

    async def work(connection):
        while left:
            path = left.pop()
            began = time.perf_counter()
            status, _ = await connection.request(method, path, body, headers)
            times.append(time.perf_counter() - began)
            statuses[status] = statuses.get(status, 0) + 1

    began = time.perf_counter()
    await asyncio.gather(*map(work, connections))
    took = time.perf_counter() - began
    times.sort()
    return len(times) / took, statistics.median(times) * 1000, times[int(len(times) * .99)] * 1000, statuses


async def small(args, connections, container, processes):
    body = os.urandom(args.size)
    paths = [f'/{container}/o{number:07d}' for number in range(args.count)]
    print(f'\n{args.size} bytes, {args.count} objects, {args.concurrency} at once')
    print(f'{"":8}{"per second":>12}{"median ms":>12}{"99 % ms":>12}{"CPU ms each":>12}  statuses')
    for method in ('PUT', 'GET', 'HEAD', 'DELETE'):
        before = processes.seconds()
        rate, median, slow, statuses = await many(
            connections, method, paths, body if method == 'PUT' else None,
            'Content-Type: application/octet-stream\r\n' if method == 'PUT' else '')
        spent = (processes.seconds() - before) / args.count * 1000
        print(f'{method:8}{rate:12.0f}{median:12.2f}{slow:12.2f}{spent:12.2f}  {statuses}')
        if method == 'PUT' and args.names:
            await listing(connections[0], container, args.names, args.count)


async def listing(connection, container, names, count):
    """The time of listings; the first merges rows that wait."""
    times = []
    for _ in range(6):
        began = time.perf_counter()
        status, _ = await connection.request('GET', f'/{container}?limit={names}')
        times.append((time.perf_counter() - began) * 1000)
        assert status == 200, status
    print(f'{"listing":8}{min(times[1:]):12.1f} ms, {min(names, count)} names; the first {times[0]:.1f} ms')


async def large(args, connection, container, processes):
    path, mib = f'/{container}/large', args.large
    print(f'\n{mib} MiB')
    for name, method, pieces in (('PUT', 'PUT', mib), ('GET', 'GET', 0)):
        rates, before = [], processes.seconds()
        for _ in range(3):
            began = time.perf_counter()
            status, _ = await connection.request(method, path, pieces=pieces)
            rates.append(mib / (time.perf_counter() - began))
            assert status in (200, 201), status
        spent = (processes.seconds() - before) / 3
        print(f'{name:8}{max(rates):12.0f} MB/s (best of {", ".join(f"{rate:.0f}" for rate in rates)}), '
              f'CPU {spent:.2f} s each')
    print(f'{"MD5":8}{md5_speed():12.0f} MB/s, one thread')
    if args.disk:
        for digest in (False, True):
            rates = [disk_speed(args.disk, mib, digest) for _ in range(3)]
            print(f'{"allowed":8}{max(rates):12.0f} MB/s (best of {", ".join(f"{rate:.0f}" for rate in rates)}), '
                  f'{len(args.disk)} copies written and synced{", each with its MD5" if digest else ""}')
        rates = [read_speed(args.disk[0], mib) for _ in range(3)]
        print(f'{"allowed":8}{max(rates):12.0f} MB/s (best of {", ".join(f"{rate:.0f}" for rate in rates)}), '
              'a copy read from the disk, with its MD5')
    await connection.request('DELETE', path)


class Processes:
    """Those whose command line holds a text, this one excepted; none without a text."""

    def __init__(self, text):
        self._text = text

    def _each(self):
        for path in glob.glob('/proc/[0-9]*') if self._text else ():
            try:
                with open(f'{path}/cmdline', encoding='utf-8', errors='replace') as file:
                    command = file.read().replace('\0', ' ').strip()
            except OSError:
                continue
            if self._text in command and int(path[6:]) not in (os.getpid(), os.getppid()):
                yield path, command

    def seconds(self):
        """Processor time so far, user's and system's."""
        ticks = 0
        for path, _ in self._each():
            with open(f'{path}/stat', encoding='utf-8') as file:
                ticks += sum(map(int, file.read().rpartition(')')[2].split()[11:13]))
        return ticks / os.sysconf('SC_CLK_TCK')

    def show_memory(self):
        """A line a process: its proportional share of memory."""
        for path, command in self._each():
            with open(f'{path}/smaps_rollup', encoding='utf-8') as file:
                kib = next(int(line.split()[1]) for line in file if line.startswith('Pss:'))
            print(f'memory {kib / 1024:8.1f} MB  {path[6:]} {command[:80]}')


def md5_speed():
    digest, began = hashlib.md5(usedforsecurity=False), time.perf_counter()
    for _ in range(256):
        digest.update(PIECE)
    return 256 / (time.perf_counter() - began)


def disk_speed(directories, mib, digest):
    """MB/s of an object that is written and synced in each directory at once, with its MD5 if `digest`."""
    threads = [threading.Thread(target=write_copy, args=(each, mib, digest)) for each in directories]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return mib / (time.perf_counter() - began)


def read_speed(directory, mib):
    """MB/s of an object that is not in the page cache, read with its MD5."""
    path, md5 = os.path.join(directory, f'benchmark-{uuid.uuid4().hex}'), hashlib.md5(usedforsecurity=False)
    try:
        with open(path, 'w+b', buffering=0) as file:
            for _ in range(mib):
                file.write(PIECE)
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            began = time.perf_counter()
            while piece := file.read(MIB // 2):
                md5.update(piece)
            return mib / (time.perf_counter() - began)
    finally:
        os.unlink(path)


def write_copy(directory, mib, digest):
    path, md5 = os.path.join(directory, f'benchmark-{uuid.uuid4().hex}'), hashlib.md5(usedforsecurity=False)
    try:
        with open(path, 'wb', buffering=0) as file:
            for _ in range(mib):
                if digest:
                    md5.update(PIECE)
                file.write(PIECE)
            os.fsync(file.fileno())
    finally:
        os.unlink(path)


def authenticate(args):
    """(URL, token) of v1 authentication, or as given."""
    if args.url:
        return args.url, args.token or ''
    request = urllib.request.Request(args.auth, headers={'X-Auth-User': args.user, 'X-Auth-Key': args.key})
    with urllib.request.urlopen(request) as answer:
        return answer.headers['X-Storage-Url'], answer.headers['X-Auth-Token']


async def run(args):
    url, token = authenticate(args)
    connections = [Connection(url, token) for _ in range(args.concurrency)]
    container = f'benchmark-{uuid.uuid4().hex[:8]}'
    status, _ = await connections[0].request(
        'PUT', f'/{container}', headers=f'X-Storage-Policy: {args.policy}\r\n' if args.policy else '')
    assert status in (201, 202), f'the container could not be made: {status}'
    processes = Processes(args.processes)
    if args.count:
        await small(args, connections, container, processes)
    if args.large:
        await large(args, connections[0], container, processes)
    processes.show_memory()
    for _ in range(20):
        status, _ = await connections[0].request('DELETE', f'/{container}')
        if status != 409:       # rows of what was deleted may still be on their way
            break
        await asyncio.sleep(0.5)
    for connection in connections:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--auth')
    parser.add_argument('--user', default='test:tester')
    parser.add_argument('--key', default='testing')
    parser.add_argument('--url')
    parser.add_argument('--token')
    parser.add_argument('--count', type=int, default=2000)
    parser.add_argument('--concurrency', type=int, default=16)
    parser.add_argument('--size', type=int, default=4096)
    parser.add_argument('--large', type=int, default=64)
    parser.add_argument('--policy')
    parser.add_argument('--disk', nargs='+')
    parser.add_argument('--names', type=int)
    parser.add_argument('--processes')
    args = parser.parse_args()
    if not args.auth and not args.url:
        parser.error('--auth or --url is needed')
    asyncio.run(run(args))


if __name__ == '__main__':
    main()
