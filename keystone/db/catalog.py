"""Services, endpoints and regions."""
from sqlalchemy import and_, delete, exists, or_, select

from keystone.db import records
from keystone.db.models import Endpoint, ProjectEndpoint, ProjectEndpointGroup, RegisteredLimit, Service

_service, _endpoint = Service.__table__, Endpoint.__table__
_ANY_FILTER = or_(exists(select(ProjectEndpoint.project_id)),
                  exists(select(ProjectEndpointGroup.project_id))).label('any_filter')


def enabled(session):
    """Rows (service_id, type, name, endpoint_id, interface, region_id, url, extra, any_filter) of all that is enabled;
    a service without endpoints is one row that has None for those.

    `any_filter`, the same in all, tells whether any project was given some endpoints only: it saves a statement.
    """
    query = (select(_service.c.id.label('service_id'), _service.c.type, _service.c.name,
                    _endpoint.c.id.label('endpoint_id'), _endpoint.c.interface, _endpoint.c.region_id,
                    _endpoint.c.url, _endpoint.c.extra, _ANY_FILTER)
             .outerjoin(_endpoint, and_(_endpoint.c.service_id == _service.c.id, _endpoint.c.enabled))
             .where(_service.c.enabled)
             .order_by(_service.c.type, _service.c.id, _endpoint.c.region_id, _endpoint.c.interface, _endpoint.c.id))
    return session.execute(query).all()


def remove_service(session, service_id):
    """The service with its endpoints; returns whether there was one."""
    session.execute(delete(_endpoint).where(_endpoint.c.service_id == service_id))
    return records.remove(session, Service, Service.id == service_id)


def region_in_use(session, region_id):
    """Whether an endpoint or a registered limit is in the region."""
    return any(session.execute(select(model.id).where(model.region_id == region_id).limit(1)).first() is not None
               for model in (Endpoint, RegisteredLimit))
