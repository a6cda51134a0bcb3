"""The contract of a volume driver: what nova-volume does on its host.

Drivers know no database and no RPC: they get values. Every method makes true what its first sentence says whatever
is there already, so that it can be called again after a crash cut it short.
"""
import abc
import dataclasses

from oslo_config import cfg
from stevedore import driver as stevedore_driver

from essex import config
from essex.exception import ConfigError

NAMESPACE = 'essex.nova.volume'
OPTS = [cfg.StrOpt('volume_driver', default='file',
                   help='How volumes are kept: file (raw files of the host), or fake (records, nothing is kept). Or a '
                        'name of the entry points essex.nova.volume.')]
CONF = config.register(OPTS)


@dataclasses.dataclass(frozen=True)
class VolumeSpec:
    """What a driver has to know about a volume: its uuid and its size in GB."""

    uuid: str
    size: int


class Driver(abc.ABC):
    """A way to keep volumes.

    Methods that make a volume return its connection, how a hypervisor gets at it: {'type': 'file', 'path', 'format',
    'host'}. `host` is the one host that can, or None when every host can.
    """

    @abc.abstractmethod
    def setup(self, host):
        """Have what the driver needs, and nothing half made of a former life. Raises ConfigError with what to do."""

    def describe(self):
        """{'protocol', 'total_bytes', 'free_bytes'}: how volumes are reached and the room there is, None where the
        driver cannot tell."""
        return {'protocol': 'unknown', 'total_bytes': None, 'free_bytes': None}

    @abc.abstractmethod
    def create(self, volume):
        """Have an empty volume; returns its connection. Raises VolumeSpaceShort."""

    @abc.abstractmethod
    def create_from_volume(self, volume, source_uuid):
        """Have a volume that begins with what another holds; returns its connection."""

    @abc.abstractmethod
    def create_from_snapshot(self, volume, snapshot_uuid):
        """Have a volume that begins with what a snapshot holds; returns its connection."""

    @abc.abstractmethod
    def create_from_image(self, volume, path, disk_format):
        """Have a volume that begins with the disk image in a file; returns its connection. The image was inspected:
        it is of that format, a name that qemu-img knows, and fits."""

    @abc.abstractmethod
    def extend(self, volume):
        """Have the volume at its size."""

    @abc.abstractmethod
    def delete(self, volume):
        """Have no such volume."""

    @abc.abstractmethod
    def create_snapshot(self, snapshot_uuid, volume):
        """Have a snapshot of what the volume holds. Nobody writes to the volume meanwhile."""

    @abc.abstractmethod
    def delete_snapshot(self, snapshot_uuid):
        """Have no such snapshot."""

    @abc.abstractmethod
    def export(self, volume, path, disk_format):
        """Have a disk image of the volume in a new file; `disk_format` is raw, qcow2, vmdk or vdi."""


def load(name=None):
    """The configured driver. Raises ConfigError."""
    name = name or CONF.volume_driver
    try:
        return stevedore_driver.DriverManager(NAMESPACE, name, invoke_on_load=True,
                                              on_load_failure_callback=_reraise).driver
    except stevedore_driver.NoMatches as error:
        raise ConfigError(f'volume_driver = {name}: there is no such driver in {NAMESPACE}.') from error


def _reraise(manager, entry_point, error):
    raise error
