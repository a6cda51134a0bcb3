"""glance-all: glance-api, and glance-registry where [registry] bind_port is set, in one process."""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from essex import config, service  # noqa: E402
from essex.exception import ConfigError  # noqa: E402
from glance import daemons  # noqa: E402


def main(argv=None):
    """Run the daemons with the arguments of a command line."""
    config.load('glance', sys.argv[1:] if argv is None else argv, prog='glance-all')
    try:
        service.run(daemons.both(), name='glance')
    except ConfigError as error:
        raise SystemExit(f'glance-all: {error}') from error


if __name__ == '__main__':
    main()
