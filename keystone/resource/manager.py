"""The rules of projects: the tree, what may be changed, what goes with a deleted one."""
from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest, Forbidden
from keystone.changes import FACTS
from keystone.db import assignments, credentials, delegation, projects, records, users
from keystone.db.models import DOMAIN_ROOT, Project
from keystone.exception import DomainNotFound, IdConflict, Immutable, NameConflict, ProjectNotFound, TagNotFound
from keystone.ids import new_id
from keystone.limit import models as limit_models
from keystone.resource import names

OPTS = [
    cfg.IntOpt('max_project_tree_depth', default=5, min=1, help='How deep projects may nest below a domain.'),
]
CONF = config.register(OPTS)

MAX_TAGS = 80


def public(project, tags=()):
    """The project as the API shows it: a domain has no domain_id."""
    shown = dict(project, options=project.get('options') or {}, tags=list(tags))
    if shown['domain_id'] == DOMAIN_ROOT:
        shown['domain_id'] = None
    return shown


def merged_options(old, new):
    """Options with the new ones laid over; None takes one away."""
    return {name: value for name, value in {**(old or {}), **(new or {})}.items() if value is not None}


def check_mutable(kind, ref, values=None):
    """Raises Immutable when options.immutable is set and `values` does not clear it (None: a deletion)."""
    if (ref.get('options') or {}).get('immutable'):
        cleared = values is not None and (values.get('options') or {}).get('immutable', True) in (False, None)
        if not cleared:
            raise Immutable(kind=kind, id=ref['id'])


