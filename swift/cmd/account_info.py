"""swift-account-info: shows what is in an account database, and where its replicas are."""
import sys

from swift.cmd import _db_info
from swift.db.account import AccountBroker

_COUNTS = ('container_count', 'object_count', 'bytes_used')


def _say(info, stats, known):
    print(f'  Container Count: {info["container_count"]}\n  Object Count: {info["object_count"]}\n'
          f'  Bytes Used: {info["bytes_used"]}')
    _db_info.say_stats(stats, known, _COUNTS)


def main(argv=None):
    """Entry point; returns the exit code."""
    return _db_info.main('account', AccountBroker, _say, argv)


if __name__ == '__main__':
    sys.exit(main())
