"""What hosts keep volumes in, and how much room there is: asked of each nova-volume that is up."""
import dataclasses
import logging

from essex.exception import EssexError, NotFound
from nova.db import services, volumes
from nova.volume.placement import BINARY
from nova.volume.rpcapi import VolumeAPI

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Pool:
    """Of one host. Gigabytes of volumes that were promised; bytes None where the driver cannot tell."""

    host: str
    protocol: str
    total_bytes: int
    free_bytes: int
    allocated_gb: int

    @property
    def name(self):
        """As volumes show their host."""
        return f'{self.host}@{self.protocol}#{self.protocol}'


def list(context):  # noqa: A001  (read with its module: pools.list)
    """Pools of the hosts that answer, by host."""
    used, found = volumes.gigabytes_by_host(), []
    for row in services.list(binary=BINARY):
        if not services.is_up(row):
            continue
        try:
            found.append(_pool(context, row.host, used))
        except EssexError as error:
            LOG.warning('nova-volume of host %s does not say what it has: %s', row.host, error)
    return found


def get(context, host):
    """The pool of a host. Raises NotFound for a host without nova-volume, and what the call raises."""
    if not services.list(host, BINARY):
        raise NotFound(f'There is no nova-volume on host {host[:80]}.')
    return _pool(context, host, volumes.gigabytes_by_host())


def _pool(context, host, used):
    told = VolumeAPI().describe(context, host)
    return Pool(host, told['protocol'], told['total_bytes'], told['free_bytes'], used.get(host, 0))
