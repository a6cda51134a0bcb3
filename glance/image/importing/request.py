"""What a user asks for with POST .../import, checked; then the image is locked and the operation entered."""
import dataclasses
import uuid

from oslo_config import cfg

from essex import config, db
from essex.exception import BadRequest
from essex.operation.models import OPEN
from glance.db import images, staging, tasks
from glance.db.journal import JOURNAL
from glance.exception import (
    CopyPresent,
    ImageNotFound,
    ImportConflict,
    ImportLocked,
    StagedElsewhere,
    StoreNotFound,
    UnknownStore,
)
from glance.image import fetch, keystone_limits, status
from glance.image.importing import marks, remote
from glance.image.importing.operation import IMPORT, at_node
from glance.image.importing.options import names

DIRECT, WEB, GLANCE, COPY = 'glance-direct', 'web-download', 'glance-download', 'copy-image'
METHODS = (DIRECT, WEB, GLANCE, COPY)

OPTS = [
    names('enabled_import_methods', METHODS, default=[DIRECT, WEB, COPY],
          help='Ways of import that users have: glance-direct (staged data), web-download, glance-download (from the '
               'image service of another region), copy-image (into further stores).'),
    cfg.IntOpt('import_dead_after', default=3600, min=60,
               help='Seconds without a sign of life after which another node may take over or give up an import.'),
]
CONF = config.register(OPTS)

# The status an image must have, by method.
_NEEDS = {DIRECT: status.UPLOADING, WEB: status.QUEUED, GLANCE: status.QUEUED, COPY: status.ACTIVE}


@dataclasses.dataclass
class Wish:
    """An import as it was asked for: the method's name and parameters, the stores by id (None: the default one)."""

    method: str
    parameters: dict
    stores: list = None
    all_stores: bool = False
    must_succeed: bool = True


def begin(manager, context, image_id, wish, task=None):
    """Lock the image and enter its import; returns its Task, `task` if that is there. Raises what is wrong."""
    image = manager.get(context, image_id)
    _check_image(image, wish)
    more = _check_method(context, wish)
    if wish.method in (WEB, GLANCE):
        for name in ('image_stage_total', 'image_count_uploading'):
            keystone_limits.check(image.owner, name)
    chosen = _stores(manager, image, wish)
    task = task or _task(context, image, wish, chosen)
    data = {'method': wish.method, 'stores': chosen, 'must_succeed': wish.must_succeed, 'task': task.id,
            'host': CONF.host, 'roles': list(context.roles),
            'formats_before': {'disk_format': image.disk_format, 'container_format': image.container_format}, **more}
    operation = _enter(context, image, wish, task, data, manager.stores.several)
    manager.ring(at_node(data), operation.id)
    return task


def _task(context, image, wish, chosen):
    return tasks.Task(str(uuid.uuid4()), 'api_image_import', owner=context.project_id, image_id=image.id,
                      request_id=context.request_id, user_id=context.user_id,
                      input={'image_id': image.id, 'backend': chosen, 'import_req': {
                          'method': {'name': wish.method, **wish.parameters}, 'stores': wish.stores,
                          'all_stores': wish.all_stores, 'all_stores_must_succeed': wish.must_succeed}})


def _check_image(image, wish):
    needed = _NEEDS[wish.method]
    if image.status != needed:
        raise ImportConflict(f'Image {image.id} is {image.status}; {wish.method} needs one that is {needed}.')
    for name in ('container_format', 'disk_format'):
        if not getattr(image, name):
            raise ImportConflict(f'{name} needs to be set before the import of image {image.id}.')


def _check_method(context, wish):
    """The operation's data that depends on the method. Raises BadRequest and what the method finds wrong."""
    if wish.method == WEB:
        uri = wish.parameters.get('uri')
        if not isinstance(uri, str):
            raise BadRequest('The method web-download needs a uri.')
        fetch.check(uri)
        return {'uri': uri}
    if wish.method == GLANCE:
        return remote.look(context, wish.parameters)
    return {}


