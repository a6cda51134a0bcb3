"""How long listings of a container take: the database and its server, in this process.

    python benchmarks/swift_listing.py [--rows 1000000] [--directory DIR]

Makes a container of that many rows and prints the milliseconds (best of five) of a first page, of one in the middle,
of one with a delimiter, and what a HEAD and a row cost.
"""
import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import orjson
import webob

from swift.container.server import app_factory
from swift.db import files
from swift.db.container import ContainerBroker
from tests.fixtures.rings import make_rings

_BATCH = 10000


def build(directory, rows):
    """A container server over a container `a/c` of `rows` rows in 100 folders; returns application and broker."""
    make_rings(f'{directory}/etc', [{'device': 'sda', 'port': 6201}], replicas=1)
    os.makedirs(f'{directory}/devices/sda', exist_ok=True)
    app = app_factory({}, swift_dir=f'{directory}/etc', devices=f'{directory}/devices', mount_check='false')
    path = files.database_path(f'{directory}/devices/sda', 'container', 1, app.cluster.hash_path('a', 'c'))
    broker = ContainerBroker(path, 'a', 'c')
    broker.initialize('1700000000.00000', 0)
    for start in range(0, rows, _BATCH):
        broker.merge_items([_row(number, rows) for number in range(start, min(rows, start + _BATCH))])
    return app, broker


def _row(number, rows):
    return {'name': f'folder{number * 100 // rows:03d}/object{number:08d}', 'size': 4096, 'deleted': 0,
            'created_at': f'{1700000000 + number // 50}.{number % 100000:05d}',
            'content_type': 'application/octet-stream', 'etag': 'd41d8cd98f00b204e9800998ecf8427e'}


def measure(app, query, method='GET'):
    """Milliseconds of a request, the best of five, and its body."""
    best = None
    for _ in range(5):
        began = time.perf_counter()
        body = webob.Request.blank(f'/sda/1/a/c{query}', method=method).get_response(app).body
        took = (time.perf_counter() - began) * 1000
        best = took if best is None else min(best, took)
    return best, body


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rows', type=int, default=1000000)
    parser.add_argument('--directory', help='where the devices are made (a temporary directory)')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.directory) as directory:
        began = time.perf_counter()
        app, broker = build(directory, args.rows)
        print(f'{args.rows} rows: {time.perf_counter() - began:.1f} s to make, '
              f'{os.path.getsize(broker.path) >> 20} MiB')
        middle = _row(args.rows // 2, args.rows)['name']
        for name, query in (('first page', ''), ('page in the middle', f'?marker={middle}'),
                            ('last page, reverse', '?reverse=on'), ('delimiter', '?delimiter=/'),
                            ('prefix and delimiter', '?prefix=folder050/&delimiter=/'),
                            ('one name', f'?marker={middle}&limit=1')):
            took, body = measure(app, query)
            print(f'{name:>22}: {took:8.2f} ms, {len(orjson.loads(body))} items')
        print(f'{"HEAD":>22}: {measure(app, "", "HEAD")[0]:8.2f} ms')
        began = time.perf_counter()
        for number in range(500):
            broker.put_object(f'new{number}', '1800000000.00000', 1, 'text/plain', 'e')
        broker.commit_pending()
        print(f'{"a row, one by one":>22}: {(time.perf_counter() - began) * 2:8.2f} ms')


if __name__ == '__main__':
    main()
