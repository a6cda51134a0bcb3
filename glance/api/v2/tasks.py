"""/v2/tasks: imports as tasks."""
from urllib.parse import urlencode

from essex import wsgi
from essex.exception import NotFound
from essex.wsgi.validation import compile_schema
from glance import policy
from glance.api import parse
from glance.api.settings import CONF
from glance.api.v2 import images, schemas, views
from glance.exception import InvalidQuery
from glance.image import tasks

_check_image = compile_schema(schemas.CREATE)
_FILTERS = {'type': schemas.TASK_TYPES, 'status': schemas.TASK_STATUSES}


class TaskController(wsgi.Controller):
    """Tasks: for administrators, unless the policy says otherwise."""

    def __init__(self, manager):
        self.manager = manager

    @wsgi.route('GET', '/tasks')
    def index(self, req):
        """A page of tasks, without what went in and came out."""
        policy.enforce(req.context, 'tasks_api_access')
        policy.enforce(req.context, 'get_tasks')
        values = {name: texts[-1] for name, texts in req.query().items()}
        limit = parse.page_limit(values, CONF.limit_param_default, CONF.api_limit_max)
        found = tasks.find(req.context, _filters(values), [_order(values)], limit + 1, values.get('marker') or None)
        page = found[:limit]
        return {'tasks': [views.task(each, detailed=False) for each in page], 'schema': '/v2/schemas/tasks',
                **_links(values, page, limit, len(found) > limit)}

    @wsgi.route('POST', '/tasks', status=201, schema=schemas.ADD_TASK)
    def create(self, req, body):
        """Begin a task: the import of a new image."""
        policy.enforce(req.context, 'tasks_api_access')
        policy.enforce(req.context, 'add_task')
        made = views.task(tasks.begin(self.manager, req.context, body['type'], body['input'], self._make_image))
        return wsgi.Reply(made, headers={'Location': f'{wsgi.base_url(req)}/tasks/{made["id"]}'})

    def _make_image(self, context, properties):
        _check_image(properties)
        return images.create(self.manager, context, properties)

    @wsgi.route('GET', '/tasks/<task_id>')
    def show(self, req, task_id):
        """One task."""
        policy.enforce(req.context, 'tasks_api_access')
        policy.enforce(req.context, 'get_task')
        found = tasks.get(req.context, task_id)
        if found is None:
            raise NotFound(f'No task found with ID {task_id[:80]}.')
        return views.task(found)


def _filters(values):
    known = {*_FILTERS, 'limit', 'marker', 'sort_key', 'sort_dir'}
    unknown = sorted(set(values) - known)
    if unknown:
        raise InvalidQuery(f'Tasks can be filtered by {" and ".join(_FILTERS)}, not by {unknown[0][:40]!r}.')
    return {name: parse.one_of(name, values[name], choices) for name, choices in _FILTERS.items() if name in values}


def _order(values):
    return (parse.one_of('sort_key', values.get('sort_key') or 'created_at', tasks.SORT_KEYS),
            parse.one_of('sort_dir', values.get('sort_dir') or 'desc', ('asc', 'desc')))


def _links(values, page, limit, more):
    kept = {name: text for name, text in values.items() if name != 'marker'}
    found = {'first': '/v2/tasks' + (f'?{urlencode(kept)}' if kept else '')}
    if more and page:
        found['next'] = f'/v2/tasks?{urlencode({**kept, "limit": limit, "marker": page[-1].id})}'
    return found
