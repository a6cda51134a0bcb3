"""Identity v3: domains, projects, users, groups, roles and who has which where. Each function is one call unless it
says otherwise."""
import re
from urllib.parse import quote

from horizon.api import client, errors

# Collections and what one of their members is called in bodies.
KINDS = {'projects': 'project', 'users': 'user', 'groups': 'group', 'roles': 'role', 'domains': 'domain'}


def call(cloud, method, path, body=None, **params):
    """The JSON of a call to /v3, {} when the answer has none. Parameters that are None are left out."""
    wanted = {name: value for name, value in params.items() if value is not None}
    return cloud.send('identity', method, path, body, base=_base(cloud), params=wanted,
                      headers={'Accept': 'application/json'})


def _base(cloud):
    """The v3 URL, whatever version the catalog names."""
    return re.sub(r'/v[\d.]+$', '', cloud.endpoint('identity')) + '/v3'


def page(cloud, kind, marker=None, limit=None, search='', sort=None, **filters):
    """(rows, marker of the next page or None) of a collection; `sort`: 'name' or '-name' where Keystone can."""
    name = (sort or '').lstrip('-')
    found = call(cloud, 'GET', f'/{kind}', limit=limit, marker=marker, name__icontains=search or None,
                 sort_key='name' if name == 'name' else None, sort_dir='desc' if sort == '-name' else None, **filters)
    rows = found[kind]
    more = rows and (found.get('truncated') or (found.get('links') or {}).get('next'))
    return rows, rows[-1]['id'] if more else None


def all_of(cloud, kind, **filters):
    """All of a collection that Keystone lists at once, sorted by name."""
    return sorted(call(cloud, 'GET', f'/{kind}', **filters)[kind], key=lambda row: (row.get('name') or '').lower())


def names(cloud, kind):
    """{id: name} of a collection."""
    return {row['id']: row['name'] for row in call(cloud, 'GET', f'/{kind}')[kind]}


def get(cloud, kind, key):
    """One of a collection."""
    return call(cloud, 'GET', f'/{kind}/{quote(key, "")}')[KINDS[kind]]


def create(cloud, kind, **values):
    """A new one; values that are None are left out."""
    body = {name: value for name, value in values.items() if value is not None}
    return call(cloud, 'POST', f'/{kind}', {KINDS[kind]: body})[KINDS[kind]]


def update(cloud, kind, key, **values):
    """Change these values of one."""
    return call(cloud, 'PATCH', f'/{kind}/{quote(key, "")}', {KINDS[kind]: values})[KINDS[kind]]


def delete(cloud, kind, key):
    """Remove one."""
    call(cloud, 'DELETE', f'/{kind}/{quote(key, "")}')


def find(cloud, kind, name, domain_id=None):
    """The one of a name (or id). Raises ApiError with 404 when there is none, 409 when several domains have it."""
    name = name.strip()
    found = call(cloud, 'GET', f'/{kind}', name=name, domain_id=domain_id)[kind]
    if len(found) == 1:
        return found[0]
    if found:
        raise errors.ApiError('identity', f'find {name}', f'Several domains have a {KINDS[kind]} called {name}: give '
                              'its id instead.', 409)
    try:
        return get(cloud, kind, name)
    except errors.TokenExpired:
        raise
    except errors.ApiError as error:
        raise errors.ApiError('identity', f'find {name}', f'There is no {KINDS[kind]} called {name}.', 404) from error


# Roles on projects and domains

def assignments(cloud, effective=False, **scope):
    """[{role, user or group, scope}] with names; `scope`: project=id, domain=id, user=id, group=id or role=id."""
    query = {'include_names': 'true', **({'effective': ''} if effective else {})}
    for kind, key in scope.items():
        query[f'scope.{kind}.id' if kind in ('project', 'domain') else f'{kind}.id'] = key
    wanted = {name: value for name, value in query.items() if value is not None}
    return call(cloud, 'GET', '/role_assignments', **wanted)['role_assignments']


def grant(cloud, role_id, who, key, project_id=None, domain_id=None):
    """Give a role to a user or group (`who`: 'user' or 'group') on a project or domain."""
    call(cloud, 'PUT', _grant(role_id, who, key, project_id, domain_id))


def revoke(cloud, role_id, who, key, project_id=None, domain_id=None):
    """Take a role away."""
    call(cloud, 'DELETE', _grant(role_id, who, key, project_id, domain_id))


def _grant(role_id, who, key, project_id, domain_id):
    scope = f'projects/{quote(project_id, "")}' if project_id else f'domains/{quote(domain_id, "")}'
    return f'/{scope}/{who}s/{quote(key, "")}/roles/{quote(role_id, "")}'


def change_grants(cloud, given, taken, **scope):
    """Give and take many at once, `given` and `taken` being {(who, id, role id)}: a call each, in parallel.

    Raises the first error after all have ended.
    """
    calls = {f'+{each}': lambda each=each: grant(cloud, each[2], each[0], each[1], **scope) for each in given}
    calls |= {f'-{each}': lambda each=each: revoke(cloud, each[2], each[0], each[1], **scope) for each in taken}
    if calls:
        client.together(**calls)


# Groups

def members(cloud, group_id):
    """Users of a group."""
    return call(cloud, 'GET', f'/groups/{quote(group_id, "")}/users')['users']


def groups_of(cloud, user_id):
    """Groups of a user."""
    return call(cloud, 'GET', f'/users/{quote(user_id, "")}/groups')['groups']


def add_member(cloud, group_id, user_id):
    """Add a user to a group."""
    call(cloud, 'PUT', f'/groups/{quote(group_id, "")}/users/{quote(user_id, "")}')


def remove_member(cloud, group_id, user_id):
    """Take a user out of a group."""
    call(cloud, 'DELETE', f'/groups/{quote(group_id, "")}/users/{quote(user_id, "")}')


# The catalog as the administrator keeps it

def catalog(cloud):
    """[{id, type, name, enabled, endpoints: [{interface, region, url, enabled}]}]: two calls at once."""
    found = client.together(services=lambda: call(cloud, 'GET', '/services')['services'],
                            endpoints=lambda: call(cloud, 'GET', '/endpoints')['endpoints'])
    return [{**service, 'endpoints': [each for each in found['endpoints'] if each['service_id'] == service['id']]}
            for service in sorted(found['services'], key=lambda each: each['type'])]
