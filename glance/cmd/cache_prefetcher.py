"""glance-cache-prefetcher: brings the images in the queue into this node's cache."""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from glance.api.app import manager  # noqa: E402
from glance.api.caching import cache  # noqa: E402
from glance.cache.prefetch import Prefetcher  # noqa: E402
from glance.cmd import once  # noqa: E402

PROG = 'glance-cache-prefetcher'


def prefetch():
    """Fetch every image in the queue; returns 1 when one did not come."""
    came, missing = Prefetcher(cache(), manager()).run()
    print(f'{came} images fetched, {missing} not')
    return 1 if missing else 0


def main(argv=None):
    """Run it."""
    text = __doc__ + ' For cron: glance-cache-manage queue-image puts them there.'
    return once.run(PROG, once.parser(PROG, text).parse_args(argv), prefetch, needs_database=True)


if __name__ == '__main__':
    sys.exit(main())