def _stores(manager, image, wish):
    """The ids of the stores that are to get the data."""
    stores = manager.stores
    if wish.stores is not None and wish.all_stores:
        raise BadRequest('all_stores cannot be used together with stores or the header X-Image-Meta-Store.')
    if not stores.several:
        if wish.method == COPY:
            raise ImportConflict('This service has one store: there is none to copy images to.')
        return [stores.default.name]
    if wish.all_stores:
        chosen = [store.name for store in stores if not store.read_only]
    else:
        chosen = list(dict.fromkeys(wish.stores or [stores.default.name]))
    for name in chosen:
        try:
            stores.for_upload(name)
        except StoreNotFound as error:
            raise UnknownStore(str(error)) from error
    if wish.method == COPY:
        chosen = _missing(image, chosen, wish.all_stores)
    return chosen


def _missing(image, chosen, all_stores):
    present = {place.store for place in image.locations}
    if not all_stores and present & set(chosen):
        raise CopyPresent(image_id=image.id, stores=', '.join(sorted(present & set(chosen))))
    missing = [name for name in chosen if name not in present]
    if not missing:
        raise CopyPresent(image_id=image.id, stores=', '.join(sorted(present)))
    return missing


@db.retry
def _enter(context, image, wish, task, data, several):
    """The image, its task and the operation in one transaction; returns the operation."""
    with db.writer():
        before = images.get(image.id, context, for_update=True)
        if before is None:
            raise ImageNotFound(image_id=image.id)
        _check_image(before, wish)
        _check_lock(before, data['host'])
        after = before.copy()
        after.properties[marks.LOCK] = task.id
        after.properties.pop(marks.STAGE_HOST, None)
        if several:
            marks.put(after, marks.WAITING, data['stores'])
            marks.put(after, marks.FAILED, [])
        if wish.method != COPY:
            after.status = status.IMPORTING
            _enter_data(image.id, wish.method, data)
        after.updated_at = db.utcnow()
        images.save(before, after)
        operation = JOURNAL.add(IMPORT, image.id, context, data)
        task.operation_id = operation.id
        tasks.add(task)
        return operation


def _enter_data(image_id, method, data):
    """Say in `data` which file of this node the data is, or will be, in."""
    if method == DIRECT:
        staged = staging.get(image_id)
        if staged is None or staged.host != CONF.host:
            raise StagedElsewhere(image_id=image_id, host=staged.host if staged else 'none')
        data['file'] = staged.name
    else:
        data['file'] = str(uuid.uuid4())
        # Noted before it is there: a file that no note has is removed.
        staging.put(image_id, name=data['file'], host=CONF.host)


def _check_lock(image, host):
    """Raise ImportLocked while another import has the image. The lock of one that is dead is taken away."""
    task = tasks.get(image.properties.get(marks.LOCK) or '')
    operation = JOURNAL.get(task.operation_id) if task is not None and task.operation_id else None
    if operation is None or operation.state not in OPEN:
        return
    seen = operation.heartbeat or operation.updated_at
    if (db.utcnow() - seen).total_seconds() < CONF.import_dead_after:
        raise ImportLocked(image_id=image.id, task=task.id)
    # Undone here first: operations of one image run one after another.
    operation.data, operation.queue = {**operation.data, 'host': host}, at_node({'host': host})
    operation.owner, operation.cancel = None, True


def proxy_target(image, method):
    """The address of the node that has to be asked for this import instead, or None."""
    staged = staging.get(image.id) if method == DIRECT else None
    if staged is None or staged.host == CONF.host:
        return None
    if staged.address is None:
        raise StagedElsewhere(image_id=image.id, host=staged.host)
    return staged.address


def offers(method):
    """Whether users have an import method here."""
    return method in CONF.enabled_import_methods


def check_enabled(method):
    """Raise BadRequest for a method that users do not have here."""
    if not offers(method):
        raise BadRequest(f'Unknown import method {str(method)[:40]!r}. This service has: '
                         f'{", ".join(CONF.enabled_import_methods) or "none"}.')
