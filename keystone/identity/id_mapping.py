"""Public ids of users and groups in directories, and the way back."""
from sqlalchemy.exc import IntegrityError

from essex import db
from keystone.db import id_mappings
from keystone.identity.public_ids import public_id
from keystone.token.cache import Cache


class IdMap:
    """Ids never change, so what was read once is kept in memory."""

    def __init__(self):
        self._local, self._public = Cache(20000), Cache(20000)

    def local(self, public, kind):
        """(domain_id, local_id) of a public id, or None."""
        found = self._local.get((public, kind))
        if found is None:
            with db.reader() as session:
                found = id_mappings.local(session, public, kind)
            if found is not None:
                self._local.put((public, kind), found)
        return found

    def public(self, domain_id, kind, local_ids):
        """{local_id: public id}; those that have none yet are given one."""
        found = {local_id: self._public.get((domain_id, kind, local_id)) for local_id in local_ids}
        unknown = [local_id for local_id, public in found.items() if public is None]
        if unknown:
            found.update(self._find_or_make(domain_id, kind, unknown))
            for local_id in unknown:
                self._public.put((domain_id, kind, local_id), found[local_id])
        return found

    @db.retry
    def _find_or_make(self, domain_id, kind, local_ids):
        with db.reader() as session:
            found = id_mappings.public(session, domain_id, kind, local_ids)
        new = {local_id: public_id(domain_id, kind, local_id) for local_id in local_ids if local_id not in found}
        if new:
            try:
                with db.writer() as session:
                    id_mappings.add(session, domain_id, kind, new)
            except IntegrityError:
                # Another process has just given some of them the same ids.
                for each in new.items():
                    self._add(domain_id, kind, each)
        return {**found, **new}

    @staticmethod
    def _add(domain_id, kind, pair):
        with db.writer() as session:
            if not id_mappings.public(session, domain_id, kind, [pair[0]]):
                id_mappings.add(session, domain_id, kind, dict([pair]))

    @staticmethod
    def remember(public, domain_id, kind, local_id):
        """A new object has this public id."""
        with db.writer() as session:
            id_mappings.add(session, domain_id, kind, {local_id: public})

    def purge(self, **wanted):
        """Forget the public ids whose columns (public_id, domain_id, local_id, entity_type) equal these; returns
        how many."""
        with db.writer() as session:
            removed = id_mappings.purge(session, **wanted)
        self._local.clear()
        self._public.clear()
        return removed
