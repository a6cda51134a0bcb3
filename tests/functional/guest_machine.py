"""A guest of the built image in QEMU, without libvirt or Nova: its disk, its consoles, its network and metadata."""
import http.server
import json
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

STEP = 90       # seconds that anything may take on a busy machine; an idle one needs three


class Metadata:
    """The part of the EC2 metadata tree that a guest reads, and what the guest asked for."""

    def __init__(self, tree):
        self.asked = []
        metadata = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                metadata.asked.append(self.path)
                body = tree.get(self.path.removeprefix('/latest/'))
                self.send_response(200 if body is not None else 404)
                self.end_headers()
                self.wfile.write((body or 'not here').encode())

            def log_message(self, *args):
                """Not on the terminal."""

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class Machine:
    """One QEMU process at a time over one disk; power off and on at will."""

    def __init__(self, directory, image, key, metadata=None, direct=True, memory=128, extra=()):
        self.directory, self.image, self.key = Path(directory), Path(image), Path(key)
        self.metadata, self.direct, self.memory, self.extra = metadata, direct, memory, list(extra)
        self.described = json.loads((self.image / 'metadata.json').read_text())
        self.disk = self.directory / 'disk'
        self.log = self.directory / 'serial'
        self.process = None
        base = self.described['images']['root' if direct else 'disk']['file']
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', self.image / base, self.disk,
                        '512M'], check=True, timeout=STEP)

    def start(self):
        self.log.unlink(missing_ok=True)
        self.port = free_port()
        network = f'user,id=net,net=169.254.0.0/16,dhcpstart=169.254.0.15,hostfwd=tcp:127.0.0.1:{self.port}-:22'
        if self.metadata:
            network += f',guestfwd=tcp:169.254.169.254:80-cmd:busybox nc 127.0.0.1 {self.metadata.port}'
        command = ['qemu-system-x86_64', '-M', 'pc', '-accel', 'tcg,tb-size=64', '-m', str(self.memory), '-nodefaults',
                   '-display', 'none', '-vga', 'std', '-serial', f'file:{self.log}',
                   '-qmp', f'unix:{self.directory}/qmp,server=on,wait=off',
                   '-drive', f'file={self.disk},format=qcow2,if=virtio,cache=unsafe',
                   '-netdev', network, '-device', 'virtio-net-pci,netdev=net,romfile=', '-device', 'virtio-rng-pci']
        if self.direct:
            command += ['-kernel', self.image / 'vmlinuz', '-initrd', self.image / 'initrd',
                        '-append', self.described['images']['root']['properties']['os_command_line']]
        self.process = subprocess.Popen([*map(str, command), *self.extra], stdin=subprocess.DEVNULL)

    def serial(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def wait_for(self, pattern, seconds=STEP):
        """The match of a pattern in the serial log, as soon as it is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = re.search(pattern, self.serial())
            if found:
                return found
            assert self.process.poll() is None, f'the guest is gone, waiting for {pattern!r}:\n{self.serial()}'
            time.sleep(0.05)
        raise AssertionError(f'no {pattern!r} within {seconds} s:\n{self.serial()}')

    def wait_for_exit(self, seconds=STEP):
        self.process.wait(timeout=seconds)

    def ssh(self, command, user='cirros', check=True):
        words = ['ssh', '-q', '-i', self.key, '-p', self.port, '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes',
                 '-o', 'UserKnownHostsFile=/dev/null', '-o', 'IdentitiesOnly=yes', '-o', 'ConnectTimeout=20',
                 f'{user}@127.0.0.1', command]
        done = subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=STEP)
        assert done.returncode == 0 or not check, (done, self.serial())
        return done.stdout

    def ssh_methods(self):
        """The ways to log in that the guest's SSH server offers, as the client lists them when it is refused."""
        words = ['ssh', '-F', 'none', '-p', self.port, '-o', 'StrictHostKeyChecking=no', '-o', 'BatchMode=yes', '-o',
                 'UserKnownHostsFile=/dev/null', '-o', 'PreferredAuthentications=none', 'root@127.0.0.1', 'true']
        done = subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=STEP)
        return re.search(r'Permission denied \(([^)]*)\)', done.stderr).group(1)

    def qmp(self, command, **arguments):
        """Runs a command of the QEMU monitor and returns its result."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(STEP)
            while connection.connect_ex(f'{self.directory}/qmp'):
                assert self.process.poll() is None, 'QEMU did not start'
                time.sleep(0.02)
            stream = connection.makefile('rw')
            stream.readline()
            for words in ({'execute': 'qmp_capabilities'}, {'execute': command, 'arguments': arguments}):
                stream.write(json.dumps(words) + '\n')
                stream.flush()
                answer = {}
                while 'return' not in answer:
                    answer = json.loads(stream.readline())
                    assert 'error' not in answer, answer
            return answer['return']

    def press(self, *keys):
        self.qmp('send-key', keys=[{'type': 'qcode', 'data': key} for key in keys])

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=STEP)
