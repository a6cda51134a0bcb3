"""glance-api: runs until it is told to stop."""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from essex import config, service  # noqa: E402
from essex.exception import ConfigError  # noqa: E402
from glance import daemons  # noqa: E402


def main(argv=None):
    """Run the daemon with the arguments of a command line."""
    config.load('glance', sys.argv[1:] if argv is None else argv, prog='glance-api')
    try:
        service.run([daemons.ApiDaemon()])
    except ConfigError as error:
        raise SystemExit(f'glance-api: {error}') from error


if __name__ == '__main__':
    main()
