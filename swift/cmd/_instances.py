"""A server or daemon with one of its configuration files: where its pid is kept, how it is started."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

from swift.cmd._kinds import KINDS

_BIN = pathlib.Path(__file__).resolve().parents[2] / 'bin'


class Instance:
    """`name` with the file `conf`; its pid is in the file `pid_path`."""

    def __init__(self, name, conf, pid_path):
        self.name, self.conf, self.pid_path = name, conf, pid_path

    def pid(self):
        """The process id, None when it does not run. One that another program has by now is not ours."""
        try:
            pid = int(self.pid_path.read_text())
            command = _command(pid)
        except (OSError, ValueError):
            return None
        return pid if any(word.endswith(b'swift-' + self.name.encode()) for word in command) else None

    def forget(self):
        """Remove the pid file."""
        self.pid_path.unlink(missing_ok=True)

    def launch(self, arguments, foreground):
        """Start it; the subprocess.Popen. In the foreground its output is ours."""
        self.pid_path.parent.mkdir(parents=True, exist_ok=True)
        output = None if foreground or '-v' in arguments else subprocess.DEVNULL
        process = subprocess.Popen([program(self.name), str(self.conf), *arguments], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=output, start_new_session=not foreground, cwd='/')
        self.pid_path.write_text(f'{process.pid}\n')
        return process

    def send(self, pid, number):
        """A signal to it; with SIGKILL to its workers as well."""
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL and os.getpgid(pid) == pid:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)


def _command(pid):
    """The command line of a process, as a list of bytes. Raises OSError when there is none."""
    for _ in range(50):
        words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
        # Empty for a moment while a program takes the place of another, and for ever in a zombie.
        if words != [b'']:
            break
        time.sleep(0.001)
    return words


def program(name):
    """The path of bin/swift-<name>, or of the one that is installed."""
    here = _BIN / f'swift-{name}'
    found = str(here) if here.exists() else shutil.which(f'swift-{name}')
    if not found:
        raise SystemExit(f'swift-{name} is not installed')
    return found


def find(name, swift_dir, run_dir, number=None):
    """The Instances of a server: of <file>.conf, or of each *.conf in the directory <file>/, in the order of names.

    `number` is the place of one of them, from 1, or its name without .conf.
    """
    base = KINDS[name].file if name in KINDS else name
    swift_dir, run_dir = pathlib.Path(swift_dir), pathlib.Path(run_dir)
    directory = swift_dir / base
    if directory.is_dir():
        found = [Instance(name, path, run_dir / name / f'{path.stem}.pid') for path in sorted(directory.glob('*.conf'))]
    elif (swift_dir / f'{base}.conf').exists():
        found = [Instance(name, swift_dir / f'{base}.conf', run_dir / f'{name}.pid')]
    else:
        found = []
    if number is None:
        return found
    return [each for place, each in enumerate(found, 1) if number in (str(place), each.conf.stem)]
