"""A server as its metadata describes it, read from the database in two statements."""
import base64
import binascii
import dataclasses

from nova.compute import zones
from nova.db import metadata, security_groups
from nova.network import model
from nova.network.options import CONF

_ZONES = zones.OfServers()


@dataclasses.dataclass(frozen=True)
class Described:
    """A server's row (an Instance), the names of its groups, and the address it asked from (None: config drive)."""

    row: object
    groups: list
    address: str = None

    @property
    def version(self):
        """As nova.db.metadata.version has it."""
        return self.row.uuid, self.row.updated_at

    @property
    def hostname(self):
        """Its full name."""
        return f'{self.row.hostname}.{CONF.dhcp_domain}' if CONF.dhcp_domain else self.row.hostname

    @property
    def user_data(self):
        """What its user gave it, decoded; None for nothing."""
        if not self.row.user_data:
            return None
        try:
            return base64.b64decode(self.row.user_data)
        except (binascii.Error, ValueError):
            # The API takes base64 alone; a row an older version wrote is given as it is.
            return self.row.user_data.encode()

    @property
    def zone(self):
        """The availability zone it is in, or ''."""
        return _ZONES.of(self.row)

    @property
    def fixed_address(self):
        """The address it asked from, else its first one; '' while it has none."""
        return self.address or model.first_fixed(self.row.network_info) or ''

    @property
    def floating_address(self):
        """Its first floating address, or ''."""
        return model.first_floating(self.row.network_info) or ''


def by_address(address):
    """The live server with a fixed address, or None: two statements."""
    return _described(metadata.by_address(address), address)


def by_uuid(uuid):
    """A live server, or None."""
    return _described(metadata.by_uuid(uuid))


def _described(row, address=None):
    return None if row is None else Described(row, security_groups.names_of([row.uuid])[row.uuid], address)
