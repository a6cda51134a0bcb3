"""swift-orphans: list, and with -k signal, Swift processes that no pid file knows: left over from a reload, say."""
import argparse
import os
import signal
import sys

from swift.cmd import oldies
from swift.cmd._help import description
from swift.cmd._proc import swift_processes


def known_pids(run_dir):
    """PIDs that swift-init's files name."""
    found = set()
    for directory, _, names in os.walk(run_dir):
        for name in names:
            if name.endswith(('.pid', '.pid.d')):
                with open(os.path.join(directory, name), encoding='utf-8', errors='replace') as file:
                    found.update(int(word) for word in file.read().split() if word.isdecimal())
    return found


def orphans(processes, known):
    """Those that are neither known nor descend from one that is."""
    parents = {each.pid: each.parent for each in processes}

    def belongs(pid):
        while pid in parents and pid not in known:
            pid = parents[pid]
        return pid in known

    return [each for each in processes if not belongs(each.pid)]


def main(argv=None, root='/proc'):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-orphans', description=description(__doc__))
    parser.add_argument('-a', '--age', type=float, default=24, metavar='HOURS',
                        help='they have run for so long at least (default: %(default)s)')
    parser.add_argument('-k', '--kill', metavar='SIGNAL', help='send this signal (TERM, KILL, 9 ...) to each')
    parser.add_argument('-r', '--run-dir', default='/var/run/swift',
                        help='where the pid files are (default: %(default)s)')
    parser.add_argument('-w', '--wide', action='store_true', help='whole command lines')
    args = parser.parse_args(argv)
    number = _signal(parser, args.kill) if args.kill else None
    found = [each for each in orphans(swift_processes(root), known_pids(args.run_dir))
             if each.age >= args.age * 3600 and each.pid != os.getpid()]
    for each in found:
        if not args.wide:
            each.command = each.command[:100]
    oldies.show(found)
    return _kill(found, number) if number else 0


def _signal(parser, text):
    name = text.upper().removeprefix('SIG')
    try:
        return signal.Signals(int(name)) if name.isdecimal() else signal.Signals[f'SIG{name}']
    except (KeyError, ValueError):
        parser.error(f'{text!r} is no signal')


def _kill(processes, number):
    status = 0
    for each in processes:
        try:
            os.kill(each.pid, number)
        except ProcessLookupError:
            continue
        except PermissionError as error:
            print(f'swift-orphans: {each.pid}: {error.strerror}', file=sys.stderr)
            status = 1
    return status


if __name__ == '__main__':
    sys.exit(main())
