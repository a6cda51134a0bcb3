"""The rules of definitions: who sees a namespace, what may be removed, that names are taken once."""
from sqlalchemy.exc import IntegrityError

from essex import db
from glance.db import metadefs
from glance.exception import (
    DefinitionNotFound,
    DuplicateAssociation,
    DuplicateDefinition,
    DuplicateNamespace,
    NamespaceNotFound,
    ProtectedNamespace,
)
from glance.metadef.model import TAG, Item, Page

_MANY = 100


def find(context, page):
    """The Namespaces of a Page that `context` may see."""
    return metadefs.find(page, context)


def every(context):
    """Yield all Namespaces that `context` may see, by name."""
    page = Page(_MANY, order=('namespace', 'asc'))
    while found := metadefs.find(page, context):
        yield from found
        page.marker = found[-1].namespace


def find_one(context, name):
    """A Namespace or None."""
    return metadefs.get(name, context)


def get(context, name, for_update=False):
    """A Namespace. Raises NamespaceNotFound, also for another project's private one."""
    found = metadefs.get(name, context, for_update) if _usable(name) else None
    if found is None:
        raise NamespaceNotFound(namespace=name[:80])
    return found


@db.retry
def create(space, items):
    """Add a Namespace with its links and {kind: [Item]}, all or nothing. Raises DuplicateNamespace, -Definition."""
    links = list(space.links.values())
    with db.writer():
        try:
            metadefs.create(space)
        except IntegrityError as error:
            raise DuplicateNamespace(namespace=space.namespace) from error
        metadefs.link(space.id, links)
        for kind, added in items.items():
            _add(space, kind, added)
    return space


@db.retry
def change(context, name, values):
    """Set attributes of a Namespace; returns it as it is then. Raises DuplicateNamespace."""
    with db.writer():
        space = get(context, name, for_update=True)
        try:
            metadefs.change(space.id, **values)
        except IntegrityError as error:
            raise DuplicateNamespace(namespace=values['namespace']) from error
    return metadefs.get(values.get('namespace', name), context)


@db.retry
def replace(context, space, items):
    """Put a Namespace in the place of the one of its name, whoever protected that."""
    with db.writer():
        metadefs.remove(get(context, space.namespace, for_update=True).id)
        create(space, items)


@db.retry
def merge(context, space, items, prefer_new):
    """Add to the namespace of that name what it lacks; with `prefer_new` also take over what both have."""
    with db.writer():
        present = get(context, space.namespace, for_update=True)
        if prefer_new:
            metadefs.change(present.id, display_name=space.display_name, description=space.description)
        metadefs.link(present.id, [each for each in space.links.values() if each.name not in present.links])
        for kind, wanted in items.items():
            known = {each.name for each in metadefs.items(present.id, kind)}
            _add(present, kind, [each for each in wanted if each.name not in known])
            for each in wanted:
                if prefer_new and each.name in known:
                    metadefs.change_item(present.id, kind, each.name, each)


@db.retry
def clear(context):
    """Remove every Namespace, protected ones too; returns how many."""
    with db.writer():
        found = list(every(context))
        for space in found:
            metadefs.remove(space.id)
    return len(found)


@db.retry
def remove(context, name):
    """Remove a Namespace with all it defines. Raises ProtectedNamespace."""
    with db.writer():
        metadefs.remove(_removable(context, name).id)


def items(space, kind, limit=None, marker=None):
    """The Items of a kind, by name."""
    return metadefs.items(space.id, kind, limit, marker)


def item(space, kind, name):
    """One Item. Raises DefinitionNotFound."""
    found = metadefs.item(space.id, kind, name) if _usable(name) else None
    if found is None:
        raise DefinitionNotFound(namespace=space.namespace, kind=kind, name=name[:80])
    return found


@db.retry
def add_item(context, name, kind, new):
    """Add an Item to a namespace; returns it. Raises DuplicateDefinition."""
    with db.writer():
        _add(get(context, name, for_update=True), kind, [new])
    return new


@db.retry
def set_tags(context, name, names, append=False):
    """Make these the tags of a namespace, or add them; returns the Items that were added."""
    with db.writer():
        space = get(context, name, for_update=True)
        if not append:
            metadefs.remove_items(space.id, TAG)
        present = {each.name for each in metadefs.items(space.id, TAG)}
        added = [Item(each) for each in dict.fromkeys(names) if each not in present]
        _add(space, TAG, added)
    return added


@db.retry
def change_item(context, name, kind, item_name, new):
    """Replace an Item; returns it. Raises DefinitionNotFound, DuplicateDefinition."""
    with db.writer():
        space = get(context, name, for_update=True)
        item(space, kind, item_name)
        try:
            metadefs.change_item(space.id, kind, item_name, new)
        except IntegrityError as error:
            raise DuplicateDefinition(namespace=name, kind=kind, name=new.name) from error
    return metadefs.item(space.id, kind, new.name)


@db.retry
def remove_items(context, name, kind, item_name=None):
    """Remove an Item, or all of a kind. Raises ProtectedNamespace, DefinitionNotFound."""
    with db.writer():
        space = _removable(context, name)
        if item_name is not None:
            item(space, kind, item_name)
        metadefs.remove_items(space.id, kind, item_name)


def resource_types():
    """(name, created, updated) of every kind of resource that was ever named."""
    return metadefs.resource_types()


@db.retry
def link(context, name, added):
    """Say what kind of resource a namespace is for; returns the Link. Raises DuplicateAssociation."""
    with db.writer():
        space = get(context, name, for_update=True)
        if added.name in space.links:
            raise DuplicateAssociation(namespace=name, name=added.name)
        metadefs.link(space.id, [added])
    return added


@db.retry
def set_links(context, name, links):
    """Make these Links the only ones of a namespace."""
    with db.writer():
        space = get(context, name, for_update=True)
        metadefs.unlink(space.id)
        metadefs.link(space.id, links)


@db.retry
def unlink(context, name, resource_type):
    """Take back what kind of resource a namespace is for. Raises ProtectedNamespace, DefinitionNotFound."""
    with db.writer():
        space = _removable(context, name)
        if resource_type not in space.links:
            raise DefinitionNotFound(namespace=name, kind='association with resource type', name=resource_type[:80])
        metadefs.unlink(space.id, resource_type)


def _removable(context, name):
    space = get(context, name, for_update=True)
    if space.protected:
        raise ProtectedNamespace(namespace=name)
    return space


def _add(space, kind, added):
    try:
        metadefs.add_items(space.id, kind, added)
    except IntegrityError as error:
        names = ', '.join(each.name for each in added)
        raise DuplicateDefinition(namespace=space.namespace, kind=kind, name=names[:200]) from error


def _usable(name):
    return 0 < len(name) <= 80 and '\0' not in name