class ResourceManager:
    """Projects, and the look-ups of domains that others need."""

    def __init__(self, changes, revocation):
        self.changes, self.revocation = changes, revocation

    def find_project(self, project_id):
        """The stored project or None."""
        with db.reader() as session:
            return records.get(session, Project, Project.id == project_id)

    def get_project(self, project_id):
        """The project as the API shows it. Raises ProjectNotFound."""
        with db.reader() as session:
            project = records.get(session, Project, Project.id == project_id)
            if project is None:
                raise ProjectNotFound(project_id)
            return public(project, projects.tags(session, [project_id])[project_id])

    def get_domain(self, domain_id):
        """The stored domain. Raises DomainNotFound."""
        with db.reader() as session:
            domain = projects.domain(session, domain_id)
        if domain is None:
            raise DomainNotFound(domain_id)
        return domain

    def enabled_domain(self, domain_id):
        """The domain, for something to be made in it. Raises DomainNotFound, Forbidden (disabled)."""
        domain = self.get_domain(domain_id)
        if not domain['enabled']:
            raise Forbidden(f'Domain {domain_id} is disabled: nothing can be created in it.')
        return domain

    def list_projects(self, hints, tags=None, ids=None):
        """Projects that pass `hints`. `tags` is {kind: tags}, `ids` the only ones to consider."""
        conditions = [projects.tag_condition(kind, each) for kind, each in (tags or {}).items()]
        if ids is not None:
            conditions.append(Project.id.in_(list(ids)))
        if hints.value('is_domain') is None:
            hints.add('is_domain', False)
        with db.reader() as session:
            found = records.listing(session, Project, hints, *conditions)
            tags_of = projects.tags(session, [project['id'] for project in found])
        return [public(project, tags_of[project['id']]) for project in found]

    def parents(self, project_id):
        """The projects above, nearest first, without the domain."""
        with db.reader() as session:
            chain = projects.chain_by_id(session, project_id)
        return [public(project) for project in chain[1:] if not project['is_domain']]

    def subtree(self, project_id):
        """The projects below, parents before children."""
        with db.reader() as session:
            return [public(project) for project in projects.subtree(session, project_id)]

    @db.retry
    def create_project(self, values):
        """Make a project (name; domain_id or parent_id) or, with is_domain, a domain."""
        project = {'enabled': True, 'description': '', 'is_domain': False, **values}
        project['id'] = project.get('id') or new_id()
        project['description'] = project['description'] or ''
        project['options'] = merged_options({}, project.get('options'))
        tags = project.pop('tags', None) or []
        if project['is_domain']:
            if project.get('parent_id'):
                raise BadRequest('A project that acts as a domain has no parent.')
            project.update(domain_id=DOMAIN_ROOT, parent_id=None)
        else:
            self._place(project)
        kind = 'domain' if project['is_domain'] else 'project'
        names.check(kind, project['name'])
        with self.changes.writer() as session:
            if records.get(session, Project, Project.id == project['id']):
                raise IdConflict(kind='project', id=project['id'])
            records.create(session, Project, project, NameConflict(kind=kind, name=project['name']))
            projects.set_tags(session, project['id'], tags)
            self.changes.tell('created', kind, project['id'])
        return self.get_project(project['id'])

    def _place(self, project):
        """Fill in domain_id and parent_id from each other, and check that the place exists and is not too deep."""
        parent_id = project.get('parent_id') or project.get('domain_id')
        with db.reader() as session:
            chain = projects.chain_by_id(session, parent_id)
        if not chain:
            raise (ProjectNotFound if project.get('parent_id') else DomainNotFound)(parent_id)
        domain = chain[-1]
        if not project.get('parent_id') and not chain[0]['is_domain']:
            raise DomainNotFound(parent_id)
        if project.get('domain_id') not in (None, domain['id']):
            raise BadRequest(f'The parent project {parent_id} is not in domain {project["domain_id"]}.')
        if not all(above['enabled'] for above in chain):
            raise Forbidden('A project cannot be created below a disabled project or domain.')
        deepest = min(CONF.max_project_tree_depth, limit_models.chosen().depth or CONF.max_project_tree_depth)
        if len(chain) > deepest:
            raise Forbidden(f'Projects nest at most {deepest} deep here.')
        project.update(domain_id=domain['id'], parent_id=parent_id)

    @db.retry
    def update_project(self, project_id, values):
        """Change a project or domain. `enabled: false` voids its tokens."""
        old = self.get_project(project_id)
        kind = 'domain' if old['is_domain'] else 'project'
        self._check_update(old, values)
        check_mutable(kind, old, values)
        if values.get('name', old['name']) != old['name']:
            names.check(kind, values['name'])
        values = {key: value for key, value in values.items()
                  if key not in ('id', 'domain_id', 'parent_id', 'is_domain')}
        tags = values.pop('tags', None)
        if 'options' in values:
            values['options'] = merged_options(old['options'], values['options'])
        if 'description' in values:
            values['description'] = values['description'] or ''
        with self.changes.writer() as session:
            records.change(session, Project, project_id, values, NameConflict(kind=kind, name=values.get('name')))
            if tags is not None:
                projects.set_tags(session, project_id, tags)
            if values.get('enabled') is False and old['enabled']:
                self.revocation.revoke(**{f'{kind}_id': project_id})
                self.changes.tell('disabled', kind, project_id)
            self.changes.tell('updated', kind, project_id)
        return self.get_project(project_id)

    def _check_update(self, old, values):
        if values.get('parent_id', old['parent_id']) != old['parent_id']:
            raise Forbidden('The parent of a project cannot be changed.')
        if values.get('domain_id', old['domain_id']) != old['domain_id']:
            raise BadRequest('The domain of a project cannot be changed.')
        if values.get('is_domain', old['is_domain']) != old['is_domain']:
            raise BadRequest('is_domain cannot be changed.')
        enabled = values.get('enabled')
        if old['is_domain'] or enabled is None or enabled == old['enabled']:
            return
        if enabled and not all(parent['enabled'] for parent in self.parents(old['id'])):
            raise Forbidden('A project cannot be enabled below a disabled one.')
        if not enabled and any(child['enabled'] for child in self.subtree(old['id'])):
            raise Forbidden('Disable the projects below this one first.')

    @db.retry
    def delete_project(self, project_id):
        """Remove a project with its grants, tags and credentials. Raises Forbidden: it has children."""
        project = self.get_project(project_id)
        check_mutable('project', project)
        if project['is_domain']:
            raise Forbidden('A project that acts as a domain is deleted as a domain.')
        with self.changes.writer() as session:
            if projects.has_children(session, project_id):
                raise Forbidden(f'Project {project_id} has projects below it: delete those first.')
            self.forget(session, [project_id])
            self.revocation.revoke(project_id=project_id)
            self.changes.tell('deleted', 'project', project_id)

    def forget(self, session, project_ids):
        """Delete projects with all that hangs on them, inside the caller's transaction."""
        assignments.remove_targets(session, project_ids)
        credentials.remove_of(session, project_ids=project_ids)
        delegation.remove_of(session, project_ids=project_ids)
        for project_id in project_ids:
            users.drop_default_project(session, project_id)
        projects.remove(session, project_ids)

    @db.retry
    def set_tags(self, project_id, tags):
        """Give the project exactly these tags; returns them. Raises BadRequest: too many."""
        check_mutable('project', self.get_project(project_id))
        if len(set(tags)) > MAX_TAGS:
            raise BadRequest(f'A project has at most {MAX_TAGS} tags.')
        with self.changes.writer() as session:
            projects.set_tags(session, project_id, tags)
            self.changes.tell('updated', 'project', project_id)
        return self.get_project(project_id)['tags']

    @db.retry
    def add_tag(self, project_id, name):
        """Add one tag; nothing happens when it is there. Raises BadRequest: too many."""
        check_mutable('project', self.get_project(project_id))
        with self.changes.writer() as session:
            # From here on others wait who would count as many.
            self.changes.announce(session, FACTS)
            if len({*projects.tags(session, [project_id])[project_id], name}) > MAX_TAGS:
                raise BadRequest(f'A project has at most {MAX_TAGS} tags.')
            # That one alone: another process may add another.
            projects.add_tag(session, project_id, name)
            self.changes.tell('updated', 'project', project_id)

    @db.retry
    def remove_tag(self, project_id, name):
        """Raises TagNotFound."""
        check_mutable('project', self.get_project(project_id))
        with self.changes.writer() as session:
            if not projects.remove_tag(session, project_id, name):
                raise TagNotFound(tag=name)
            self.changes.tell('updated', 'project', project_id)
