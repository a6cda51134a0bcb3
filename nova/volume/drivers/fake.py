"""Volumes that are records alone, for trying and measuring: nothing is kept, and no real guest can have them."""
import logging

from nova.volume.driver import Driver

LOG = logging.getLogger(__name__)


class FakeDriver(Driver):
    """The whole contract, doing nothing. Tests make it fail by subclassing."""

    def setup(self, host):
        LOG.warning('nova-volume uses the fake driver: volumes are records, nothing is kept.')

    def describe(self):
        return {'protocol': 'fake', 'total_bytes': None, 'free_bytes': None}

    def create(self, volume):
        return {'type': 'fake', 'path': None, 'format': 'raw', 'host': None}

    def create_from_volume(self, volume, source_uuid):
        return self.create(volume)

    def create_from_snapshot(self, volume, snapshot_uuid):
        return self.create(volume)

    def create_from_image(self, volume, path, disk_format):
        return self.create(volume)

    def extend(self, volume):
        """Its size is in the records."""

    def delete(self, volume):
        """Nothing is kept."""

    def create_snapshot(self, snapshot_uuid, volume):
        """Nothing is kept."""

    def delete_snapshot(self, snapshot_uuid):
        """Nothing is kept."""

    def export(self, volume, path, disk_format):
        with open(path, 'wb') as file:
            file.truncate(1 << 20)
