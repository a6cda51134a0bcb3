"""glance-control: starts and stops the daemons of the image service where no service manager does.

    glance-control [options] all|api|registry|scrubber start|stop|shutdown|restart|reload|force-reload|status [CONFPATH]

stop ends a daemon within seconds, shutdown waits for the requests under way; reload makes it read its configuration
again, force-reload is restart.
"""
import argparse
import contextlib
import os
import resource
import select
import signal
import subprocess
import sys
import syslog
import time

SERVERS = ('api', 'registry', 'scrubber')
COMMANDS = ('start', 'stop', 'shutdown', 'restart', 'reload', 'force-reload', 'status')
# Seconds a daemon gets to end after stop, before it is killed.
_PATIENCE = 35
_MAX_FILES = 32768


class Server:
    """One daemon, found by its pid file."""

    def __init__(self, kind, options):
        self.kind, self.name, self._options = kind, f'glance-{kind}', options
        self._pid_file = options.pid_file or os.path.join(options.pid_dir, f'{self.name}.pid')

    def pid(self):
        """The pid of the living daemon, or None."""
        try:
            with open(self._pid_file, encoding='ascii') as file:
                pid = int(file.read().strip() or 0)
            with open(f'/proc/{pid}/cmdline', 'rb') as file:
                command = file.read()
        except (OSError, ValueError):
            return None
        # The number may belong to somebody else by now.
        return pid if f'glance.cmd.{self.kind}'.encode() in command or self.name.encode() in command else None

    def start(self):
        """Start it, unless it runs; returns the exit status."""
        if self.pid():
            return self._say('is running already')
        os.makedirs(os.path.dirname(os.path.abspath(self._pid_file)), exist_ok=True)
        argv = [sys.executable, '-m', f'glance.cmd.{self.kind}']
        if self._options.confpath:
            argv += ['--config-file', self._options.confpath]
        if self.kind == 'scrubber':
            argv.append('--daemon')
        if self._options.respawn:
            argv = [sys.executable, '-m', 'glance.cmd.control', '--keep', self.name, *argv]
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_raise_limits,
                                 **self._output())
        with open(self._pid_file, 'w', encoding='ascii') as file:
            file.write(f'{child.pid}\n')
        return self._await(child)

    def _await(self, child):
        try:
            return self._say(f'died at once, with status {child.wait(self._options.await_child)}', 1)
        except subprocess.TimeoutExpired:
            return self._say(f'started (pid {child.pid})')

    def _output(self):
        if not self._options.capture_output:
            return {'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
        relay = subprocess.Popen([sys.executable, '-m', 'glance.cmd.control', '--relay', self.name],
                                 stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        return {'stdout': relay.stdin, 'stderr': relay.stdin}

    def stop(self, patience=_PATIENCE):
        """End it and wait; kill it after `patience` seconds (None: wait for ever)."""
        pid = self.pid()
        if pid is None:
            return self._say('is not running')
        with contextlib.suppress(ProcessLookupError), _handle(pid) as process:
            signal.pidfd_send_signal(process, signal.SIGTERM)
            if not _has_ended(process, patience):
                signal.pidfd_send_signal(process, signal.SIGKILL)
                _has_ended(process)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._pid_file)
        return self._say('stopped')

    def shutdown(self):
        """End it when the requests under way have ended."""
        return self.stop(None)

    def restart(self):
        """Stop it and start it."""
        return self.stop() or self.start()

    force_reload = restart

    def reload(self):
        """Let it read its configuration again."""
        pid = self.pid()
        if pid is None:
            return self._say('is not running', 1)
        os.kill(pid, signal.SIGHUP)
        return self._say('reads its configuration again')

    def status(self):
        """Say whether it runs; 0 if so, 3 if not, as init scripts have it."""
        pid = self.pid()
        return self._say(f'is running (pid {pid})') if pid else self._say('is not running', 3)

    def _say(self, text, status=0):
        print(f'{self.name} {text}')
        return status


@contextlib.contextmanager
def _handle(pid):
    """A file descriptor of a process that need not be a child. Raises ProcessLookupError."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _has_ended(handle, patience=None):
    """Wait at most `patience` seconds (None: for ever); whether the process of that handle has ended."""
    return bool(select.select([handle], [], [], patience)[0])


def _raise_limits():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(_MAX_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def keep(name, argv):
    """Run `argv` again whenever it ends by itself, until SIGTERM; SIGHUP is handed on."""
    stopping, child = [], None

    def stop(number, frame):
        stopping.append(number)
        if child is not None:
            child.terminate()
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, lambda number, frame: child and child.send_signal(signal.SIGHUP))
    while not stopping:
        child, began = subprocess.Popen(argv), time.monotonic()
        status = child.wait()
        if not stopping:
            sys.stderr.write(f'{name} ended with status {status}: it is started again\n')
            # One that dies at once would otherwise be started without end.
            time.sleep(max(0, 1 - (time.monotonic() - began)))


def relay(name):
    """Send what comes in to syslog."""
    syslog.openlog(name, 0, syslog.LOG_DAEMON)
    for line in sys.stdin.buffer:
        syslog.syslog(line.decode(errors='replace').rstrip())


def _parser():
    parser = argparse.ArgumentParser(prog='glance-control', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pid-file', help='The pid file of one server. Else glance-SERVER.pid in --pid-dir.')
    parser.add_argument('--pid-dir', default='/var/run/glance', help='Directory of the pid files.')
    parser.add_argument('--await-child', type=float, default=0, metavar='DELAY',
                        help='Seconds to wait after a start to see whether the daemon stays.')
    parser.add_argument('--respawn', action='store_true', help='Start the daemon again when it dies.')
    parser.add_argument('--capture-output', action='store_true', help='Send what the daemon prints to syslog.')
    parser.add_argument('server', choices=('all', *SERVERS))
    parser.add_argument('command', choices=COMMANDS)
    parser.add_argument('confpath', nargs='?', metavar='CONFPATH', help='The configuration file.')
    return parser


def main(argv=None):
    """Run one command; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv[:1] == ['--keep']:
        return keep(argv[1], argv[2:])
    if argv[:1] == ['--relay']:
        return relay(argv[1])
    parser = _parser()
    options = parser.parse_args(argv)
    if options.await_child and options.respawn:
        parser.error('--await-child and --respawn exclude each other')
    if options.pid_file and options.server == 'all':
        parser.error('--pid-file is of one server')
    servers = [Server(kind, options) for kind in (SERVERS if options.server == 'all' else (options.server,))]
    return max([getattr(each, options.command.replace('-', '_'))() for each in servers])


if __name__ == '__main__':
    sys.exit(main())
