"""Image transfers through a real glance-api: megabytes a second, processor time, peak memory.

    python benchmarks/glance_transfer.py [--size MIB] [--directory DIR]

Prints `name value unit` lines. The client is a bare socket fed by sendfile, so that what is measured is the
daemon. hash_* is what the two checksums of each image cost on their own: no upload is faster than hash_parallel, where
each has a thread of its own, and none in one thread faster than hash_both.
"""
import argparse
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MIB = 1024 * 1024
_CHUNK = 64 * 1024
_CONF = '''[DEFAULT]
bind_host = 127.0.0.1
bind_port = {port}
state_path = {directory}
log_file = {directory}/glance-api.log
api_paste_config = {root}/etc/glance/glance-api-paste.ini
[database]
connection = sqlite:///{directory}/glance.sqlite
[paste_deploy]
flavor =
'''


class Daemon:
    """A glance-api of its own, without Keystone."""

    def __init__(self, directory):
        with socket.create_server(('127.0.0.1', 0)) as probe:
            self.port = probe.getsockname()[1]
        conf = os.path.join(directory, 'glance-api.conf')
        with open(conf, 'w', encoding='utf-8') as file:
            file.write(_CONF.format(port=self.port, directory=directory, root=ROOT))
        subprocess.run([sys.executable, ROOT / 'bin/glance-manage', '--config-file', conf, 'db_sync'], check=True,
                       stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([sys.executable, ROOT / 'bin/glance-api', '--config-file', conf])
        self._wait()

    def _wait(self):
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', self.port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit('glance-api did not start')

    def processor_seconds(self):
        """User and system time so far."""
        fields = pathlib.Path(f'/proc/{self.process.pid}/stat').read_text().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def memory(self, name='VmHWM'):
        """A figure of /proc/pid/status in MiB: VmHWM is the peak, VmRSS the present."""
        for line in pathlib.Path(f'/proc/{self.process.pid}/status').read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise SystemExit(f'no {name}')

    def call(self, method, path, body=None):
        """One JSON request."""
        connection = http.client.HTTPConnection('127.0.0.1', self.port)
        connection.request(method, path, json.dumps(body) if body else None, {'Content-Type': 'application/json'})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f'{method} {path}: {answer.status} {data[:300]!r}')
        return json.loads(data) if data else None

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait()


def head(sock):
    """The head of an answer, and what came after it."""
    data = b''
    while b'\r\n\r\n' not in data:
        piece = sock.recv(65536)
        if not piece:
            raise SystemExit(f'connection closed after {data!r}')
        data += piece
    return data.split(b'\r\n\r\n', 1)


def upload(daemon, image_id, path, size):
    """PUT the file with sendfile."""
    _put(daemon, image_id, f'Content-Length: {size}', lambda sock, source: sock.sendfile(source), path)


def upload_chunked(daemon, image_id, path, size):
    """PUT the file in chunks of 64 KiB, as clients send what they do not know the length of."""
    def send(sock, source):
        while piece := source.read(_CHUNK):
            sock.sendall(b'%x\r\n%b\r\n' % (len(piece), piece))
        sock.sendall(b'0\r\n\r\n')
    _put(daemon, image_id, 'Transfer-Encoding: chunked', send, path)


def _put(daemon, image_id, framing, send, path):
    with socket.create_connection(('127.0.0.1', daemon.port)) as sock, open(path, 'rb', buffering=0) as source:
        sock.sendall(f'PUT /v2/images/{image_id}/file HTTP/1.1\r\nHost: x\r\n{framing}\r\n'
                     'Content-Type: application/octet-stream\r\nConnection: close\r\n\r\n'.encode())
        send(sock, source)
        answer, _ = head(sock)
    if b' 204 ' not in answer:
        raise SystemExit(answer.decode())


def download(daemon, image_id, size):
    """GET the data into one buffer, again and again."""
    buffer = bytearray(MIB)
    with socket.create_connection(('127.0.0.1', daemon.port)) as sock:
        sock.sendall(f'GET /v2/images/{image_id}/file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
        _, rest = head(sock)
        got = len(rest)
        while count := sock.recv_into(buffer):
            got += count
    if got != size:
        raise SystemExit(f'{got} of {size} bytes came back')


def measure(name, daemon, size, function, *args):
    """Print what one transfer takes."""
    processor, began = daemon.processor_seconds(), time.perf_counter()
    function(daemon, *args)
    wall, processor = time.perf_counter() - began, daemon.processor_seconds() - processor
    print(f'{name} {size / MIB / wall:.0f} MiB/s')
    print(f'{name}_wall {wall:.2f} s')
    print(f'{name}_processor_per_GiB {processor / size * 1024 * MIB:.2f} s', flush=True)


def hash_speed():
    """Print how fast the checksums alone are: each, one after the other, and each in a thread of its own."""
    chunk, total = os.urandom(MIB), 0

    def run(name):
        digest = hashlib.new(name)
        for _ in range(256):
            digest.update(chunk)
    for name in ('md5', 'sha512'):
        began = time.process_time()
        run(name)
        spent = time.process_time() - began
        total += spent
        print(f'hash_{name} {256 / spent:.0f} MiB/s')
    print(f'hash_both {256 / total:.0f} MiB/s')
    print(f'hash_processor_per_GiB {total * 4:.2f} s')
    threads, began = [threading.Thread(target=run, args=(name,)) for name in ('md5', 'sha512')], time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f'hash_parallel {256 / (time.perf_counter() - began):.0f} MiB/s')


def warm_up(directory, size):
    """Have the page cache's memory for a file of this size: a virtual machine gets its memory page by page from its
    host when it first touches it, at a tenth of the speed of a copy, and that would be measured instead."""
    path, chunk = os.path.join(directory, 'warm-up'), bytes(MIB)
    with open(path, 'wb', buffering=0) as data:
        for _ in range(size // MIB):
            data.write(chunk)
    os.unlink(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', type=int, default=1024, help='MiB of the image')
    parser.add_argument('--directory', help='Where the store is; a new temporary one by default.')
    options = parser.parse_args()
    size = options.size * MIB
    directory = tempfile.mkdtemp(prefix='glance-benchmark-', dir=options.directory)
    daemon = None
    try:
        path = os.path.join(directory, 'data')
        with open(path, 'wb') as data:
            for _ in range(options.size):
                data.write(os.urandom(MIB))
        os.sync()
        hash_speed()
        daemon = Daemon(directory)
        print(f'memory_before {daemon.memory("VmRSS"):.0f} MiB')
        for name, function in (('upload', upload), ('upload_chunked', upload_chunked)):
            image = daemon.call('POST', '/v2/images', {'name': 'benchmark', 'disk_format': 'raw',
                                                       'container_format': 'bare'})
            warm_up(directory, size)
            measure(name, daemon, size, function, image['id'], path, size)
        print(f'upload_memory_peak {daemon.memory():.0f} MiB')
        measure('download', daemon, size, download, image['id'], size)
        print(f'memory_peak {daemon.memory():.0f} MiB')
    finally:
        if daemon is not None:
            daemon.stop()
        shutil.rmtree(directory)


if __name__ == '__main__':
    main()
