"""nova-all: several of Nova's daemons in one process, over memory://."""
from essex import concurrency

concurrency.patch()

from oslo_config import cfg  # noqa: E402

from essex import config  # noqa: E402
from nova.cmd import launch  # noqa: E402

OPTS = [
    cfg.ListOpt('enabled_daemons', default=['api', 'metadata', 'scheduler', 'network', 'compute', 'volume',
                                           'consoleauth'],
                help=f'The daemons nova-all runs, in the order they start (network before compute: guests that are '
                     f'started again need their bridge): {", ".join(launch.DAEMONS)}.'),
]
CONF = config.register(OPTS)

daemons = launch.daemons


def main(argv=None):
    """Run the daemons with the arguments of a command line."""
    launch.start('nova-all', 'nova', lambda: CONF.enabled_daemons, argv)


if __name__ == '__main__':
    main()
