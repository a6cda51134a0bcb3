"""Namespaces with all they define, as documents: what the API takes and shows, and what files hold."""
from urllib.parse import quote

from glance.metadef import manager
from glance.metadef.model import OBJECT, PROPERTY, TAG, Item, Link, Namespace

BASE = '/v2/metadefs/namespaces'
ATTRIBUTES = ('namespace', 'display_name', 'description', 'visibility', 'protected', 'owner')
_OBJECT = (('description', ''), ('required', []), ('properties', {}))


def space_of(body):
    """(Namespace, {kind: [Item]}) of a document."""
    return Namespace(**{name: body[name] for name in ATTRIBUTES if name in body}, links=links_of(body)), {
        PROPERTY: [Item(name, {key: value for key, value in each.items() if key != 'name'})
                   for name, each in body.get('properties', {}).items()],
        OBJECT: [object_of(each) for each in body.get('objects', ())],
        TAG: [Item(each['name']) for each in body.get('tags', ())]}


def object_of(body):
    """The Item of an object's document."""
    return Item(body['name'], {name: body.get(name, empty) for name, empty in _OBJECT})


def links_of(body):
    """The Links of a document, by name."""
    return {each['name']: Link(each['name'], each.get('prefix'), each.get('properties_target'))
            for each in body.get('resource_type_associations', ())}


def stamp(moment):
    """A time as the API writes it."""
    return f'{moment:%Y-%m-%dT%H:%M:%SZ}'


def times(record):
    """{created_at, updated_at} of anything that has both."""
    return {'created_at': stamp(record.created_at), 'updated_at': stamp(record.updated_at)}


def brief(space):
    """A namespace without what it defines."""
    shown = {name: getattr(space, name) for name in ATTRIBUTES if getattr(space, name) is not None}
    shown.update(times(space), self=f'{BASE}/{quote(space.namespace, safe=":")}',
                 schema='/v2/schemas/metadefs/namespace')
    if space.links:
        shown['resource_type_associations'] = [link(each) for each in space.links.values()]
    return shown


def link(record):
    """What a namespace is for."""
    shown = {name: getattr(record, name) for name in ('name', 'prefix', 'properties_target') if getattr(record, name)}
    return {**shown, **times(record)}


def prefix_for(space, resource_type):
    """What property names begin with on resources of a type."""
    found = space.links.get(resource_type)
    return found.prefix or '' if found else ''


def prop(item, prefix=''):
    """A property with its name."""
    return {'name': prefix + item.name, **item.body}


def props(items, prefix=''):
    """Properties by name."""
    return {prefix + item.name: prop(item, prefix) for item in items}


def obj(space, item, prefix=''):
    """An object: properties that belong together."""
    body = dict(item.body)
    if prefix:
        body['properties'] = {prefix + name: each for name, each in body.get('properties', {}).items()}
        body['required'] = [prefix + name for name in body.get('required', ())]
    return {'name': item.name, **body, **times(item), 'schema': '/v2/schemas/metadefs/object',
            'self': f'{BASE}/{quote(space.namespace, safe=":")}/objects/{quote(item.name, safe=":")}'}


def tag(item):
    """A tag."""
    return {'name': item.name, **times(item)}


_OF_THIS_CLOUD = ('self', 'schema', 'created_at', 'updated_at', 'owner')


def document(space, resource_type=None, portable=False):
    """A namespace with all it defines; names as they are on resources of that type.

    `portable` leaves out what is this cloud's alone: owner, times, links.
    """
    shown, prefix = brief(space), prefix_for(space, resource_type)
    properties, objects, tags = (manager.items(space, kind) for kind in (PROPERTY, OBJECT, TAG))
    if properties:
        shown['properties'] = props(properties, prefix)
    if objects:
        shown['objects'] = [obj(space, each, prefix) for each in objects]
    if tags:
        shown['tags'] = [{'name': each.name} for each in tags]
    if portable:
        for each in (shown, *shown.get('objects', ()), *shown.get('resource_type_associations', ())):
            for name in _OF_THIS_CLOUD:
                each.pop(name, None)
        for each in shown.get('properties', {}).values():
            del each['name']
    return shown
