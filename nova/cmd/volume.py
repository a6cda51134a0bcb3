"""nova-volume: keeps volumes on this host."""
from essex import concurrency

concurrency.patch()

from nova.cmd import launch  # noqa: E402


def main(argv=None):
    """Run the daemon with the arguments of a command line."""
    launch.run('volume', argv)


if __name__ == '__main__':
    main()
