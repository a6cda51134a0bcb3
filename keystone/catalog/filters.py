"""OS-EP-FILTER: projects that see some endpoints of the catalog only."""
import dataclasses

from oslo_config import cfg

from essex import config, db
from keystone.changes import FACTS
from keystone.db import endpoint_filters as queries
from keystone.db import records
from keystone.db.models import Endpoint, EndpointGroup
from keystone.exception import EndpointFilterConflict, EndpointFilterNotFound, EndpointGroupNotFound, EndpointNotFound
from keystone.ids import new_id

OPTS = [
    cfg.BoolOpt('return_all_endpoints_if_no_filter', default=True,
                help='Whether a project that was given no endpoint sees all of them; else it sees none.'),
]
CONF = config.register(OPTS, 'endpoint_filter')


def fits(filters, endpoint):
    """Whether an endpoint (a dict with service_id, region_id, interface) belongs to a group of these filters."""
    return all(endpoint[name] == value for name, value in filters.items())


class EndpointFilterManager:
    """Endpoint groups, and what projects were given. `key`s are of groups where `group` is true, else of endpoints."""

    def __init__(self, changes, resource):
        self.changes, self.resource = changes, resource
        self._filtered = None
        changes.listen(FACTS, self._forget)

    def _forget(self):
        self._filtered = None

    def get_group(self, group_id):
        """Raises EndpointGroupNotFound."""
        with db.reader() as session:
            group = records.get(session, EndpointGroup, EndpointGroup.id == group_id)
        if group is None:
            raise EndpointGroupNotFound(group_id)
        return group

    def list_groups(self, hints):
        """Endpoint groups that pass `hints`."""
        with db.reader() as session:
            return records.listing(session, EndpointGroup, hints)

    @db.retry
    def create_group(self, values):
        """Make an endpoint group (name, filters)."""
        group = {**values, 'id': new_id()}
        with self.changes.writer() as session:
            records.create(session, EndpointGroup, group, None)
        return self.get_group(group['id'])

    @db.retry
    def update_group(self, group_id, values):
        """Change an endpoint group."""
        self.get_group(group_id)
        with self.changes.writer() as session:
            records.change(session, EndpointGroup, group_id, values, None)
        return self.get_group(group_id)

    @db.retry
    def delete_group(self, group_id):
        """Remove an endpoint group from every project."""
        with self.changes.writer() as session:
            if not records.remove(session, EndpointGroup, EndpointGroup.id == group_id):
                raise EndpointGroupNotFound(group_id)

    def endpoints_in(self, group_id):
        """The endpoints that fit a group."""
        group = self.get_group(group_id)
        with db.reader() as session:
            return [endpoint for endpoint in records.many(session, Endpoint) if fits(group['filters'], endpoint)]

    def _check(self, project_id, key, group):
        self.resource.get_project(project_id)
        if group:
            self.get_group(key)
        else:
            self._check_endpoint(key)

    @staticmethod
    def _check_endpoint(endpoint_id):
        with db.reader() as session:
            if records.get(session, Endpoint, Endpoint.id == endpoint_id) is None:
                raise EndpointNotFound(endpoint_id)

    @db.retry
    def give(self, project_id, key, group=False):
        """Let a project see an endpoint or a group. Raises EndpointFilterConflict: it does."""
        self._check(project_id, key, group)
        with self.changes.writer() as session:
            queries.add(session, project_id, key, group, EndpointFilterConflict(project=project_id, key=key))

    def require(self, project_id, key, group=False):
        """Raises EndpointFilterNotFound unless the project was given just that."""
        self._check(project_id, key, group)
        with db.reader() as session:
            if not queries.exists(session, project_id, key, group):
                raise EndpointFilterNotFound(project=project_id, key=key)

    @db.retry
    def take(self, project_id, key, group=False):
        """Raises EndpointFilterNotFound."""
        self._check(project_id, key, group)
        with self.changes.writer() as session:
            if not queries.remove(session, project_id, key, group):
                raise EndpointFilterNotFound(project=project_id, key=key)

    def projects_with(self, key, group=False):
        """The stored projects an endpoint or group was given to."""
        if group:
            self.get_group(key)
        else:
            self._check_endpoint(key)
        with db.reader() as session:
            return queries.projects_with(session, key, group)

    def groups_of(self, project_id):
        """The endpoint groups of a project."""
        self.resource.get_project(project_id)
        with db.reader() as session:
            return queries.groups_of(session, project_id)

    def endpoints_of(self, project_id):
        """The endpoints a project was given, one by one or by groups."""
        self.resource.get_project(project_id)
        with db.reader() as session:
            given = {endpoint['id'] for endpoint in queries.endpoints_of(session, project_id)}
            groups = queries.groups_of(session, project_id)
            return [endpoint for endpoint in records.many(session, Endpoint)
                    if endpoint['id'] in given or any(fits(group['filters'], endpoint) for group in groups)]

    def _filtered_projects(self):
        """Ids of the projects that were given anything, read at most once between changes."""
        filtered, generation = self._filtered, self.changes.generation
        if filtered is None:
            with db.reader() as session:
                filtered = queries.filtered_projects(session)
            if generation == self.changes.generation:
                self._filtered = filtered
        return filtered

    def visible(self, project_id, any_filter):
        """Which endpoints are in a project's catalog (None: that of no project): a Visible.

        `any_filter` tells whether any project was given anything: a cloud without filters pays nothing for them.
        """
        otherwise = project_id is None or CONF.endpoint_filter.return_all_endpoints_if_no_filter
        if project_id is None or not any_filter or project_id not in self._filtered_projects():
            return Visible(set(), False, otherwise)
        given = self.endpoints_of(project_id)
        adds_only = bool(given) and all(endpoint.get('global') is False for endpoint in given)
        return Visible({endpoint['id'] for endpoint in given}, not adds_only, otherwise)


@dataclasses.dataclass(frozen=True)
class Visible:
    """`given` are the ids of the endpoints a project was given, `only` says that it sees no others, `otherwise`
    whether one that was given none sees all.

    Those stored with `global` (OS-KSCATALOG) are apart: true is seen by everybody, false by whom it was given, and to
    be given that takes nothing away.
    """

    given: set
    only: bool
    otherwise: bool

    def has(self, row):
        """Whether the endpoint, or service without endpoints, of a row is in the catalog."""
        is_global = (row.extra or {}).get('global')
        if row.endpoint_id in self.given or is_global is True:
            return True
        return is_global is not False and not self.only and self.otherwise
