"""Lists of role assignments: as stored, or as they work out ("effective"). Made for many: few statements, tuples."""
import dataclasses
from typing import NamedTuple

from essex import db
from keystone.db import assignments, projects, users
from keystone.db.models import SYSTEM, Group, Project, User


class Item(NamedTuple):
    """One line of the list. `group_id`, `prior_role_id` and `source` say where an effective one comes from."""

    actor_type: str
    actor_id: str
    target_type: str
    target_id: str
    role_id: str
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
    # Effective lists have system grants when asked for these alone.
    system: bool = False
    inherited: bool = None
    effective: bool = False
    include_subtree: bool = False


class Tree:
    """Which projects lie below which: read once, one statement for all."""

    def __init__(self, session):
        self.children = {}
        self.parent = dict(projects.parents(session))
        for project_id, parent_id in self.parent.items():
            self.children.setdefault(parent_id, []).append(project_id)

    def below(self, project_id):
        """Ids of all projects below one."""
        found = list(self.children.get(project_id, ()))
        for each in found:
            found += self.children.get(each, ())
        return found

    def above(self, project_id):
        """Ids of the projects above one and of its domain."""
        found = []
        while self.parent.get(project_id) is not None and len(found) < 100:
            project_id = self.parent[project_id]
            found.append(project_id)
        return found


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

    def _stored(self, session, wanted):
        conditions = {'role_id': wanted.role_id, 'inherited': wanted.inherited or None}
        if wanted.user_id is not None:
            conditions.update(actor_type='user', actor_id=wanted.user_id)
        elif wanted.group_id is not None:
            conditions.update(actor_type='group', actor_id=wanted.group_id)
        if wanted.system:
            conditions.update(target_type='system', target_id=SYSTEM)
        elif wanted.domain_id is not None:
            conditions.update(target_type='domain', target_id=wanted.domain_id)
        elif wanted.project_id is not None:
            ids = {wanted.project_id}
            if wanted.include_subtree:
                ids.update(Tree(session).below(wanted.project_id))
            conditions.update(target_type='project', target_id=ids)
        return [Item(*row) for row in assignments.rows(session, **conditions)]

    def _effective(self, session, wanted):
        tree = Tree(session)
        only = None
        if wanted.project_id is not None:
            only = {wanted.project_id, *(tree.below(wanted.project_id) if wanted.include_subtree else ())}
        items = self._grants(session, wanted, only, tree)
        items = self._without_groups(session, items, wanted)
        items = self._inherited_down(items, only, tree)
        return self._with_implied(items, wanted.role_id)

    def _grants(self, session, wanted, only, tree):
        """Stored grants that can lead to what is wanted."""
        user = {}
        if wanted.user_id is not None:
            user = {'of_user': wanted.user_id, 'extra_groups': self.identity.driver.directory_groups(wanted.user_id)}
        if wanted.system:
            found = assignments.rows(session, **user, target_type='system')
        elif wanted.domain_id is not None:
            found = assignments.rows(session, **user, target_type='domain', target_id=wanted.domain_id,
                                     inherited=False)
        elif only is None:
            found = [row for row in assignments.rows(session, **user) if row.target_type != 'system']
        else:
            above = {each for project_id in only for each in tree.above(project_id)}
            # An inherited grant holds below its target alone.
            found = [*assignments.rows(session, **user, target_type='project', target_id=only, inherited=False),
                     *assignments.rows(session, **user, target_id=above, inherited=True)]
        return [Item(*row) for row in found if row.inherited or not wanted.inherited]

    def _without_groups(self, session, items, wanted):
        group_ids = {item.actor_id for item in items if item.actor_type == 'group'}
        if not group_ids:
            return items
        members = {}
        for group_id, user_id in users.members_of(session, group_ids):
            members.setdefault(group_id, []).append(user_id)
        for group_id in group_ids:
            members.setdefault(group_id, []).extend(self.identity.driver.directory_members(group_id))
        expanded = []
        for item in items:
            if item.actor_type == 'user':
                expanded.append(item)
                continue
            expanded += [Item('user', user_id, *item[2:6], item.actor_id)
                         for user_id in members.get(item.actor_id, ()) if wanted.user_id in (None, user_id)]
        return expanded

    @staticmethod
    def _inherited_down(items, only, tree):
        below, expanded = {}, []
        for item in items:
            if not item.inherited:
                expanded.append(item)
                continue
            source = (item.target_type, item.target_id)
            if item.target_id not in below:
                below[item.target_id] = [each for each in tree.below(item.target_id) if only is None or each in only]
            expanded += [Item(item.actor_type, item.actor_id, 'project', project_id, item.role_id, True, item.group_id,
                              None, source) for project_id in below[item.target_id]]
        return expanded

    def _with_implied(self, items, role_id):
        """With what the roles imply, once for each way to a role; of one role alone if asked."""
        roles, _ = self.roles.graph()
        # A domain's own role counts by what it implies, not by itself.
        amounts, found = {}, {}
        for item in items:
            actor_type, actor_id, target_type, target_id, granted, inherited, group_id, _, source = item
            if granted not in amounts:
                amounts[granted] = [(each, prior) for each, prior in self.roles.expand([granted]).items()
                                    if each in roles and roles[each][1] is None and role_id in (None, each)]
            for each, prior in amounts[granted]:
                found[item if prior is None else Item(
                    actor_type, actor_id, target_type, target_id, each, inherited, group_id, prior, source)] = None
        return list(found)

    def names(self, items):
        """{kind: {id: {id, name, domain?}}} of everything the items mention."""
        wanted = {'user': set(), 'group': set(), 'project': set(), 'domain': set(), 'system': set()}
        for item in items:
            wanted[item.actor_type].add(item.actor_id)
            wanted[item.target_type].add(item.target_id)
        with db.reader() as session:
            domains = {domain_id: {'id': domain_id, 'name': name}
                       for domain_id, name in projects.domain_names(session)}
            found = {'domain': domains}
            for kind, model in (('user', User), ('group', Group), ('project', Project)):
                rows = assignments.names(session, model, wanted[kind])
                found[kind] = {key: {'id': key, 'name': name, 'domain': domains.get(domain_id)}
                               for key, name, domain_id in rows}
        driver = self.identity.driver
        for kind, find in (('user', driver.full_user), ('group', driver.get_group)):
            # Those of directories.
            outside = [find(key) for key in sorted(wanted[kind] - found[kind].keys())]
            found[kind].update((ref['id'], {'id': ref['id'], 'name': ref['name'],
                                            'domain': domains.get(ref['domain_id'])}) for ref in outside if ref)
        roles, _ = self.roles.graph()
        found['role'] = {role_id: {'id': role_id, 'name': name, **({'domain': domains.get(domain)} if domain else {})}
                         for role_id, (name, domain) in roles.items()}
        return found
