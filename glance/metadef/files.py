"""Definitions as files: one JSON document a namespace, in the form of the API."""
import glob
import json
import os

import fastjsonschema

from essex import db
from essex.context import RequestContext
from essex.exception import ConfigError
from glance.metadef import manager
from glance.metadef.documents import document, space_of


def operator():
    """The caller on whose behalf an operator's command works: he sees every namespace."""
    return RequestContext(is_admin=True, roles=['admin'])


def read(directory, schema):
    """The documents in a directory's *.json, checked. Raises ConfigError naming the file that is wrong."""
    check, found = fastjsonschema.compile(schema, use_default=False), []
    paths = sorted(glob.glob(os.path.join(directory, '*.json')))
    if not paths:
        raise ConfigError(f'There is no *.json in {directory}: name the directory of the definitions with --path.')
    for path in paths:
        try:
            with open(path, encoding='utf-8') as file:
                body = json.load(file)
            check(body)
        except (OSError, ValueError, fastjsonschema.JsonSchemaValueException) as error:
            raise ConfigError(f'{path}: {error}') from error
        found.append(body)
    return found


def load(bodies, merge=False, prefer_new=False, overwrite=False):
    """Bring documents into the database; yields (namespace, 'made', 'replaced', 'merged' or 'kept').

    A namespace that exists stays as it is; with `overwrite` it is replaced; with `merge` what it lacks is added, and
    with `prefer_new` what both define is taken from the document.
    """
    for body in bodies:
        yield body['namespace'], _load(body, merge, prefer_new, overwrite)


@db.retry
def _load(body, merge, prefer_new, overwrite):
    context, (space, items) = operator(), space_of(body)
    with db.writer():
        present = manager.find_one(context, space.namespace)
        if present is None:
            manager.create(space, items)
            return 'made'
        if overwrite:
            manager.replace(context, space, items)
            return 'replaced'
        if not merge:
            return 'kept'
        manager.merge(context, space, items, prefer_new)
        return 'merged'


def unload():
    """Remove every namespace, protected ones too; returns how many."""
    return manager.clear(operator())


def export(directory):
    """Write every namespace to `directory`; yields the paths."""
    os.makedirs(directory, exist_ok=True)
    for space in manager.every(operator()):
        # A namespace's name is a user's: it is no path.
        name = ''.join(each if each.isalnum() or each in '-_.' else '-' for each in space.namespace).lstrip('.')
        path = os.path.join(directory, f'{name or "namespace"}.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(document(space, portable=True), file, indent=4, sort_keys=True)
            file.write('\n')
        yield path
