"""What a namespace defines: properties, objects and tags; and the kinds of resources it is for."""
from essex import wsgi
from essex.exception import NotFound
from glance import policy
from glance.api import parse
from glance.api.settings import CONF
from glance.api.v2.metadefs import schemas
from glance.exception import InvalidImage
from glance.metadef import documents, manager
from glance.metadef.model import OBJECT, PROPERTY, TAG, Item, Link

_SPACE = '/metadefs/namespaces/<namespace>'


def _to_read(req, namespace, rule):
    """The namespace; who may not read such things is told so before it is looked for."""
    policy.enforce(req.context, rule)
    return manager.get(req.context, namespace)


def _to_change(req, namespace, rule):
    """The namespace; to those who do not see it, it does not exist."""
    space = manager.get(req.context, namespace)
    policy.enforce(req.context, rule)
    return space


class PropertyController(wsgi.Controller):
    """Properties."""

    @wsgi.route('GET', f'{_SPACE}/properties')
    def index(self, req, namespace):
        """The properties of a namespace by name."""
        space = _to_read(req, namespace, 'get_metadef_properties')
        return {'properties': documents.props(manager.items(space, PROPERTY))}

    @wsgi.route('POST', f'{_SPACE}/properties', status=201, schema=schemas.PROPERTY)
    def create(self, req, namespace, body):
        """Define a property."""
        _to_change(req, namespace, 'add_metadef_property')
        return documents.prop(manager.add_item(req.context, namespace, PROPERTY, _property(body)))

    @wsgi.route('GET', f'{_SPACE}/properties/<name>')
    def show(self, req, namespace, name):
        """One property; with ?resource_type= its name is the one it has there."""
        space = _to_read(req, namespace, 'get_metadef_property')
        prefix = documents.prefix_for(space, req.query().get('resource_type', [None])[-1])
        if not name.startswith(prefix):
            raise NotFound(f'On that resource the names of properties begin with {prefix}.')
        return documents.prop(manager.item(space, PROPERTY, name.removeprefix(prefix)), prefix)

    @wsgi.route('PUT', f'{_SPACE}/properties/<name>', schema=schemas.PROPERTY)
    def update(self, req, namespace, name, body):
        """Change a property."""
        _to_change(req, namespace, 'modify_metadef_property')
        return documents.prop(manager.change_item(req.context, namespace, PROPERTY, name, _property(body)))

    @wsgi.route('DELETE', f'{_SPACE}/properties/<name>', status=204)
    def delete(self, req, namespace, name):
        """Remove a property."""
        _to_change(req, namespace, 'remove_metadef_property')
        manager.remove_items(req.context, namespace, PROPERTY, name)

    @wsgi.route('DELETE', f'{_SPACE}/properties', status=204)
    def clear(self, req, namespace):
        """Remove all properties."""
        _to_change(req, namespace, 'remove_metadef_property')
        manager.remove_items(req.context, namespace, PROPERTY)


def _property(body):
    return Item(body['name'], {key: value for key, value in body.items() if key != 'name'})


class ObjectController(wsgi.Controller):
    """Objects."""

    @wsgi.route('GET', f'{_SPACE}/objects')
    def index(self, req, namespace):
        """The objects of a namespace."""
        space = _to_read(req, namespace, 'get_metadef_objects')
        return {'objects': [documents.obj(space, each) for each in manager.items(space, OBJECT)],
                'schema': '/v2/schemas/metadefs/objects'}

    @wsgi.route('POST', f'{_SPACE}/objects', status=201, schema=schemas.OBJECT)
    def create(self, req, namespace, body):
        """Define an object."""
        space = _to_change(req, namespace, 'add_metadef_object')
        return documents.obj(space, manager.add_item(req.context, namespace, OBJECT, documents.object_of(body)))

    @wsgi.route('GET', f'{_SPACE}/objects/<name>')
    def show(self, req, namespace, name):
        """One object."""
        space = _to_read(req, namespace, 'get_metadef_object')
        return documents.obj(space, manager.item(space, OBJECT, name))

    @wsgi.route('PUT', f'{_SPACE}/objects/<name>', schema=schemas.OBJECT)
    def update(self, req, namespace, name, body):
        """Change an object."""
        space = _to_change(req, namespace, 'modify_metadef_object')
        changed = manager.change_item(req.context, namespace, OBJECT, name, documents.object_of(body))
        return documents.obj(space, changed)

    @wsgi.route('DELETE', f'{_SPACE}/objects/<name>', status=204)
    def delete(self, req, namespace, name):
        """Remove an object."""
        _to_change(req, namespace, 'delete_metadef_object')
        manager.remove_items(req.context, namespace, OBJECT, name)

    @wsgi.route('DELETE', f'{_SPACE}/objects', status=204)
    def clear(self, req, namespace):
        """Remove all objects."""
        _to_change(req, namespace, 'delete_metadef_object')
        manager.remove_items(req.context, namespace, OBJECT)


