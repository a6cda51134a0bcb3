"""horizon: the dashboard in a server of its own."""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from essex import config, service  # noqa: E402
from essex.exception import EssexError  # noqa: E402
from horizon import wsgi  # noqa: E402
from horizon.options import CONF  # noqa: E402


class DashboardDaemon(service.Daemon):
    """Serves the dashboard."""

    name = 'horizon'

    def setup(self):
        self.add_wsgi(wsgi.make(), CONF.bind_host, CONF.horizon_port)


def main(argv=None):
    """Read the configuration and serve until a signal ends it."""
    config.load('horizon', sys.argv[1:] if argv is None else argv, prog='horizon')
    try:
        service.run([DashboardDaemon()], name='horizon')
    except EssexError as error:
        raise SystemExit(f'horizon: {error}') from error


if __name__ == '__main__':
    main()
