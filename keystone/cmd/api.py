"""keystone-api: serves the Identity API on the public and, if wanted, the admin port."""
import sys

from essex import concurrency

concurrency.patch()

from essex import config, service, vitals  # noqa: E402
from essex.db import facts  # noqa: E402
from essex.exception import ConfigError  # noqa: E402
from keystone import pipelines  # noqa: E402

CONF = config.CONF


class ApiDaemon(service.Daemon):
    """The daemon: two ports, one set of managers."""

    name = 'keystone-api'

    def setup(self):
        vitals.tell('database', lambda: facts.describe('keystone'))
        self.add_wsgi(pipelines.load('public'), CONF.bind_host, CONF.public_port)
        if CONF.admin_port:
            self.add_wsgi(pipelines.load('admin'), CONF.bind_host, CONF.admin_port)


def daemons():
    """The daemons of this service, for a process that runs several; the configuration must be loaded."""
    return [ApiDaemon()]


def serve(argv=(), config_files=None):
    """Load the configuration and serve until a signal. For a forked child of the embedded cloud."""
    config.load('keystone', argv, config_files, prog='keystone-api')
    try:
        service.run(daemons())
    except ConfigError as error:
        print(f'keystone-api: {error}', file=sys.stderr)
        return 1
    return 0


def main(argv=None):
    """Command line; the exit status."""
    sys.exit(serve(sys.argv[1:] if argv is None else argv))

