"""Running the host's network programs (ip, nft, dnsmasq): lists of arguments, never a shell; bounded in time."""
import logging
import shutil
import subprocess

from essex.exception import ConfigError

LOG = logging.getLogger(__name__)

_SECONDS = 60
# Debian keeps these out of an ordinary user's PATH.
_PATH = '/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin'


class CommandFailed(Exception):
    """A program failed; str() is what it said."""


def run(*argv, stdin=None, accept=(0,)):
    """Run a program and return its standard output. Raises CommandFailed unless its status is in `accept`."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=_SECONDS,
                              check=False, env={'PATH': _PATH, 'LC_ALL': 'C'})
    except OSError as error:
        raise CommandFailed(f'{argv[0]} could not be started: {error.strerror}') from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f'{" ".join(argv)[:200]} did not end in {_SECONDS} s') from error
    if done.returncode not in accept:
        said = (done.stderr or done.stdout).strip()
        LOG.debug('%s failed with %d: %s\n%s', argv, done.returncode, said, stdin or '')
        raise CommandFailed(f'{" ".join(argv)[:200]}: {said[:500] or f"status {done.returncode}"}')
    return done.stdout


def require(programs):
    """Raise ConfigError unless every program of {name: Debian package} is there."""
    missing = {package for name, package in programs.items() if shutil.which(name, path=_PATH) is None}
    if missing:
        raise ConfigError('Programs are missing on this host: apt-get install ' + ' '.join(sorted(missing)))


def present(program):
    """Whether a program is there."""
    return shutil.which(program, path=_PATH) is not None
