"""The rules of roles: global ones, those of a domain, and what implies what."""
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone.changes import FACTS
from keystone.db import app_creds, assignments, records
from keystone.db.models import GLOBAL, Role
from keystone.exception import ImpliedRoleNotFound, NameConflict, RoleNotFound
from keystone.ids import new_id
from keystone.resource.manager import check_mutable, merged_options

OPTS = [
    cfg.ListOpt('prohibited_implied_role', default=['admin'], help='Names of roles that no role may imply.'),
]
CONF = config.register(OPTS, 'assignment')


def public(role):
    """The role as the API shows it: a global one has no domain_id."""
    return dict(role, options=role.get('options') or {}, domain_id=role['domain_id'] or None)


class RoleManager:
    """Roles. The whole graph of them is small and kept in memory."""

    def __init__(self, changes, resource):
        self.changes, self.resource = changes, resource
        self._graph = None
        changes.listen(FACTS, self._forget)

    def _forget(self):
        self._graph = None

    def graph(self):
        """(roles {id: (name, domain_id)}, implied {id: [ids]}), read at most once between changes."""
        self.changes.check()
        graph, generation = self._graph, self.changes.generation
        if graph is None:
            with db.reader() as session:
                graph = assignments.role_graph(session)
            if generation == self.changes.generation:
                self._graph = graph
        return graph

    def expand(self, role_ids):
        """These roles and all they imply, directly or not, as {id: id of the role that implied it or None}."""
        _, edges = self.graph()
        found = dict.fromkeys(role_ids)
        waiting = list(found)
        while waiting:
            prior = waiting.pop()
            for implied in edges.get(prior, ()):
                if implied not in found:
                    found[implied] = prior
                    waiting.append(implied)
        return found

    def effective(self, role_ids):
        """[{id, name}] of the global roles that these amount to: a domain's own role counts by what it implies."""
        roles, _ = self.graph()
        names = [(roles[role_id][0], role_id) for role_id in self.expand(role_ids)
                 if role_id in roles and roles[role_id][1] is None]
        return [{'id': role_id, 'name': name} for name, role_id in sorted(names)]

    def get_role(self, role_id):
        """Raises RoleNotFound."""
        with db.reader() as session:
            role = records.get(session, Role, Role.id == role_id)
        if role is None:
            raise RoleNotFound(role_id)
        return public(role)

    def list_roles(self, hints):
        """Roles that pass `hints`; global ones unless a domain_id is asked for."""
        if hints.value('domain_id') is None:
            hints.add('domain_id', GLOBAL)
        with db.reader() as session:
            return [public(role) for role in records.listing(session, Role, hints)]

    def all_roles(self):
        """Every role, also those of domains."""
        with db.reader() as session:
            return [public(role) for role in records.many(session, Role)]

    @db.retry
    def create_role(self, values):
        """Make a role (name; domain_id for a role of that domain)."""
        role = {**values, 'id': values.get('id') or new_id(), 'domain_id': values.get('domain_id') or GLOBAL}
        role['options'] = merged_options({}, role.get('options'))
        if role['domain_id'] != GLOBAL:
            self.resource.get_domain(role['domain_id'])
        with self.changes.writer() as session:
            records.create(session, Role, role, NameConflict(kind='role', name=role['name']))
            self.changes.tell('created', 'role', role['id'])
        return self.get_role(role['id'])

    @db.retry
    def update_role(self, role_id, values):
        """Change a role; its domain stays."""
        old = self.get_role(role_id)
        if values.get('domain_id', old['domain_id']) != old['domain_id']:
            raise BadRequest('The domain of a role cannot be changed.')
        check_mutable('role', old, values)
        values = {key: value for key, value in values.items() if key not in ('id', 'domain_id')}
        if 'options' in values:
            values['options'] = merged_options(old['options'], values['options'])
        with self.changes.writer() as session:
            records.change(session, Role, role_id, values, NameConflict(kind='role', name=values.get('name')))
            self.changes.tell('updated', 'role', role_id)
        return self.get_role(role_id)

    @db.retry
    def delete_role(self, role_id):
        """Remove a role, its grants and its implications."""
        check_mutable('role', self.get_role(role_id))
        with self.changes.writer() as session:
            assignments.remove_role(session, role_id)
            app_creds.remove_with_role(session, role_id)
            records.remove(session, Role, Role.id == role_id)
            self.changes.tell('deleted', 'role', role_id)

    @db.retry
    def add_implied(self, prior_id, implied_id):
        """Make one role imply another. Raises Forbidden for prohibited ones."""
        prior, implied = self.get_role(prior_id), self.get_role(implied_id)
        if implied['name'] in CONF.assignment.prohibited_implied_role:
            raise Forbidden(f'{implied["id"]} cannot be an implied role.')
        if implied['domain_id'] is not None and prior['domain_id'] is None:
            raise Forbidden('A global role cannot imply a role of a domain.')
        with self.changes.writer() as session:
            assignments.add_implied(session, prior_id, implied_id)

    @db.retry
    def remove_implied(self, prior_id, implied_id):
        """Raises ImpliedRoleNotFound."""
        self.get_role(prior_id)
        self.get_role(implied_id)
        with self.changes.writer() as session:
            if not assignments.remove_implied(session, prior_id, implied_id):
                raise ImpliedRoleNotFound(prior=prior_id, implied=implied_id)

    def implied_by(self, prior_id):
        """(the prior role, the roles it implies directly)."""
        prior = self.get_role(prior_id)
        with db.reader() as session:
            ids = assignments.implied_by(session, prior_id)
            return prior, [public(role) for role in records.many(session, Role, Role.id.in_(ids))]

    def check_implied(self, prior_id, implied_id):
        """(prior, implied) roles. Raises ImpliedRoleNotFound unless the one implies the other."""
        prior, implied = self.implied_by(prior_id)
        self.get_role(implied_id)
        for role in implied:
            if role['id'] == implied_id:
                return prior, role
        raise ImpliedRoleNotFound(prior=prior_id, implied=implied_id)

    def inferences(self):
        """[(prior role, [implied roles])] of every role that implies any."""
        _, edges = self.graph()
        roles = {role['id']: role for role in self.all_roles()}
        return [(roles[prior], [roles[each] for each in implied if each in roles])
                for prior, implied in sorted(edges.items()) if prior in roles]
