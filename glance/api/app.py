"""The WSGI applications, as Paste files name them."""
import functools

import webob

from essex import wsgi
from glance.api.body_limit import V1_DATA, V2_DATA, BodyLimit
from glance.api.faults import render
from glance.api.registry import images as registry_images
from glance.api.registry import members as registry_members
from glance.api.v1 import images as v1_images
from glance.api.v1 import members as v1_members
from glance.api.v2 import (
    actions,
    cache,
    data,
    images,
    imports,
    info,
    locations,
    members,
    schemas,
    stores,
    tags,
    tasks,
)
from glance.api.v2.metadefs import items as metadef_items
from glance.api.v2.metadefs.namespaces import NamespaceController
from glance.image import copies
from glance.image.importing import options as import_options
from glance.image.manager import ImageManager
from glance.store.loader import Stores


@functools.cache
def manager():
    """The ImageManager of this process, its stores ready. Raises ConfigError."""
    found = Stores()
    found.check()
    import_options.check()
    rules = ImageManager(found)
    copies.adopt(found)
    return rules


V2 = (images.ImageController, data.DataController, tags.TagController, members.MemberController,
      actions.ActionController, info.InfoController, stores.StoreController, imports.ImportController,
      tasks.TaskController, locations.LocationController, cache.CacheController)
# Those that need no ImageManager.
DEFINITIONS = (NamespaceController, metadef_items.PropertyController, metadef_items.ObjectController,
               metadef_items.TagController, metadef_items.ResourceTypeController, schemas.SchemaController)
V1 = (v1_images.ImageController, v1_members.MemberController)


def v2_app(rules):
    """Version 2 over an ImageManager."""
    return wsgi.Application([*(kind(rules) for kind in V2), *(kind() for kind in DEFINITIONS)], render, slash=False)


def v1_app(rules):
    """Version 1 over an ImageManager."""
    return wsgi.Application([kind(rules) for kind in V1], render)


def registry_app(rules):
    """The registry's API over an ImageManager."""
    return wsgi.Application([registry_images.ImageController(rules), registry_members.MemberController(rules)], render)


def v2_factory(global_conf, **local_conf):
    """Paste."""
    return BodyLimit(v2_app(manager()), V2_DATA)


def v1_factory(global_conf, **local_conf):
    """Paste."""
    return BodyLimit(v1_app(manager()), V1_DATA)


def registry_factory(global_conf, **local_conf):
    """Paste."""
    return registry_app(manager())


class Root:
    """Hands a request on to the application of its first path segment."""

    def __init__(self, apps):
        self.apps = apps

    def __call__(self, environ, start_response):
        segment, _, rest = environ.get('PATH_INFO', '').lstrip('/').partition('/')
        app = self.apps.get('/' + segment)
        if app is None:
            return webob.Response(status=404)(environ, start_response)
        environ['SCRIPT_NAME'] = f'{environ.get("SCRIPT_NAME", "")}/{segment}'
        environ['PATH_INFO'] = '/' + rest
        return app(environ, start_response)


def root_factory(loader, global_conf, **paths):
    """Paste composite: `/v1: name` lines."""
    return Root({path: loader.get_app(name, global_conf=global_conf) for path, name in paths.items()})
