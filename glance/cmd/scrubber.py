"""glance-scrubber: removes the data of images that were deleted while delayed_delete was set, scrub_time seconds later.

Once, or again and again as a daemon. An image whose data is still there can be restored.
"""
from essex import concurrency

concurrency.patch()

import datetime  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

from oslo_config import cfg  # noqa: E402

from essex import config, db  # noqa: E402
from glance.api.app import manager  # noqa: E402
from glance.api.settings import CONF  # noqa: E402
from glance.cmd import once  # noqa: E402

LOG = logging.getLogger(__name__)

PROG = 'glance-scrubber'
OPTS = [
    cfg.BoolOpt('daemon', default=False, help='Whether glance-scrubber runs until it is told to stop.'),
    cfg.IntOpt('wakeup_time', default=300, min=1, help='Seconds between two rounds of glance-scrubber as a daemon.'),
]
config.register(OPTS)


def scrub():
    """One round; returns how many images it ended."""
    rules = manager()
    done = rules.finish_deletes(db.utcnow() - datetime.timedelta(seconds=CONF.scrub_time))
    return done + rules.finish_removals()


def _forever(wakeup):
    """Round after round until SIGTERM or SIGINT."""
    stopped = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *args: stopped.append(True))
    while not stopped:
        try:
            LOG.info('%d images scrubbed', scrub())
        except Exception:
            # The database may be away; the next round is soon enough.
            LOG.exception('This round of scrubbing ended early')
        for _ in range(wakeup * 5):
            if stopped:
                break
            concurrency.sleep(0.2)


def _run(options):
    if options.restore:
        manager().restore(options.restore)
        print(f'Image {options.restore} is active again')
    elif options.daemon or CONF.daemon:
        _forever(options.wakeup_time or CONF.wakeup_time)
    else:
        print(f'{scrub()} images scrubbed')


def main(argv=None):
    """Run it."""
    parser = once.parser(PROG, __doc__)
    parser.add_argument('-D', '--daemon', action='store_true', help='Run until told to stop.')
    parser.add_argument('-w', '--wakeup-time', '--wakeup_time', type=int, help='Seconds between two rounds.')
    parser.add_argument('-r', '--restore', metavar='IMAGE', help='Make a deleted image active again, and nothing else.')
    options = parser.parse_args(argv)
    return once.run(PROG, options, lambda: _run(options), own_file='glance-scrubber', needs_database=True)


if __name__ == '__main__':
    sys.exit(main())
