"""/v3/projects, with their tree and tags."""
from essex import config, wsgi
from essex.exception import BadRequest, Unauthorized
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, self_link, single, taken, with_extra
from keystone.exception import DomainNotFound, ProjectNotFound, TagNotFound

CONF = config.CONF

_FIELDS = {'name': schemas.NAME, 'description': schemas.DESCRIPTION, 'enabled': schemas.BOOLEAN,
           'domain_id': schemas.ID_OR_NULL, 'parent_id': schemas.ID_OR_NULL,
           'is_domain': schemas.BOOLEAN, 'options': schemas.IMMUTABLE, 'tags': schemas.TAGS}
CREATE = schemas.member('project', _FIELDS, ['name'])
UPDATE = schemas.member('project', _FIELDS)
TAGS = schemas.closed({'tags': schemas.TAGS}, ['tags'])
TAG_FILTERS = ('tags', 'tags-any', 'not-tags', 'not-tags-any')
# The two forms of an answer about relatives, which exclude each other.
RELATIVES = ('parents', 'subtree')


class ProjectController(Controller):

    @wsgi.route('GET', '/projects')
    def index(self, req):
        hints = hints_of(req, text=('name', 'domain_id', 'parent_id', 'id'), flags=('enabled', 'is_domain'))
        restrict_to_domain(self, req, hints, 'list_projects')
        tags = {kind: values[-1].split(',') for kind, values in req.query().items()
                if kind in TAG_FILTERS and values[-1]}
        return listed(req, 'projects', self.managers.resource.list_projects(hints, tags), hints=hints)

    @wsgi.route('POST', '/projects', status=201, schema=CREATE)
    def create(self, req, body):
        values = taken(body, 'project', 'extra')
        if values.get('is_domain'):
            self.enforce(req, 'create_domain')
        else:
            values['domain_id'] = values.get('domain_id') or self._domain_above(values) or domain_for(req)
        self.enforce(req, 'create_project', project=values)
        try:
            made = self.managers.resource.create_project(values)
        except (ProjectNotFound, DomainNotFound) as error:
            # What the body names, not what the path does.
            raise BadRequest(str(error)) from error
        return single(req, 'project', made, 'projects')

    def _domain_above(self, values):
        parent = values.get('parent_id') and self.managers.resource.find_project(values['parent_id'])
        if not parent:
            return None
        return parent['id'] if parent['is_domain'] else parent['domain_id']

    def _load(self, req, rule, project_id):
        return self.load(req, rule, 'project', self.managers.resource.get_project, project_id)

    @wsgi.route('GET', '/projects/<project_id>')
    def show(self, req, project_id):
        project = self._load(req, 'get_project', project_id)
        for kind in RELATIVES:
            if f'{kind}_as_list' in req.query() and f'{kind}_as_ids' in req.query():
                raise BadRequest(f'Use either {kind}_as_list or {kind}_as_ids, not both.')
        return single(req, 'project', {**project, **self._relatives(req, project)}, 'projects')

    def _relatives(self, req, project):
        asked, resource, more = req.query(), self.managers.resource, {}
        if 'parents_as_list' in asked:
            more['parents'] = [single(req, 'project', each, 'projects')
                               for each in self._visible(req, resource.parents(project['id']))]
        elif 'parents_as_ids' in asked:
            tree = None if project['is_domain'] else {project['domain_id']: None}
            for parent in reversed(resource.parents(project['id'])):
                tree = {parent['id']: tree}
            more['parents'] = tree
        if 'subtree_as_list' in asked:
            more['subtree'] = [single(req, 'project', each, 'projects')
                               for each in self._visible(req, resource.subtree(project['id']))]
        elif 'subtree_as_ids' in asked:
            more['subtree'] = _nested(project['id'], resource.subtree(project['id']))
        return more

    def _visible(self, req, projects):
        """Of the relatives those the caller has a role on, even for an administrator: so does the original."""
        mine = {project['id'] for project in self.managers.grants.projects_of(req.context.user_id, enabled_only=False)}
        return [project for project in projects if project['id'] in mine]

    @wsgi.route('PATCH', '/projects/<project_id>', schema=UPDATE)
    def update(self, req, project_id, body):
        self._load(req, 'update_project', project_id)
        values = taken(body, 'project', 'extra')
        changed = self.managers.resource.update_project(project_id, values)
        return single(req, 'project', with_extra(changed, _FIELDS), 'projects')

    @wsgi.route('DELETE', '/projects/<project_id>', status=204)
    def delete(self, req, project_id):
        project = self._load(req, 'delete_project', project_id)
        if project['is_domain']:
            self.managers.domains.delete_domain(project_id)
        else:
            self.managers.resource.delete_project(project_id)

    def _tags(self, req, project_id, tags):
        return {'tags': tags, 'links': {'self': self_link(req, f'projects/{project_id}/tags')}}

    @wsgi.route('GET', '/projects/<project_id>/tags')
    def tags(self, req, project_id):
        return self._tags(req, project_id, self._load(req, 'list_project_tags', project_id)['tags'])

    @wsgi.route('PUT', '/projects/<project_id>/tags', schema=TAGS)
    def set_tags(self, req, project_id, body):
        self._load(req, 'update_project_tags', project_id)
        return self._tags(req, project_id, self.managers.resource.set_tags(project_id, body['tags']))

    @wsgi.route('DELETE', '/projects/<project_id>/tags', status=204)
    def clear_tags(self, req, project_id):
        self._load(req, 'delete_project_tags', project_id)
        self.managers.resource.set_tags(project_id, [])

    @wsgi.route('GET', '/projects/<project_id>/tags/<tag>', status=204)
    def has_tag(self, req, project_id, tag):
        if tag not in self._load(req, 'get_project_tag', project_id)['tags']:
            raise TagNotFound(tag=tag)

    @wsgi.route('PUT', '/projects/<project_id>/tags/<tag>', status=201)
    def add_tag(self, req, project_id, tag):
        self._load(req, 'create_project_tag', project_id)
        if len(tag) > 255 or ',' in tag:
            raise BadRequest('A tag has at most 255 characters and no comma.')
        self.managers.resource.add_tag(project_id, tag)
        return wsgi.Reply(None, headers={'Location': self_link(req, f'projects/{project_id}/tags/{tag}')})

    @wsgi.route('DELETE', '/projects/<project_id>/tags/<tag>', status=204)
    def remove_tag(self, req, project_id, tag):
        self._load(req, 'delete_project_tag', project_id)
        self.managers.resource.remove_tag(project_id, tag)


