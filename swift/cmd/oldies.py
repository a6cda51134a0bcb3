"""swift-oldies: list Swift processes that have run for long, perhaps with old code."""
import argparse
import os
import sys

from swift.cmd._help import description
from swift.cmd._proc import swift_processes


def main(argv=None, root='/proc'):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-oldies', description=description(__doc__))
    parser.add_argument('-a', '--age', type=float, default=720, metavar='HOURS',
                        help='they have run for so long at least (default: %(default)s, 30 days)')
    args = parser.parse_args(argv)
    chosen = [each for each in swift_processes(root) if each.age >= args.age * 3600 and each.pid != os.getpid()]
    show(chosen)
    return 0


def show(processes):
    """Print hours, PID and command."""
    if not processes:
        return
    hours = [str(int(each.age // 3600)) for each in processes]
    width, pid_width = max(5, *map(len, hours)), max(5, *(len(str(each.pid)) for each in processes))
    print(f'{"Hours":>{width}}  {"PID":>{pid_width}}  Command')
    for hour, each in zip(hours, processes):
        print(f'{hour:>{width}}  {each.pid:>{pid_width}}  {each.command}')


if __name__ == '__main__':
    sys.exit(main())
