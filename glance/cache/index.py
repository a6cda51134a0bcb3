"""What is noted of each image in the cache: one abstract class, and the drivers by their names."""
import abc
import dataclasses
import importlib
import logging

from stevedore import DriverManager
from stevedore.exception import NoMatches

from essex.exception import ConfigError
from glance.cache.options import CONF

LOG = logging.getLogger(__name__)

NAMESPACE = 'essex.glance.cache'
BUILTIN = {'sqlite': 'glance.cache.sqlite:SqliteIndex', 'xattr': 'glance.cache.xattr:XattrIndex',
           'centralized_db': 'glance.cache.centralized:CentralizedIndex'}


@dataclasses.dataclass
class Entry:
    """One cached image. Times are seconds since 1970."""

    image_id: str
    size: int
    checksum: str = None
    last_modified: float = 0.0
    last_accessed: float = 0.0
    hits: int = 0


class Unusable(Exception):
    """The driver cannot work here; the text says why."""


class Index(abc.ABC):
    """Notes on the files in `directory`. A note may outlive its file: who reads looks for the file."""

    def __init__(self, directory):
        self.directory = directory

    @abc.abstractmethod
    def check(self):
        """Make ready. Raises Unusable."""

    @abc.abstractmethod
    def add(self, entry, path):
        """Note an entry whose data is still at `path`, from where it is renamed afterwards."""

    @abc.abstractmethod
    def hit(self, image_id, now):
        """Note that an image was read."""

    @abc.abstractmethod
    def remove(self, image_id):
        """Forget an entry. Idempotent."""

    @abc.abstractmethod
    def entries(self):
        """Every Entry, the one read longest ago first."""

    def nodes(self, image_id):   # noqa: B027 - most drivers know of one node
        """The nodes that have the image in their caches, where the driver knows of others; None where not."""


def load(directory):
    """The configured Index, ready; that of SQLite where the file system has no attributes. Raises ConfigError."""
    name = CONF.image_cache_driver
    made = _load(name)(directory)
    try:
        made.check()
    except Unusable as error:
        if name == 'sqlite':
            raise ConfigError(f'image_cache_driver {name}: {error}.') from error
        LOG.error('image_cache_driver %s cannot be used: %s. sqlite is used instead.', name, error)
        made = _load('sqlite')(directory)
        made.check()
    return made


def _load(name):
    # An installed entry point is not needed, so that a checkout runs as it is.
    if name in BUILTIN:
        module, _, attribute = BUILTIN[name].partition(':')
        return getattr(importlib.import_module(module), attribute)
    try:
        return DriverManager(NAMESPACE, name).driver
    except NoMatches as error:
        raise ConfigError(f'image_cache_driver: there is no driver called {name!r}. There are: '
                          f'{", ".join(BUILTIN)}.') from error
