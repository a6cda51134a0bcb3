"""What a token is for: a project, a domain, the system, or nothing in particular."""
import dataclasses

from essex import config, db
from essex.exception import BadRequest
from keystone.db import projects
from keystone.exception import ScopeDenied
from keystone.resource import names

CONF = config.CONF


@dataclasses.dataclass
class Scope:
    """A scope with its roles; all empty for an unscoped token."""

    project: dict = None
    project_domain: dict = None
    domain: dict = None
    system: bool = False
    roles: list = dataclasses.field(default_factory=list)
    # Fields of Claims that mark a special kind of token: {'trust_id': ...}.
    kind: dict = dataclasses.field(default_factory=dict)


class ScopeResolver:
    """Finds the scope a user asks for, and the user's roles there."""

    def __init__(self, grants):
        self.grants = grants
        self._more = {}

    def extend(self, name, resolve):
        """The member `name` of v3's scope object is resolved by `resolve(user, value)`, which returns a Scope."""
        self._more[name] = resolve

    def resolve(self, user, wanted, groups=()):
        """The Scope for v3's scope object (one key), or the user's own default for None.

        `groups` are ids of groups the user is in beside those stored. Raises ScopeDenied: no such target, disabled,
        or no role; which of them is not told.
        """
        if wanted is None:
            return self._default(user, groups)
        for name in self._more.keys() & wanted.keys():
            return self._more[name](user, wanted[name])
        if 'project' in wanted:
            return self.project(user, groups=groups, **_target(wanted['project']))
        if 'domain' in wanted:
            return self.domain(user, wanted['domain'].get('id'), wanted['domain'].get('name'), groups)
        if 'system' in wanted:
            return self.system(user, groups)
        if 'unscoped' in wanted:
            return Scope()
        raise BadRequest(f'Tokens cannot be scoped to {", ".join(wanted)} here.')

    def _default(self, user, groups):
        if not user.get('default_project_id'):
            return Scope()
        try:
            return self.project(user, project_id=user['default_project_id'], groups=groups)
        except ScopeDenied:
            return Scope()

    def project(self, user, project_id=None, name=None, domain_id=None, domain_name=None, groups=()):
        """A project by id, or by name and domain."""
        if names.is_refused('project', name) or names.is_refused('domain', domain_name):
            raise ScopeDenied(kind='project')
        with db.reader() as session:
            if project_id is not None:
                chain = projects.chain_by_id(session, project_id)
            else:
                chain = projects.chain_by_name(session, name, domain_id, domain_name)
            if not chain or not all(project['enabled'] for project in chain):
                raise ScopeDenied(kind='project')
            roles = self.grants.roles_on_project(session, user['id'], chain, groups)
        if not roles:
            raise ScopeDenied(kind='project')
        return Scope(project=chain[0], project_domain=chain[-1], roles=roles)

    def domain(self, user, domain_id=None, name=None, groups=()):
        """A domain by id or name."""
        if names.is_refused('domain', name):
            raise ScopeDenied(kind='domain')
        with db.reader() as session:
            domain = projects.domain(session, domain_id, name)
            if domain is None or not domain['enabled']:
                raise ScopeDenied(kind='domain')
            roles = self.grants.roles_on_domain(session, user['id'], domain['id'], groups)
        if not roles:
            raise ScopeDenied(kind='domain')
        return Scope(domain=domain, roles=roles)

    def system(self, user, groups=()):
        """The whole system."""
        with db.reader() as session:
            roles = self.grants.roles_on_system(session, user['id'], groups)
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