def _nested(project_id, below):
    """{child id: {grandchild id: ... None}} of a flat subtree; None without children."""
    children = [project['id'] for project in below if project['parent_id'] == project_id]
    return {child: _nested(child, below) for child in children} or None


def domain_for(req):
    """The domain of something made without saying where: the token's, else the default one."""
    context = req.context
    return context.domain_id or context.project_domain_id or CONF.identity.default_domain_id


def restrict_to_domain(controller, req, hints, rule):
    """Check a list rule; with a token for a domain the list is of that domain, unless another is asked for."""
    wanted = hints.value('domain_id') or req.context.domain_id
    controller.enforce(req, rule, domain_id=wanted, group={'domain_id': wanted})
    if hints.value('domain_id') is None:
        keep_to_domain(req, hints)


def keep_to_domain(req, hints):
    """With a token for a domain, whatever the role on it, a list is of what is in that domain."""
    if req.context.domain_id is not None:
        hints.add('domain_id', req.context.domain_id)


def within_one_domain(req, hints):
    """Where domains have backends of their own, a list is one domain's: the one asked for, else the token's.

    Raises Unauthorized when there is none, as the original does.
    """
    if not CONF.identity.domain_specific_drivers_enabled or hints.value('domain_id') is not None:
        return
    domain_id = req.context.domain_id or req.context.project_domain_id
    if domain_id is None:
        raise Unauthorized('No domain information specified as part of list request')
    hints.add('domain_id', domain_id)
