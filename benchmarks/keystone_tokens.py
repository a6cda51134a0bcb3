"""Tokens of a real keystone-api over real HTTP: validations and issues a second, processor time and SQL of each.

    python benchmarks/keystone_tokens.py [--seconds 5] [--connections 8] [--rounds 12]

Starts a daemon of its own (SQLite, one worker) on a free port and removes it. Prints `name value unit`.
"""
import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TICKS = os.sysconf('SC_CLK_TCK')
CONFIG = """[DEFAULT]
bind_host = 127.0.0.1
public_port = {port}
admin_port = 0
api_paste_config = {root}/etc/keystone/keystone-api-paste.ini
log_file = {directory}/log
[database]
connection = sqlite:///{directory}/keystone.sqlite
[fernet_tokens]
key_repository = {directory}/fernet-keys
[credential]
key_repository = {directory}/credential-keys
[identity]
password_hash_rounds = {rounds}
"""


def free_port():
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Connection:
    """One kept-alive HTTP connection, as cheap as possible so that the server is what is measured."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.left = b''

    def call(self, request):
        """(status, headers, body) of raw request bytes."""
        self.socket.sendall(request)
        data = self.left
        while b'\r\n\r\n' not in data:
            data += self._more()
        head, _, body = data.partition(b'\r\n\r\n')
        length = next(int(line[15:]) for line in head.split(b'\r\n') if line.lower().startswith(b'content-length:'))
        while len(body) < length:
            body += self._more()
        self.left = body[length:]
        return int(head[9:12]), head, body[:length]

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError('the daemon closed the connection')
        return data


def request(method, path, body=b'', **headers):
    """Raw bytes of a request."""
    lines = [f'{method} {path} HTTP/1.1', 'Host: 127.0.0.1', f'Content-Length: {len(body)}',
             *(f'{name.replace("_", "-")}: {value}' for name, value in headers.items())]
    return '\r\n'.join(lines).encode() + b'\r\n\r\n' + body


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rate(port, pid, message, seconds, connections, expected):
    """(calls a second, milliseconds of the daemon's processor time a call) of one message, repeated."""
    counts, end = [0] * connections, time.perf_counter() + seconds

    def repeat(index):
        connection = Connection(port)
        while time.perf_counter() < end:
            status, _, body = connection.call(message)
            if status != expected:
                raise SystemExit(f'status {status}: {body[:200]}')
            counts[index] += 1

    before, began = cpu_seconds(pid), time.perf_counter()
    threads = [threading.Thread(target=repeat, args=(index,)) for index in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    total = sum(counts)
    return total / spent, (cpu_seconds(pid) - before) / total * 1000


def start(directory, rounds):
    """(daemon, port) of a bootstrapped Keystone."""
    port, path = free_port(), os.path.join(directory, 'keystone.conf')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(CONFIG.format(port=port, root=ROOT, directory=directory, rounds=rounds))
    url = f'http://127.0.0.1:{port}'
    environment = {**os.environ, 'PYTHONPATH': ROOT, 'OS_BOOTSTRAP_PASSWORD': 'secret', 'OS_BOOTSTRAP_PUBLIC_URL': url,
                   'OS_BOOTSTRAP_INTERNAL_URL': url, 'OS_BOOTSTRAP_ADMIN_URL': url,
                   'OS_BOOTSTRAP_REGION_ID': 'RegionOne'}
    for command in ('db_sync', 'fernet_setup', 'credential_setup', 'bootstrap'):
        subprocess.run([sys.executable, f'{ROOT}/bin/keystone-manage', '--config-file', path, command], check=True,
                       stdout=subprocess.DEVNULL, env=environment)
    daemon = subprocess.Popen([sys.executable, f'{ROOT}/bin/keystone-api', '--config-file', path], env=environment)
    for _ in range(200):
        try:
            socket.create_connection(('127.0.0.1', port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    return daemon, port


def login():
    """The body of a log-in."""
    user = {'name': 'admin', 'password': 'secret', 'domain': {'id': 'default'}}
    scope = {'project': {'name': 'admin', 'domain': {'id': 'default'}}}
    return json.dumps({'auth': {'identity': {'methods': ['password'], 'password': {'user': user}},
                                'scope': scope}}).encode()


def statements(directory, rounds):
    """(SQL statements of an issue, of a validation of a token unknown to the process, of a known one)."""
    from essex import config, db
    from keystone.managers import Managers
    config.load('keystone', config_files=[os.path.join(directory, 'keystone.conf')])
    managers = Managers()
    managers.warm()
    body = json.loads(login())['auth']
    with db.count_statements() as issue:
        token = managers.auth.authenticate(body['identity'], body['scope'])
    other = Managers()
    other.warm()
    with db.count_statements() as first:
        other.tokens.validate(token.id)
    with db.count_statements() as known:
        other.tokens.validate(token.id)
    return issue.total, first.total, known.total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seconds', type=float, default=5, help='of each measurement')
    parser.add_argument('--connections', type=int, default=8, help='kept-alive connections at once')
    parser.add_argument('--rounds', type=int, default=12, help='of bcrypt; 12 is the default of the service')
    arguments = parser.parse_args()
    directory = tempfile.mkdtemp(prefix='keystone-benchmark-')
    daemon = None
    try:
        daemon, port = start(directory, arguments.rounds)
        post = request('POST', '/v3/auth/tokens', login(), Content_Type='application/json')
        _, head, _ = Connection(port).call(post)
        token = next(line.split(b': ')[1].decode() for line in head.split(b'\r\n')
                     if line.startswith(b'X-Subject-Token'))
        show(port, daemon.pid, post, token, arguments)
        for name, value in zip(('issue', 'first_validation', 'cached_validation'),
                               statements(directory, arguments.rounds), strict=True):
            print(f'keystone_{name}_statements {value} statements')
    finally:
        if daemon is not None:
            daemon.terminate()
            daemon.wait(30)
        shutil.rmtree(directory)


def show(port, pid, post, token, arguments):
    """Measure and print the rates."""
    validate = request('GET', '/v3/auth/tokens', X_Auth_Token=token, X_Subject_Token=token)
    rescope = {'identity': {'methods': ['token'], 'token': {'id': token}},
               'scope': {'project': {'name': 'admin', 'domain': {'id': 'default'}}}}
    exchange = request('POST', '/v3/auth/tokens', json.dumps({'auth': rescope}).encode(),
                       Content_Type='application/json')
    for name, message, expected in (('validations', validate, 200), ('password_issues', post, 201),
                                    ('token_issues', exchange, 201)):
        persecond, milliseconds = rate(port, pid, message, arguments.seconds, arguments.connections, expected)
        print(f'keystone_{name} {persecond:.0f} per_second')
        print(f'keystone_{name}_processor_time {milliseconds:.2f} ms')
    with open(f'/proc/{pid}/smaps_rollup', encoding='ascii') as file:
        pss = next(int(line.split()[1]) for line in file if line.startswith('Pss:'))
    print(f'keystone_memory {pss / 1024:.0f} MB')


if __name__ == '__main__':
    sys.path.insert(0, ROOT)
    main()
