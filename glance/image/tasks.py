"""Tasks as users begin and see them. An import of the older kind makes a new image of what is at a URL."""
import uuid

from essex.exception import EssexError, Forbidden
from glance.db import tasks
from glance.db.tasks import SORT_KEYS, Task
from glance.exception import InvalidImage
from glance.image import fetch
from glance.image.importing import request
from glance.image.importing.operation import expiry

__all__ = ['SORT_KEYS', 'begin', 'find', 'get']

_NEEDED = ('import_from', 'import_from_format', 'image_properties')


def find(context, filters, order, limit, marker=None):
    """A page of the tasks that the caller may see: an administrator everybody's, others their project's."""
    return tasks.find(filters, None if context.is_admin else context.project_id or '', order, limit, marker)


def get(context, task_id):
    """One task, or None."""
    found = tasks.get(task_id)
    return found if found is not None and (context.is_admin or found.owner == context.project_id) else None


def begin(manager, context, kind, given, make_image):
    """Begin a task; returns it. Raises InvalidImage or FetchRefused for what cannot be imported from; what is wrong
    with the image is told by the task itself, which then has failed.

    `make_image(context, properties)` creates the image, with all that a user's request for one is checked for.
    """
    if kind != 'import':
        raise Forbidden(f'Tasks of type {kind} are made by the service alone.')
    task = Task(str(uuid.uuid4()), kind, owner=context.project_id, request_id=context.request_id,
                user_id=context.user_id, input=given)
    _check(given)
    fetch.check(given['import_from'])
    try:
        image = make_image(context, given['image_properties'])
    except EssexError as error:
        return _failed(task, error)
    task.image_id = image.id
    try:
        request.begin(manager, context, image.id, request.Wish(request.WEB, {'uri': given['import_from']}), task)
    except EssexError as error:
        image.protected = False   # as it was asked to be made: but it will never be used
        manager.delete(context, image)
        return _failed(task, error)
    return tasks.get(task.id)


def _failed(task, error):
    task.status, task.message = 'failure', str(error)
    task.expires_at = expiry()
    tasks.add(task)
    return task


def _check(given):
    missing = [name for name in _NEEDED if name not in given]
    if missing:
        raise InvalidImage(f'The input of an import task needs {", ".join(missing)}.')
    if not isinstance(given['image_properties'], dict) or not isinstance(given['import_from'], str):
        raise InvalidImage('import_from is a URL, image_properties an object.')
