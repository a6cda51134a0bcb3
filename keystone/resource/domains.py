"""The rules of domains: a domain is a project with is_domain and the same id."""
from sqlalchemy import select

from essex import config, db
from essex.exception import Forbidden
from keystone.db import (
    app_creds,
    assignments,
    credentials,
    delegation,
    federation,
    id_mappings,
    projects,
    records,
    users,
)
from keystone.db.models import DOMAIN_ROOT, Group, Project, Role, User
from keystone.resource.manager import check_mutable

CONF = config.CONF

_NOT_SHOWN = ('domain_id', 'parent_id', 'is_domain')


def public(domain):
    """The domain as the API shows it."""
    shown = {key: value for key, value in domain.items() if key not in _NOT_SHOWN}
    return dict(shown, options=shown.get('options') or {}, tags=shown.get('tags') or [])


class DomainManager:
    """Domains, over the projects of `resource`."""

    def __init__(self, changes, resource):
        self.changes, self.resource = changes, resource

    def get_domain(self, domain_id):
        """Raises DomainNotFound."""
        self.resource.get_domain(domain_id)
        return public(self.resource.get_project(domain_id))

    def list_domains(self, hints, ids=None):
        """Domains that pass `hints`, of `ids` alone when given."""
        conditions = [Project.domain_id == DOMAIN_ROOT]
        if ids is not None:
            conditions.append(Project.id.in_(list(ids)))
        with db.reader() as session:
            found = records.listing(session, Project, hints, *conditions)
            tags = projects.tags(session, [domain['id'] for domain in found])
        return [public({**domain, 'tags': tags[domain['id']]}) for domain in found]

    def create_domain(self, values):
        """Make a domain (name; id may be chosen)."""
        return public(self.resource.create_project({**values, 'is_domain': True}))

    def update_domain(self, domain_id, values):
        """Change a domain. Raises DomainNotFound."""
        self.resource.get_domain(domain_id)
        return public(self.resource.update_project(domain_id, values))

    @db.retry
    def delete_domain(self, domain_id):
        """Remove a disabled domain with its users, groups, projects and roles, in one transaction."""
        domain = self.resource.get_domain(domain_id)
        check_mutable('domain', domain)
        if domain_id == CONF.identity.default_domain_id:
            raise Forbidden('The default domain cannot be deleted.')
        if domain['enabled']:
            raise Forbidden('Disable the domain before you delete it.')
        with self.changes.writer() as session:
            self._empty(session, domain_id)
            self.resource.forget(session, [domain_id])
            self.resource.revocation.revoke(domain_id=domain_id)
            self.changes.tell('deleted', 'domain', domain_id)

    def _empty(self, session, domain_id):
        def of(model):
            return session.execute(select(model.id).where(model.domain_id == domain_id)).scalars().all()
        federation.forget_domain(session, domain_id)
        id_mappings.purge(session, domain_id=domain_id)
        people = of(User)
        delegation.remove_of(session, user_ids=people)
        for user_id in people:
            assignments.remove_actor(session, 'user', user_id)
            credentials.remove_of(session, user_id=user_id)
            users.remove(session, user_id)
        for group_id in of(Group):
            assignments.remove_actor(session, 'group', group_id)
            users.remove_group(session, group_id)
        for role_id in of(Role):
            assignments.remove_role(session, role_id)
            app_creds.remove_with_role(session, role_id)
            records.remove(session, Role, Role.id == role_id)
        inside = of(Project)
        if inside:
            self.resource.forget(session, inside)
