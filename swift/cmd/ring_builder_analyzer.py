"""swift-ring-builder-analyzer: plays a ring through (devices come, go, change weight), rebalance by rebalance."""
import argparse
import sys

from swift.cmd._pipe import patient
from swift.exceptions import SwiftError
from swift.ring import scenario


@patient
def main(argv=None):
    """Entry point; returns the exit code."""
    options = argparse.ArgumentParser(prog='swift-ring-builder-analyzer', description=scenario.__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('scenario_path', help='a JSON file')
    options.add_argument('-c', '--check', action='store_true', help='check the scenario alone')
    args = options.parse_args(argv)
    try:
        _show(scenario.load(args.scenario_path), args.check)
    except SwiftError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _show(found, check):
    if check:
        print('The scenario is well formed.')
        return
    last = None
    for number, turn, moved, builder, removed in scenario.run(found):
        if number != last:
            print(f'Round {number}')
            last = number
        print(f'\tRebalance {turn}: moved {moved} parts, balance is {builder.balance():.6f}, '
              f'dispersion is {builder.dispersion:.6f}, {removed} removed devs')


if __name__ == '__main__':
    sys.exit(main())
