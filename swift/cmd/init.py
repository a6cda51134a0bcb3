"""swift-init: starts, stops and looks after the servers and daemons of this node."""
import argparse
import fnmatch
import resource
import signal
import sys
import time

from swift.cmd import _instances
from swift.cmd._kinds import KINDS

MAIN = ('proxy-server', 'account-server', 'container-server', 'object-server')
REST = tuple(sorted(KINDS))
KILL_WAIT = 15
# (which, its name, what is wanted)
_LIMITS = ((resource.RLIMIT_NOFILE, 'open files', 32768), (resource.RLIMIT_DATA, 'memory', 2 << 30),
           (resource.RLIMIT_NPROC, 'processes', 8192))


class Manager:
    """What the commands do to some instances; each returns how many it failed for."""

    def __init__(self, instances, options):
        self.instances, self.options = instances, options

    def start(self, once=False):
        """start a server"""
        _raise_limits()
        failed, started = 0, []
        for instance in self.instances:
            pid = instance.pid()
            if pid:
                print(f'{instance.name} already running ({pid} - {instance.conf})')
                failed += bool(self.options.strict)
                continue
            print(f'{"Running" if once else "Starting"} {instance.name}...({instance.conf})')
            command = [*(['once'] if once else []), *(['-v'] if self.options.verbose or self.options.no_daemon else [])]
            started.append((instance, instance.launch(command, self.options.no_daemon or once)))
        if once or self.options.no_daemon:
            return failed + sum(self._finish(instance, process) for instance, process in started)
        return failed + (sum(_died(*each) for each in started) if self.options.wait else 0)

    def _finish(self, instance, process):
        try:
            return bool(process.wait())
        except KeyboardInterrupt:
            process.send_signal(signal.SIGTERM)
            return bool(process.wait())
        finally:
            instance.forget()

    def once(self):
        """make one pass of a daemon, and wait for its end"""
        daemons = [each for each in self.instances if each.name in KINDS]
        return Manager(daemons, self.options).start(once=True)

    def no_daemon(self):
        """start a server in the foreground"""
        self.options.no_daemon = True
        return self.start()

    def no_wait(self):
        """start a server without waiting whether it stays"""
        self.options.wait = False
        return self.start()

    def stop(self, number=signal.SIGTERM):
        """stop a server; running requests are finished"""
        waiting = {}
        for instance in self.instances:
            pid = instance.pid()
            if not pid:
                print(f'No {instance.name} running')
                continue
            print(f'Signal {instance.name}  pid: {pid}  signal: {int(number)}')
            instance.send(pid, number)
            waiting[instance] = pid
        return self._wait_gone(waiting) + (len(self.instances) - len(waiting) if self.options.strict else 0)

    def _wait_gone(self, waiting):
        end = time.monotonic() + self.options.kill_wait
        while waiting:
            for instance, pid in list(waiting.items()):
                if instance.pid() != pid:
                    print(f'{instance.name} ({pid}) appears to have stopped')
                    instance.forget()
                    del waiting[instance]
            if waiting and time.monotonic() > end:
                return self._give_up(waiting)
            time.sleep(0.05)
        return 0

    def _give_up(self, waiting):
        for instance, pid in waiting.items():
            if self.options.kill_after_timeout:
                print(f'Waited {self.options.kill_wait} seconds for {instance.name} to die; killing')
                instance.send(pid, signal.SIGKILL)
                instance.forget()
            else:
                print(f'Waited {self.options.kill_wait} seconds for {instance.name} to die; giving up')
        return 0 if self.options.kill_after_timeout else len(waiting)

    def kill(self):
        """stop a server; it is no failure when it does not run"""
        self.options.strict = False
        return self.stop()

    shutdown = stop

    def restart(self):
        """stop, then start"""
        return self.stop() or self.start()

    def reload(self):
        """finish running requests, then start anew with the configuration as it is now"""
        servers = [each for each in self.instances if each.name in MAIN]
        return Manager(servers, self.options).restart()

    def force_reload(self):
        """as reload, for daemons too"""
        return self.restart()

    def status(self):
        """tell what runs"""
        failed = 0
        for instance in self.instances:
            pid = instance.pid()
            if pid:
                print(f'{instance.name} running ({pid} - {instance.conf})')
            else:
                print(f'No {instance.name} running')
                failed += 1
        return failed


