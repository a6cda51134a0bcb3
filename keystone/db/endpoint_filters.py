"""Which endpoints a project was given, one by one or by groups."""
from sqlalchemy import insert, select, union

from keystone.db import records
from keystone.db.models import Endpoint, EndpointGroup, Project, ProjectEndpoint, ProjectEndpointGroup


def _link(group):
    """(model, its column that is not project_id) of an association with a group or an endpoint."""
    return (ProjectEndpointGroup, ProjectEndpointGroup.endpoint_group_id) if group else (
        ProjectEndpoint, ProjectEndpoint.endpoint_id)


def add(session, project_id, key, group, conflict):
    """Give the project an endpoint or a group. Raises `conflict` when it has it."""
    model, column = _link(group)
    if exists(session, project_id, key, group):
        raise conflict
    session.execute(insert(model.__table__).values({'project_id': project_id, column.name: key}))


def exists(session, project_id, key, group):
    """Whether the project was given just that."""
    model, column = _link(group)
    query = select(model.project_id).where(model.project_id == project_id, column == key)
    return session.execute(query).first() is not None


def remove(session, project_id, key, group):
    """Returns whether the project had it."""
    model, column = _link(group)
    return records.remove(session, model, model.project_id == project_id, column == key) > 0


def projects_with(session, key, group):
    """The projects an endpoint or a group was given to."""
    model, column = _link(group)
    return records.many(session, Project, Project.id.in_(select(model.project_id).where(column == key)))


def groups_of(session, project_id):
    """The endpoint groups a project was given."""
    mine = select(ProjectEndpointGroup.endpoint_group_id).where(ProjectEndpointGroup.project_id == project_id)
    return records.many(session, EndpointGroup, EndpointGroup.id.in_(mine))


def endpoints_of(session, project_id):
    """The endpoints a project was given one by one."""
    mine = select(ProjectEndpoint.endpoint_id).where(ProjectEndpoint.project_id == project_id)
    return records.many(session, Endpoint, Endpoint.id.in_(mine))


def filtered_projects(session):
    """Ids of all projects that were given anything, in one statement."""
    query = union(select(ProjectEndpoint.project_id), select(ProjectEndpointGroup.project_id))
    return set(session.execute(query).scalars())
