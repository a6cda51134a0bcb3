"""The rules of registered limits and of the limits of projects and domains."""
from essex import db
from essex.exception import BadRequest, Conflict, Forbidden
from keystone.db import limits as queries
from keystone.db import records
from keystone.db.models import Limit, Project, Region, RegisteredLimit, Service
from keystone.exception import LimitNotFound, NoLimitReference, RegisteredLimitNotFound
from keystone.ids import new_id
from keystone.limit import models


def _public(registered):
    return {**registered, 'region_id': registered['region_id'] or None}


def _check_exists(session, model, name, key):
    """Raises BadRequest: a body names what there is not."""
    if records.get(session, model, model.id == key) is None:
        raise BadRequest(f'{name}: there is no {name.removesuffix("_id")} {key}.')


def check_place(session, values):
    """Raises BadRequest unless the service and region of `values` exist."""
    if 'service_id' in values:
        _check_exists(session, Service, 'service_id', values['service_id'])
    if values.get('region_id'):
        _check_exists(session, Region, 'region_id', values['region_id'])


class RegisteredLimitManager:
    """Registered limits: the default a service sets for one of its resources, in a region or everywhere."""

    def __init__(self, changes):
        self.changes = changes

    def get(self, registered_limit_id):
        """Raises RegisteredLimitNotFound."""
        with db.reader() as session:
            return _public(self._get(session, registered_limit_id))

    @staticmethod
    def _get(session, registered_limit_id, lock=False):
        found = records.get(session, RegisteredLimit, RegisteredLimit.id == registered_limit_id, lock=lock)
        if found is None:
            raise RegisteredLimitNotFound(registered_limit_id)
        return found

    def list(self, hints):
        """Registered limits that pass `hints`."""
        with db.reader() as session:
            return [_public(found) for found in records.listing(session, RegisteredLimit, hints)]

    @db.retry
    def create(self, many):
        """Register all of `many` (service_id, region_id or None, resource_name, default_limit) or none."""
        made = [{'description': None, **values, 'region_id': values.get('region_id') or '', 'id': new_id()}
                for values in many]
        with db.writer() as session:
            for values in made:
                check_place(session, values)
                records.create(session, RegisteredLimit, values, self._conflict(values))
                self.changes.tell('created', 'registered_limit', values['id'])
            return [_public(self._get(session, values['id'])) for values in made]

    @staticmethod
    def _conflict(values):
        return Conflict(f'{values["resource_name"]} is registered for that service and region already.')

    @db.retry
    def update(self, registered_limit_id, values):
        """Change a registered limit; once a limit refers to it, its default and description alone."""
        if 'region_id' in values:
            values = {**values, 'region_id': values['region_id'] or ''}
        with db.writer() as session:
            # Locked: no limit comes to refer to it meanwhile.
            old = self._get(session, registered_limit_id, lock=True)
            moved = any(values.get(name, old[name]) != old[name] for name in queries.RESOURCE)
            if moved and queries.is_used(session, registered_limit_id):
                raise Forbidden(f'Registered limit {registered_limit_id} is in use by limits of projects or domains: '
                                'its service, region and resource stay. Delete those limits first.')
            check_place(session, values)
            records.change(session, RegisteredLimit, registered_limit_id, values, self._conflict({**old, **values}))
            self.changes.tell('updated', 'registered_limit', registered_limit_id)
            return _public(self._get(session, registered_limit_id))

    @db.retry
    def delete(self, registered_limit_id):
        """Raises Forbidden: limits refer to it."""
        with db.writer() as session:
            self._get(session, registered_limit_id, lock=True)
            if queries.is_used(session, registered_limit_id):
                raise Forbidden(f'Registered limit {registered_limit_id} is in use by limits of projects or domains: '
                                'delete those first.')
            records.remove(session, RegisteredLimit, RegisteredLimit.id == registered_limit_id)
            self.changes.tell('deleted', 'registered_limit', registered_limit_id)


class LimitManager:
    """Limits of single projects and domains. `model` says how they relate."""

    def __init__(self, changes):
        self.changes, self.model = changes, models.chosen()

    def get(self, limit_id):
        """Raises LimitNotFound."""
        with db.reader() as session:
            return self._get(session, limit_id)

    @staticmethod
    def _get(session, limit_id):
        found = queries.get(session, limit_id)
        if found is None:
            raise LimitNotFound(limit_id)
        return found

    def list(self, filters, project_id=None, domain_id=None):
        """Limits that equal `filters`; with `project_id` of that one, with `domain_id` of that one and its projects."""
        with db.reader() as session:
            return queries.listing(session, filters, project_id, domain_id)

    @db.retry
    def create(self, many):
        """Make all of `many` (project_id or domain_id, service_id, region_id, resource_name, resource_limit) or none.

        Raises NoLimitReference: nothing is registered for that. Conflict: there is one. InvalidLimit: the model.
        """
        with db.writer() as session:
            ids = [self._create(session, values) for values in many]
            return [self._get(session, limit_id) for limit_id in ids]

    def _create(self, session, values):
        name = 'project_id' if values.get('project_id') else 'domain_id'
        owner = records.get(session, Project, Project.id == values[name])
        if owner is None or owner['is_domain'] != (name == 'domain_id'):
            raise BadRequest(f'{name}: there is no {name.removesuffix("_id")} {values[name]}.')
        check_place(session, values)
        registered = queries.registered_for(session, values['service_id'], values.get('region_id') or '',
                                            values['resource_name'])
        if registered is None:
            raise NoLimitReference()
        self.model.check(session, registered, owner, values['resource_limit'])
        row = {'id': new_id(), 'registered_limit_id': registered['id'], 'owner_id': owner['id'],
               'resource_limit': values['resource_limit'], 'description': values.get('description')}
        records.create(session, Limit, row, Conflict(
            f'There is a limit of {values["resource_name"]} for {name.removesuffix("_id")} {owner["id"]} already.'))
        self.changes.tell('created', 'limit', row['id'])
        return row['id']

    @db.retry
    def update(self, limit_id, values):
        """Change resource_limit or description."""
        with db.writer() as session:
            old = self._get(session, limit_id)
            if 'resource_limit' in values:
                owner = records.get(session, Project, Project.id == (old['project_id'] or old['domain_id']))
                # Locked: what the model compares this one with is changed by nobody meanwhile.
                registered = records.get(session, RegisteredLimit, RegisteredLimit.id == old['registered_limit_id'],
                                         lock=True)
                self.model.check(session, registered, owner, values['resource_limit'])
            records.change(session, Limit, limit_id, values, None)
            self.changes.tell('updated', 'limit', limit_id)
            return self._get(session, limit_id)

    @db.retry
    def delete(self, limit_id):
        """Raises LimitNotFound."""
        with db.writer() as session:
            if not records.remove(session, Limit, Limit.id == limit_id):
                raise LimitNotFound(limit_id)
            self.changes.tell('deleted', 'limit', limit_id)