class TagController(wsgi.Controller):
    """Tags."""

    @wsgi.route('GET', f'{_SPACE}/tags')
    def index(self, req, namespace):
        """The tags of a namespace; ?limit= and ?marker= (a tag)."""
        space = _to_read(req, namespace, 'get_metadef_tags')
        values = {name: texts[-1] for name, texts in req.query().items()}
        limit = parse.page_limit(values, CONF.api_limit_max, CONF.api_limit_max)
        found = manager.items(space, TAG, limit, values.get('marker'))
        return {'tags': [{'name': each.name} for each in found]}

    @wsgi.route('POST', f'{_SPACE}/tags', status=201, schema=schemas.TAGS)
    def replace(self, req, namespace, body):
        """Make these the tags of a namespace; with X-Openstack-Append: true add them."""
        _to_change(req, namespace, 'add_metadef_tags')
        append = req.headers.get('X-Openstack-Append', 'false').strip().lower() == 'true'
        added = manager.set_tags(req.context, namespace, [each['name'] for each in body['tags']], append)
        return {'tags': [{'name': each.name} for each in added]}

    @wsgi.route('DELETE', f'{_SPACE}/tags', status=204)
    def clear(self, req, namespace):
        """Remove all tags."""
        _to_change(req, namespace, 'delete_metadef_tags')
        manager.remove_items(req.context, namespace, TAG)

    @wsgi.route('POST', f'{_SPACE}/tags/<name>', status=201)
    def create(self, req, namespace, name):
        """Define a tag."""
        _to_change(req, namespace, 'add_metadef_tag')
        if len(name) > 80:
            raise InvalidImage('The name of a tag has at most 80 characters.')
        return documents.tag(manager.add_item(req.context, namespace, TAG, Item(name)))

    @wsgi.route('GET', f'{_SPACE}/tags/<name>')
    def show(self, req, namespace, name):
        """One tag."""
        return documents.tag(manager.item(_to_read(req, namespace, 'get_metadef_tag'), TAG, name))

    @wsgi.route('PUT', f'{_SPACE}/tags/<name>', schema=schemas.TAG)
    def update(self, req, namespace, name, body):
        """Rename a tag."""
        _to_change(req, namespace, 'modify_metadef_tag')
        return documents.tag(manager.change_item(req.context, namespace, TAG, name, Item(body['name'])))

    @wsgi.route('DELETE', f'{_SPACE}/tags/<name>', status=204)
    def delete(self, req, namespace, name):
        """Remove a tag."""
        _to_change(req, namespace, 'delete_metadef_tag')
        manager.remove_items(req.context, namespace, TAG, name)


class ResourceTypeController(wsgi.Controller):
    """What namespaces are for."""

    @wsgi.route('GET', '/metadefs/resource_types')
    def known(self, req):
        """Every kind of resource that a namespace was ever for."""
        policy.enforce(req.context, 'list_metadef_resource_types')
        return {'resource_types': [
            {'name': name, 'created_at': documents.stamp(created), 'updated_at': documents.stamp(updated)}
            for name, created, updated in manager.resource_types()]}

    @wsgi.route('GET', f'{_SPACE}/resource_types')
    def index(self, req, namespace):
        """What a namespace is for."""
        space = _to_read(req, namespace, 'get_metadef_resource_type')
        return {'resource_type_associations': [documents.link(each) for each in space.links.values()]}

    @wsgi.route('POST', f'{_SPACE}/resource_types', status=201, schema=schemas.LINK)
    def create(self, req, namespace, body):
        """Say that a namespace is for a kind of resource."""
        _to_change(req, namespace, 'add_metadef_resource_type_association')
        added = Link(body['name'], body.get('prefix'), body.get('properties_target'))
        return documents.link(manager.link(req.context, namespace, added))

    @wsgi.route('DELETE', f'{_SPACE}/resource_types/<name>', status=204)
    def delete(self, req, namespace, name):
        """Take that back."""
        _to_change(req, namespace, 'remove_metadef_resource_type_association')
        manager.unlink(req.context, namespace, name)
