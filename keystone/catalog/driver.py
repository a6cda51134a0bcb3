"""The contract of a catalog backend: where services, endpoints and regions are kept."""
import abc


class CatalogDriver(abc.ABC):
    """Services, endpoints and regions as refs (dicts), by `kind`: 'service', 'endpoint', 'region'.

    Called by the manager alone, which checks and announces changes. Writes join the transaction it has open.
    """

    @abc.abstractmethod
    def enabled(self):
        """Rows (service_id, type, name, endpoint_id, interface, region_id, url, extra, any_filter) of all that is
        enabled; a service without endpoints is one row that has None for those. `extra` (None or a dict) is what was
        stored with an endpoint beside its fields.

        `any_filter`, the same in all, tells whether any project was given some endpoints only.
        """

    @abc.abstractmethod
    def get(self, kind, key):
        """The ref, or None."""

    @abc.abstractmethod
    def listing(self, kind, hints):
        """The refs that pass `hints` (keystone.db.records.Hints)."""

    @abc.abstractmethod
    def create(self, kind, ref):
        """Store a ref. Raises IdConflict."""

    @abc.abstractmethod
    def change(self, kind, key, values):
        """Change what exists: new values replace, others stay, None drops what is no field of the kind."""

    @abc.abstractmethod
    def remove(self, kind, key):
        """Remove, a service with its endpoints; returns whether there was one."""

    @abc.abstractmethod
    def region_in_use(self, region_id):
        """Whether anything but other regions is in the region: endpoints, registered limits."""
