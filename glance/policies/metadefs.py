"""Definitions of metadata: readers read what they may see, administrators write."""
from essex.policy import rule
from glance.policies.images import READER

_ADMIN = 'rule:metadef_admin'
_SPACES = '/v2/metadefs/namespaces'
_SPACE = f'{_SPACES}/{{namespace}}'


def _items(name, plural, path, change='modify', drop='delete'):
    many, one = f'{_SPACE}/{path}', f'{_SPACE}/{path}/{{name}}'
    return [rule(f'get_metadef_{plural}', 'rule:metadef_default', f'List the {plural} of a namespace.',
                 [('GET', many)]),
            rule(f'get_metadef_{name}', 'rule:metadef_default', f'Show one {name}.', [('GET', one)]),
            rule(f'add_metadef_{name}', _ADMIN, f'Define one {name}.', [('POST', many)]),
            rule(f'{change}_metadef_{name}', _ADMIN, f'Change one {name}.', [('PUT', one)]),
            rule(f'{drop}_metadef_{name}', _ADMIN, f'Remove one {name}.', [('DELETE', one)])]


RULES = [
    rule('metadef_default', READER, 'Readers of definitions.'),
    rule('metadef_admin', 'role:admin or is_admin:True', 'Writers of definitions.'),
    rule('get_metadef_namespaces', 'rule:metadef_default', 'List namespaces.', [('GET', _SPACES)]),
    rule('get_metadef_namespace', 'rule:metadef_default', 'Show a namespace.', [('GET', _SPACE)]),
    rule('add_metadef_namespace', _ADMIN, 'Make a namespace.', [('POST', _SPACES)]),
    rule('modify_metadef_namespace', _ADMIN, 'Change a namespace.', [('PUT', _SPACE)]),
    rule('delete_metadef_namespace', _ADMIN, 'Remove a namespace with all it defines.', [('DELETE', _SPACE)]),
    *_items('object', 'objects', 'objects'),
    *_items('property', 'properties', 'properties', drop='remove'),
    *_items('tag', 'tags', 'tags'),
    rule('add_metadef_tags', _ADMIN, 'Define several tags.', [('POST', f'{_SPACE}/tags')]),
    rule('delete_metadef_tags', _ADMIN, 'Remove all tags.', [('DELETE', f'{_SPACE}/tags')]),
    rule('list_metadef_resource_types', 'rule:metadef_default', 'List the kinds of resources.',
         [('GET', '/v2/metadefs/resource_types')]),
    rule('get_metadef_resource_type', 'rule:metadef_default', 'See what a namespace is for.',
         [('GET', f'{_SPACE}/resource_types')]),
    rule('add_metadef_resource_type_association', _ADMIN, 'Say what a namespace is for.',
         [('POST', f'{_SPACE}/resource_types')]),
    rule('remove_metadef_resource_type_association', _ADMIN, 'Take that back.',
         [('DELETE', f'{_SPACE}/resource_types/{{name}}')]),
]