COMMANDS = ('start', 'stop', 'restart', 'status', 'shutdown', 'reload', 'force-reload', 'once', 'no-daemon', 'no-wait',
            'kill')


def _died(instance, process):
    """Whether a server that was just started has ended again; waits until it serves, or for a second."""
    end = time.monotonic() + 1
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    if process.poll() is None:
        return 0
    print(f'{instance.name} did not start: see its log, or swift-init {instance.name} no-daemon')
    instance.forget()
    return 1


def _raise_limits():
    for kind, name, wanted in _LIMITS:
        _, hard = resource.getrlimit(kind)
        try:
            resource.setrlimit(kind, (wanted, hard if hard == resource.RLIM_INFINITY else max(wanted, hard)))
        except (ValueError, OSError):
            # Beyond the hard limit goes nobody but root, and not even root in some containers.
            resource.setrlimit(kind, (min(wanted, hard), hard))
            print(f'WARNING: Unable to modify the limit of {name}: it stays at {hard}, and {wanted} are wanted.')


def expand(words):
    """The names a command line means: server names, `object` for object-server, globs, main, rest, all."""
    known, found = (*MAIN, *REST), []
    for word in words:
        name, _, number = word.partition('.')
        group = {'all': known, 'main': MAIN, 'rest': REST}.get(name)
        names = group or fnmatch.filter(known, name) or fnmatch.filter(known, f'{name}-server')
        if not names:
            raise SystemExit(f'swift-init: there is no {word}. Servers: {", ".join(known)}')
        found += [(each, number or None) for each in names if (each, number or None) not in found]
    return found


def parser():
    """The command line."""
    made = argparse.ArgumentParser(
        prog='swift-init', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Starts, stops and looks after the servers and daemons of this node.',
        epilog='commands:\n' + '\n'.join(
            f'  {name:<14}{getattr(Manager, name.replace("-", "_")).__doc__}' for name in COMMANDS))
    made.add_argument('servers', nargs='+', metavar='SERVER',
                      help='all, main, rest, names, globs (object-*), NAME.N for its N-th file')
    made.add_argument('command', choices=COMMANDS, metavar='COMMAND', help='see below')
    made.add_argument('-v', '--verbose', action='store_true', help='servers log to standard error as well')
    made.add_argument('-w', '--no-wait', dest='wait', action='store_false', help='do not wait whether they stay')
    made.add_argument('-o', '--once', action='store_true', help='start: one pass of daemons')
    made.add_argument('-n', '--no-daemon', action='store_true', help='start: in the foreground')
    made.add_argument('-g', '--graceful', action='store_true', help='stop: finish running requests (always done)')
    made.add_argument('-c', '--config-num', help='only the N-th file of a server, or that name')
    made.add_argument('-k', '--kill-wait', type=float, default=KILL_WAIT, metavar='SECONDS',
                      help='how long to wait for the end (default: %(default)s)')
    made.add_argument('--kill-after-timeout', action='store_true', help='then kill -9')
    made.add_argument('--strict', action='store_true', help='fail when there is nothing to do')
    made.add_argument('-r', '--run-dir', default='/var/run/swift', help='of the pid files (default: %(default)s)')
    made.add_argument('--swift-dir', default='/etc/swift', help='of the configuration (default: %(default)s)')
    return made


def main(argv=None):
    """Run a command; the exit status."""
    args = parser().parse_args(argv)
    instances, failed = [], 0
    names = expand(args.servers)
    for name, number in names:
        found = _instances.find(name, args.swift_dir, args.run_dir, number or args.config_num)
        if not found:
            print(f'Unable to locate config {f"number {number} " if number else ""}for {name}')
            # With `all` a node need not have everything.
            failed += args.servers[0] not in ('all', 'main', 'rest')
        instances += found
    manager = Manager(instances, args)
    command = 'once' if args.once and args.command == 'start' else args.command
    failed += getattr(manager, command.replace('-', '_'))()
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
