"""Lists of role assignments: as stored, or as they work out ("effective")."""
import dataclasses

from sqlalchemy import select

from essex import db
from keystone.db import assignments, projects, users
from keystone.db.models import DOMAIN_ROOT, SYSTEM, Group, Project, User


@dataclasses.dataclass(frozen=True)
class Item:
    """One line of the list. `group_id`, `prior_role_id` and `source` say where an effective one comes from."""

    role_id: str
    actor_type: str
    actor_id: str
    target_type: str
    target_id: str
    inherited: bool = False
    group_id: str = None
    prior_role_id: str = None
    # (target_type, target_id) of the inherited grant that led here.
    source: tuple = None


@dataclasses.dataclass
class Wanted:
    """What to list; None asks nothing. `inherited` True: inherited grants alone."""

    user_id: str = None
    group_id: str = None
    role_id: str = None
    project_id: str = None
    domain_id: str = None
    system: bool = False
    inherited: bool = None
    effective: bool = False
    include_subtree: bool = False


class AssignmentLister:
    """Reads grants for the list call. `roles` knows what implies what, `identity` users outside the database."""

    def __init__(self, roles, identity):
        self.roles, self.identity = roles, identity

    def list(self, wanted):
        """The Items that fit."""
        with db.reader() as session:
            if not wanted.effective:
                return self._stored(session, wanted)
            return self._effective(session, wanted)

    def _project_ids(self, session, wanted):
        if wanted.project_id is None:
            return None
        below = projects.subtree(session, wanted.project_id) if wanted.include_subtree else []
        return [wanted.project_id, *(project['id'] for project in below)]

    def _target(self, session, wanted):
        if wanted.system:
            return {'target_type': 'system', 'target_id': SYSTEM}
        if wanted.domain_id is not None:
            return {'target_type': 'domain', 'target_id': wanted.domain_id}
        if wanted.project_id is not None:
            return {'target_type': 'project', 'target_id': self._project_ids(session, wanted)}
        return {}

    def _stored(self, session, wanted):
        actor = {}
        if wanted.user_id is not None:
            actor = {'actor_type': 'user', 'actor_id': wanted.user_id}
        elif wanted.group_id is not None:
            actor = {'actor_type': 'group', 'actor_id': wanted.group_id}
        rows = assignments.search(session, role_id=wanted.role_id, inherited=wanted.inherited or None, **actor,
                                  **self._target(session, wanted))
        return [Item(**row) for row in rows]

    def _effective(self, session, wanted):
        items = self._grants(session, wanted)
        items = self._without_groups(session, items, wanted)
        items = self._inherited_down(session, items, wanted)
        items = self._with_implied(items)
        if wanted.role_id is not None:
            items = [item for item in items if item.role_id == wanted.role_id]
        seen, unique = set(), []
        for item in items:
            key = (item.role_id, item.actor_id, item.target_type, item.target_id)
            if key not in seen:
                seen.add(key)
                unique.append(item)
        return unique

    def _grants(self, session, wanted):
        """Stored grants that can lead to what is wanted."""
        actors = [{}]
        if wanted.user_id is not None:
            mine = [*users.group_ids(session, wanted.user_id),
                    *self.identity.driver.directory_groups(wanted.user_id)]
            actors = [{'actor_type': 'user', 'actor_id': wanted.user_id}, {'actor_type': 'group', 'actor_id': mine}]
        targets = [self._target(session, wanted)]
        if wanted.project_id is not None:
            above = {project['id'] for project_id in targets[0]['target_id']
                     for project in projects.chain_by_id(session, project_id)[1:]}
            targets = [{**targets[0], 'inherited': False}, {'target_id': above, 'inherited': True}]
        elif wanted.domain_id is not None:
            targets[0]['inherited'] = False
        if wanted.inherited:
            targets = [{**target, 'inherited': True} for target in targets if target.get('inherited') is not False]
        return [Item(**row) for actor in actors for target in targets
                for row in assignments.search(session, **actor, **target)]

    def _without_groups(self, session, items, wanted):
        group_ids = {item.actor_id for item in items if item.actor_type == 'group'}
        members = {}
        for group_id, user_id in users.members_of(session, group_ids) if group_ids else ():
            members.setdefault(group_id, []).append(user_id)
        for group_id in group_ids:
            for user_id in self.identity.driver.directory_members(group_id):
                members.setdefault(group_id, []).append(user_id)
        expanded = []
        for item in items:
            if item.actor_type == 'user':
                expanded.append(item)
                continue
            expanded += [dataclasses.replace(item, actor_type='user', actor_id=user_id, group_id=item.actor_id)
                         for user_id in members.get(item.actor_id, ()) if wanted.user_id in (None, user_id)]
        return expanded

    def _inherited_down(self, session, items, wanted):
        only = self._project_ids(session, wanted)
        below, expanded = {}, []
        for item in items:
            if not item.inherited:
                expanded.append(item)
                continue
            if item.target_id not in below:
                found = [project['id'] for project in projects.subtree(session, item.target_id)]
                below[item.target_id] = [project_id for project_id in found if only is None or project_id in only]
            source = (item.target_type, item.target_id)
            expanded += [dataclasses.replace(item, target_type='project', target_id=project_id, source=source)
                         for project_id in below[item.target_id]]
        return expanded

    def _with_implied(self, items):
        roles, _ = self.roles.graph()
        expanded, known = [], {}
        for item in items:
            if item.role_id not in known:
                known[item.role_id] = self.roles.expand([item.role_id])
            for role_id, prior in known[item.role_id].items():
                if role_id in roles and roles[role_id][1] is None:
                    expanded.append(dataclasses.replace(item, role_id=role_id, prior_role_id=prior))
        return expanded

    def names(self, items):
        """{kind: {id: {id, name, domain?}}} of everything the items mention."""
        wanted = {'user': set(), 'group': set(), 'project': set(), 'domain': set()}
        for item in items:
            wanted[item.actor_type].add(item.actor_id)
            if item.target_type in wanted:
                wanted[item.target_type].add(item.target_id)
        with db.reader() as session:
            domain_rows = session.execute(select(Project.id, Project.name).where(Project.domain_id == DOMAIN_ROOT))
            domains = {row.id: {'id': row.id, 'name': row.name} for row in domain_rows}
            found = {'domain': domains}
            for kind, model in (('user', User), ('group', Group), ('project', Project)):
                rows = _by_ids(session, model, wanted[kind])
                found[kind] = {row.id: {'id': row.id, 'name': row.name, 'domain': domains.get(row.domain_id)}
                               for row in rows}
        driver = self.identity.driver
        for kind, find in (('user', driver.full_user), ('group', driver.get_group)):
            # Those of directories.
            outside = [find(key) for key in sorted(wanted[kind] - found[kind].keys())]
            found[kind].update((ref['id'], {'id': ref['id'], 'name': ref['name'],
                                            'domain': domains.get(ref['domain_id'])}) for ref in outside if ref)
        roles, _ = self.roles.graph()
        found['role'] = {role_id: {'id': role_id, 'name': name, **({'domain': domains[domain]} if domain else {})}
                         for role_id, (name, domain) in roles.items()}
        return found


def _by_ids(session, model, wanted):
    """Rows of these ids, asked for in portions that every database takes."""
    ids = sorted(wanted)
    for start in range(0, len(ids), 500):
        query = select(model.id, model.name, model.domain_id).where(model.id.in_(ids[start:start + 500]))
        yield from session.execute(query)
