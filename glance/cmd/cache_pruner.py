"""glance-cache-pruner: takes the images read longest ago out of this node's cache, until it is within its bounds."""
import sys

from glance.api.caching import cache
from glance.cmd import once

PROG = 'glance-cache-pruner'


def prune():
    """Prune, and say how much."""
    count, size = cache().prune()
    print(f'{count} images pruned, {size} bytes')


def main(argv=None):
    """Run it."""
    options = once.parser(PROG, __doc__ + ' For cron: the bound is image_cache_max_size.').parse_args(argv)
    return once.run(PROG, options, prune)


if __name__ == '__main__':
    sys.exit(main())
