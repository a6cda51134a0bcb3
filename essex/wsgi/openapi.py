"""An API's routes and schemas as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.0)."""
import re

_ARGUMENT = re.compile(r'<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>')
_CHOICE = re.compile(r'<any\(([^)]*)\):(\w+)>')
_VERBS = {'POST': 'Add', 'PUT': 'Set', 'PATCH': 'Update', 'DELETE': 'Delete', 'HEAD': 'Check'}


def routes_of(controllers):
    """(Route, function) of every route of controllers, classes or instances, by path and method."""
    found = []
    for controller in controllers:
        kind = controller if isinstance(controller, type) else type(controller)
        for name in dir(kind):
            function = getattr(kind, name)
            found += [(route, function) for route in getattr(function, 'routes', ())]
    return sorted(found, key=lambda item: (item[0].path, item[0].method))


def document(title, version, faces, error, server):
    """The document of an API.

    faces: [(prefix, controllers)]; error: the JSON schema of an error's body, None when it is text; server: a URL.
    """
    paths = {}
    for prefix, controllers in faces:
        for route, function in routes_of(controllers):
            for path, arguments in _paths(prefix + route.path):
                operation = _operation(route, function, path, arguments, error)
                # Of the forms of one operation (microversions), the first stands for all.
                paths.setdefault(path, {}).setdefault(route.method.lower(), operation)
    return {'openapi': '3.1.0', 'info': {'title': title, 'version': version}, 'servers': [{'url': server}],
            'paths': dict(sorted(paths.items())),
            'components': {'securitySchemes': {'token': {'type': 'apiKey', 'in': 'header', 'name': 'X-Auth-Token'}}}}


def _paths(path):
    """[(OpenAPI path, argument names)]: a choice of words in the path makes a path each."""
    choice = _CHOICE.search(path)
    if choice:
        return [found for word in choice[1].split(',')
                for found in _paths(path[:choice.start()] + word.strip(' "\'') + path[choice.end():])]
    return [(_ARGUMENT.sub(r'{\2}', path), [match[2] for match in _ARGUMENT.finditer(path)])]


def _operation(route, function, path, arguments, error):
    fault = {'description': 'Refused; the text says why.'}
    if error is not None:
        fault['content'] = {'application/json': {'schema': error}}
    made = {'summary': _summary(route, function, path), 'tags': [_tag(path)],
            'parameters': [{'name': name, 'in': 'path', 'required': True, 'schema': {'type': 'string'}}
                           for name in arguments],
            'responses': {str(route.status): {'description': 'Done.'}, '4XX': fault}}
    if route.query:
        made['parameters'] += [{'name': name, 'in': 'query', 'schema': schema.get('items', schema)}
                               for name, schema in route.query.get('properties', {}).items()]
    if route.schema is not None:
        made['requestBody'] = {'required': 'default' not in route.schema,
                               'content': {'application/json': {'schema': route.schema}}}
    if not route.no_auth:
        made['security'] = [{'token': []}]
    return made


def _summary(route, function, path):
    if function.__doc__:
        return function.__doc__.strip().split('\n')[0]
    last = path.rstrip('/').rsplit('/', 1)[-1]
    single = last.startswith('{')
    name = (path.rstrip('/').rsplit('/', 2)[-2] if single else last).replace('_', ' ')
    if single or route.method == 'POST':
        name = f'one of the {name}'
    return f'{_VERBS.get(route.method, "Show" if single else "List")} {name}.'


def _tag(path):
    """What the operation is about: the last word of its path that is no argument, of the first three."""
    words = [word for word in path.split('/')[2:] if word]
    named = [word for word in words[:3] if not word.startswith('{')]
    return '/'.join(named[:2]) if named and named[0].startswith('OS-') else named[0] if named else 'versions'


def page(made):
    """The document as a Markdown page: a table of operations for each thing they are about."""
    groups = {}
    for path, operations in made['paths'].items():
        for method, operation in operations.items():
            groups.setdefault(operation['tags'][0], []).append((path, method.upper(), operation))
    lines = [f'# {made["info"]["title"]}', '', f'Version {made["info"]["version"]}. Made from the code by '
             '`tools/make-openapi`; the same for machines is the `.json` beside this page. Every call but those marked '
             '*open* needs `X-Auth-Token`.', '']
    for tag, operations in sorted(groups.items()):
        lines += [f'## {tag}', '', '| call | does | body (**needed**) | answers |', '| --- | --- | --- | --- |']
        for path, method, operation in operations:
            opened = '' if 'security' in operation else ' *open*'
            status = next(iter(operation['responses']))
            does = operation['summary'].replace('|', '\\|').replace('<', '&lt;')
            lines.append(f'| {method} `{path}`{opened} | {does} | {_fields(operation)} | {status} |')
        lines.append('')
    return '\n'.join(lines)


def _fields(operation):
    if 'requestBody' not in operation:
        return ''
    schema = operation['requestBody']['content']['application/json']['schema']
    names, required = _flat(schema)
    return ', '.join(f'**{name}**' if name in required else name for name in names)


def _flat(schema):
    """(names, required names) of the fields of a body; of an object that holds one other, those of that."""
    properties, required = schema.get('properties', {}), set(schema.get('required', ()))
    if len(properties) == 1:
        (name, inner), = properties.items()
        if isinstance(inner, dict) and inner.get('properties'):
            return (f'{name}.{each}' for each in inner['properties']), {
                f'{name}.{each}' for each in inner.get('required', ())}
    return list(properties), required
