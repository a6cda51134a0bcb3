"""The catalog in the service's own database."""
from essex import db
from keystone.catalog.driver import CatalogDriver
from keystone.db import catalog as queries
from keystone.db import records
from keystone.db.models import Endpoint, Region, Service
from keystone.exception import IdConflict

_MODELS = {'service': Service, 'endpoint': Endpoint, 'region': Region}


class SqlCatalog(CatalogDriver):
    """The default backend."""

    def enabled(self):
        with db.reader() as session:
            return queries.enabled(session)

    def get(self, kind, key):
        model = _MODELS[kind]
        with db.reader() as session:
            return records.get(session, model, model.id == key)

    def listing(self, kind, hints):
        with db.reader() as session:
            return records.listing(session, _MODELS[kind], hints)

    def create(self, kind, ref):
        with db.writer() as session:
            records.create(session, _MODELS[kind], ref, IdConflict(kind=kind, id=ref['id']))

    def change(self, kind, key, values):
        with db.writer() as session:
            records.change(session, _MODELS[kind], key, values, None)

    def remove(self, kind, key):
        model = _MODELS[kind]
        with db.writer() as session:
            if kind == 'service':
                return queries.remove_service(session, key) > 0
            return records.remove(session, model, model.id == key) > 0

    def region_in_use(self, region_id):
        with db.reader() as session:
            return queries.region_in_use(session, region_id)
