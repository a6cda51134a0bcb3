"""essex-operator: serves the operator API of one host."""
from essex import concurrency

concurrency.patch()

import sys  # noqa: E402

from oslo_config import cfg  # noqa: E402

from essex import config, service  # noqa: E402
from essex.exception import ConfigError  # noqa: E402
from essex.wsgi.server import loadapp, paste_file  # noqa: E402

CONF = config.register([cfg.PortOpt('bind_port', default=8790, help='Port of the operator API.')])


class OperatorDaemon(service.Daemon):
    """The operator API."""

    name = 'essex-operator'

    def setup(self):
        if not CONF.status_dir:
            raise ConfigError("status_dir is not set: it is where this host's daemons keep their status files.")
        self.add_wsgi(loadapp(paste_file('operator-paste.ini'), 'operator'), CONF.bind_host, CONF.bind_port)


def main(argv=None):
    """Run the daemon with the arguments of a command line."""
    config.load('essex', sys.argv[1:] if argv is None else argv, prog='essex-operator')
    try:
        service.run([OperatorDaemon()])
    except ConfigError as error:
        raise SystemExit(f'essex-operator: {error}') from error


if __name__ == '__main__':
    main()
