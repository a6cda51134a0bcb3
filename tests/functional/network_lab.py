"""Network namespaces for tests: the cloud's host, guests on its bridge, somebody outside."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def sh(*argv, check=True, timeout=30, stdin=None):
    """Run a program; returns the completed process."""
    return subprocess.run(argv, check=check, timeout=timeout, capture_output=True, text=True, input=stdin)


def eventually(condition, seconds=10, message='it did not come true'):
    """Wait until condition() is true and return it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, message
        time.sleep(0.05)


class Namespace:
    """A network namespace, gone with everything in it after close()."""

    def __init__(self, name):
        self.name = f'{name}-{uuid.uuid4().hex[:6]}'
        self._children = []
        sh('ip', 'netns', 'add', self.name)
        self.run('ip', 'link', 'set', 'lo', 'up')

    def command(self, *argv):
        """The command line that runs `argv` in here."""
        return ['nsenter', f'--net=/run/netns/{self.name}', '--', *map(str, argv)]

    def run(self, *argv, **options):
        return sh(*self.command(*argv), **options)

    def start(self, *argv, **options):
        child = subprocess.Popen(self.command(*argv), **options)
        self._children.append(child)
        return child

    def serve(self, port, text):
        """A web server that answers everything with `text`."""
        code = ('import http.server,sys\n'
                'class H(http.server.BaseHTTPRequestHandler):\n'
                '    protocol_version = "HTTP/1.1"\n'
                '    def do_GET(self):\n'
                '        body = (sys.argv[2] + " " + self.client_address[0]).encode()\n'
                '        self.send_response(200); self.send_header("Content-Length", str(len(body)))\n'
                '        self.end_headers(); self.wfile.write(body)\n'
                '    def log_message(self, *a): pass\n'
                'http.server.ThreadingHTTPServer(("", int(sys.argv[1])), H).serve_forever()\n')
        self.start(sys.executable, '-S', '-c', code, port, text)
        eventually(lambda: f':{port} ' in self.run('ss', '-Hltn').stdout + ' ')

    def get(self, url, timeout=2, headers=()):
        """The body of a page, or None when it cannot be had."""
        options = [part for header in headers for part in ('-H', header)]
        done = self.run('curl', '-s', '-m', timeout, *options, url, check=False)
        return done.stdout if done.returncode == 0 else None

    def pings(self, address, seconds=1):
        """Whether an address answers."""
        return self.run('busybox', 'ping', '-c', 1, '-W', seconds, address, check=False).returncode == 0

    def close(self):
        # Everything in the namespace, dnsmasq too: it has detached itself.
        for pid in sh('ip', 'netns', 'pids', self.name, check=False).stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for child in self._children:
            child.wait(10)
        sh('ip', 'netns', 'del', self.name, check=False)


class Guest(Namespace):
    """A server: a namespace whose eth0 is plugged into the host's bridge under the name of its tap."""

    SCRIPT = ('#!/bin/sh\n[ "$1" = bound ] || exit 0\nip addr flush dev $interface\n'
              'ip addr add $ip/$mask dev $interface\n[ -n "$mtu" ] && ip link set $interface mtu $mtu\n'
              'ip route add default via $router\n'
              'echo "$ip $router $dns $domain $hostname $serverid $lease" > "$LEASE"\n')

    def __init__(self, name, host, vif, directory):
        super().__init__(name)
        self.host, self.vif = host, vif
        self.mac, self.address = vif['address'], vif['fixed_ips'][0]['address']
        self._script, self._lease = f'{directory}/{self.name}.sh', f'{directory}/{self.name}.lease'
        with open(self._script, 'w', encoding='utf-8') as file:
            file.write(self.SCRIPT.replace('"$LEASE"', self._lease))
        os.chmod(self._script, 0o755)
        self.plug()

    def plug(self):
        tap = self.vif['devname']
        self.host.run('ip', 'link', 'add', tap, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', self.name)
        self.host.run('ip', 'link', 'set', tap, 'master', self.vif['network']['bridge'], 'up')
        self.run('ip', 'link', 'set', 'eth0', 'address', self.mac)
        self.run('ip', 'link', 'set', 'eth0', 'up')

    def dhcp(self, tries=5):
        """Ask for an address; returns {'address', 'router', ...} or None."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._lease)
        self.run('busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', tries, '-T', 1, '-s', self._script,
                 check=False)
        try:
            with open(self._lease, encoding='utf-8') as file:
                words = file.read().split()
        except FileNotFoundError:
            return None
        return dict(zip(('address', 'router', 'dns', 'domain', 'hostname', 'server', 'lease'), words))

    def set_address(self, address):
        """An address it took itself."""
        self.run('ip', 'addr', 'flush', 'dev', 'eth0')
        self.run('ip', 'addr', 'add', f'{address}/24', 'dev', 'eth0')
        self.run('ip', 'route', 'replace', 'default', 'via', self.vif['network']['gateway'])


class Agent:
    """tests/functional/network_agent.py in a namespace."""

    def __init__(self, namespace, options, log):
        self.namespace, self.options, self.log = namespace, options, log
        self.child = None

    def start(self, **environment):
        with open(self.log, 'ab') as log:
            self.child = self.namespace.start(
                sys.executable, '-m', 'tests.functional.network_agent', *self.options, cwd=ROOT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **environment})
        return self._answer()

    def call(self, name, **args):
        """Call and return the result; errors as AgentError."""
        self.child.stdin.write(json.dumps({'call': name, 'args': args}) + '\n')
        self.child.stdin.flush()
        return self._answer()

    def _answer(self):
        line = self.child.stdout.readline()
        if not line:
            self.child.wait(10)
            raise AgentDied(self.child.returncode)
        answer = json.loads(line)
        if 'error' in answer:
            raise AgentError(*answer['error'])
        return answer['result']

    def kill(self):
        self.child.kill()
        self.child.wait(10)


class AgentError(Exception):
    """The call raised that."""


class AgentDied(Exception):
    """The process ended."""
