"""glance-cache-cleaner: removes from this node's cache what came in wrong or was never finished."""
import sys

from glance.api.caching import cache
from glance.cmd import once

PROG = 'glance-cache-cleaner'


def main(argv=None):
    """Run it."""
    text = __doc__ + ' For cron: unfinished copies are given image_cache_stall_time seconds.'
    options = once.parser(PROG, text).parse_args(argv)
    return once.run(PROG, options, lambda: print(f'{cache().clean()} files removed'))


if __name__ == '__main__':
    sys.exit(main())
