"""Grants: giving and taking roles, and what a user may do where."""
import dataclasses

from essex import db
from essex.exception import BadRequest, Forbidden
from keystone.assignment.roles import public as shown_role
from keystone.db import assignments, delegation, projects, records
from keystone.db.models import DOMAIN_ROOT, SYSTEM, Project
from keystone.exception import AssignmentNotFound
from keystone.resource import domains
from keystone.resource.manager import public


@dataclasses.dataclass(frozen=True)
class Grant:
    """Who on what: the key of a grant but for its role."""

    actor_type: str
    actor_id: str
    target_type: str
    target_id: str = SYSTEM
    inherited: bool = False

    @property
    def key(self):
        return self.actor_type, self.actor_id, self.target_type, self.target_id

    def __str__(self):
        return f'{self.actor_type} with id: {self.actor_id}, {self.target_type} with id: {self.target_id}'


class GrantManager:
    """Grants on projects, domains and the system, to users and groups."""

    def __init__(self, changes, resource, identity, groups, roles, revocation):
        self.changes, self.resource, self.identity = changes, resource, identity
        self.groups, self.roles, self.revocation = groups, roles, revocation

    def check(self, grant, role_id=None):
        """Raises the fitting NotFound unless actor, target and role exist; returns the role."""
        role = self.roles.get_role(role_id) if role_id is not None else None
        if grant.actor_type == 'user':
            self.identity.full_user(grant.actor_id)
        else:
            self.groups.get_group(grant.actor_id)
        if grant.target_type == 'domain':
            self.resource.get_domain(grant.target_id)
        elif grant.target_type == 'project':
            self.resource.get_project(grant.target_id)
        return role

    @db.retry
    def add(self, grant, role_id):
        """Grant a role; nothing happens when it is granted already."""
        self._check_role(self.check(grant, role_id), grant)
        with self.changes.writer() as session:
            assignments.add(session, *grant.key, role_id, grant.inherited)
            self.changes.tell_grant('created', grant, role_id)

    def _check_role(self, role, grant):
        """A role of a domain is granted on that domain and its projects alone. Raises Forbidden, BadRequest."""
        if role['domain_id'] is None:
            return
        if grant.target_type == 'system':
            raise BadRequest(f'Role {role["id"]} belongs to a domain: it cannot be granted on the system.')
        domain_id = grant.target_id
        if grant.target_type == 'project':
            project = self.resource.get_project(grant.target_id)
            domain_id = project['domain_id'] or project['id']
        if domain_id != role['domain_id']:
            raise Forbidden(f'{grant.target_type.capitalize()} {grant.target_id} must be in the same domain as the '
                            f'role {role["id"]} being assigned.')

    def require(self, grant, role_id):
        """Raises AssignmentNotFound unless the role is granted just so."""
        self.check(grant, role_id)
        with db.reader() as session:
            if not assignments.exists(session, *grant.key, role_id, grant.inherited):
                raise AssignmentNotFound(role=role_id, actor=f'{grant.actor_type}: {grant.actor_id}',
                                         target=f'{grant.target_type}: {grant.target_id}')

    @db.retry
    def remove(self, grant, role_id):
        """Take a role. A user who has none left on a project loses the tokens for it, even if given one again."""
        with self.changes.writer() as session:
            if not assignments.remove(session, *grant.key, role_id, grant.inherited):
                self.check(grant, role_id)
                raise AssignmentNotFound(role=role_id, actor=f'{grant.actor_type}: {grant.actor_id}',
                                         target=f'{grant.target_type}: {grant.target_id}')
            if grant.actor_type == 'user' and grant.target_type == 'project' and not grant.inherited:
                delegation.role_taken(session, grant.actor_id, grant.target_id)
                chain = projects.chain_by_id(session, grant.target_id)
                if not self._role_ids(session, grant.actor_id, 'project', chain):
                    self.revocation.revoke(user_id=grant.actor_id, project_id=grant.target_id)
            self.changes.tell_grant('deleted', grant, role_id)

    def direct_roles(self, grant):
        """The roles granted directly to this actor on this target."""
        self.check(grant)
        with db.reader() as session:
            return [shown_role(role) for role in assignments.roles_of(session, *grant.key, grant.inherited)]

    def _groups(self, user_id, extra_groups):
        """Ids of the groups the user is in beside those in the database."""
        return (*extra_groups, *self.identity.driver.directory_groups(user_id))

    def _role_ids(self, session, user_id, target_type, chain, extra_groups=()):
        above = [project['id'] for project in chain[1:]]
        return assignments.role_ids_on(session, user_id, target_type, chain[0]['id'], above,
                                       self._groups(user_id, extra_groups))

    def roles_on_project(self, session, user_id, chain, extra_groups=()):
        """Effective roles [{id, name}] of a user on the project at the head of `chain`."""
        return self.roles.effective(self._role_ids(session, user_id, 'project', chain, extra_groups))

    def roles_on_domain(self, session, user_id, domain_id, extra_groups=()):
        """Effective roles of a user on a domain."""
        return self.roles.effective(assignments.role_ids_on(
            session, user_id, 'domain', domain_id, (), self._groups(user_id, extra_groups)))

    def roles_on_system(self, session, user_id, extra_groups=()):
        """Effective roles of a user on the system."""
        return self.roles.effective(assignments.role_ids_on(
            session, user_id, 'system', SYSTEM, (), self._groups(user_id, extra_groups)))

    def projects_of(self, user_id, hints=None, enabled_only=True, groups=()):
        """Projects the user has a role on, directly, through groups (`groups` beside the stored ones) or inherited."""
        hints = hints or records.Hints()
        with db.reader() as session:
            grants = assignments.of_user(session, user_id, self._groups(user_id, groups))
            ids = {target_id for kind, target_id, _, inherited in grants if kind == 'project' and not inherited}
            ids |= projects.below(session, {target_id for _, target_id, _, inherited in grants if inherited})
            if enabled_only:
                hints.add('enabled', True)
                off = records.many(session, Project, Project.domain_id == DOMAIN_ROOT, ~Project.enabled)
                off = {domain['id'] for domain in off}
            found = records.listing(session, Project, hints, Project.id.in_(ids))
            names = projects.tags(session, [project['id'] for project in found])
        return [public(project, names[project['id']]) for project in found
                if not enabled_only or (project['domain_id'] not in off)]

    def domains_of(self, user_id, groups=()):
        """Enabled domains the user has a role on."""
        with db.reader() as session:
            grants = assignments.of_user(session, user_id, self._groups(user_id, groups))
            ids = {target_id for kind, target_id, _, inherited in grants if kind == 'domain' and not inherited}
            found = records.many(session, Project, Project.id.in_(ids), Project.domain_id == DOMAIN_ROOT,
                                 Project.enabled)
        return [domains.public(domain) for domain in found]

    def has_system_role(self, user_id, groups=()):
        """Whether the user has any role on the system."""
        with db.reader() as session:
            grants = assignments.of_user(session, user_id, self._groups(user_id, groups))
        return any(kind == 'system' for kind, *_ in grants)

    def users_on_project(self, project_id):
        """The grants to users directly on a project, as rows (actor_id, role_id...)."""
        with db.reader() as session:
            return assignments.rows(session, actor_type='user', target_type='project', target_id=project_id)
