"""What a token is for: a project, a domain, the system, or nothing in particular."""
import dataclasses

from essex import config, db
from keystone.db import projects
from keystone.exception import ScopeDenied

CONF = config.CONF


@dataclasses.dataclass
class Scope:
    """A scope with its roles; all empty for an unscoped token."""

    project: dict = None
    project_domain: dict = None
    domain: dict = None
    system: bool = False
    roles: list = dataclasses.field(default_factory=list)


class ScopeResolver:
    """Finds the scope a user asks for, and the user's roles there."""

    def __init__(self, grants):
        self.grants = grants

    def resolve(self, user, wanted):
        """The Scope for v3's scope object (one key), or the user's own default for None.

        Raises ScopeDenied: no such target, disabled, or no role; which of them is not told.
        """
        if wanted is None:
            return self._default(user)
        if 'project' in wanted:
            return self.project(user, **_target(wanted['project']))
        if 'domain' in wanted:
            return self.domain(user, wanted['domain'].get('id'), wanted['domain'].get('name'))
        if 'system' in wanted:
            return self.system(user)
        return Scope()

    def _default(self, user):
        if not user.get('default_project_id'):
            return Scope()
        try:
            return self.project(user, project_id=user['default_project_id'])
        except ScopeDenied:
            return Scope()

    def project(self, user, project_id=None, name=None, domain_id=None, domain_name=None):
        """A project by id, or by name and domain."""
        with db.reader() as session:
            if project_id is not None:
                chain = projects.chain_by_id(session, project_id)
            else:
                chain = projects.chain_by_name(session, name, domain_id, domain_name)
            if not chain or not all(project['enabled'] for project in chain):
                raise ScopeDenied(kind='project')
            roles = self.grants.roles_on_project(session, user['id'], chain)
        if not roles:
            raise ScopeDenied(kind='project')
        return Scope(project=chain[0], project_domain=chain[-1], roles=roles)

    def domain(self, user, domain_id=None, name=None):
        """A domain by id or name."""
        with db.reader() as session:
            domain = projects.domain(session, domain_id, name)
            if domain is None or not domain['enabled']:
                raise ScopeDenied(kind='domain')
            roles = self.grants.roles_on_domain(session, user['id'], domain['id'])
        if not roles:
            raise ScopeDenied(kind='domain')
        return Scope(domain=domain, roles=roles)

    def system(self, user):
        """The whole system."""
        with db.reader() as session:
            roles = self.grants.roles_on_system(session, user['id'])
        if not roles:
            raise ScopeDenied(kind='system')
        return Scope(system=True, roles=roles)


def _target(project):
    if project.get('id') is not None:
        return {'project_id': project['id']}
    return {'name': project['name'], **domain_of(project.get('domain'))}


def domain_of(domain):
    """{'domain_id' or 'domain_name'} of a v3 domain reference; the default domain when there is none."""
    if domain and domain.get('id') is not None:
        return {'domain_id': domain['id']}
    if domain and domain.get('name') is not None:
        return {'domain_name': domain['name']}
    return {'domain_id': CONF.identity.default_domain_id}
