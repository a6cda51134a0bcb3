"""A token that Keystone vouched for, in the form of v3 whichever API told it, and what it tells a request."""
import calendar
import time

import orjson

from essex import context

# Of both eras. What a client sends under these names is stripped.
_OF_SCOPE = ('Domain-Id', 'Domain-Name', 'Project-Id', 'Project-Name', 'Project-Domain-Id', 'Project-Domain-Name',
             'User-Id', 'User-Name', 'User-Domain-Id', 'User-Domain-Name', 'Roles')
_HEADERS = (*(f'X-{name}' for name in _OF_SCOPE), *(f'X-Service-{name}' for name in _OF_SCOPE), 'X-Identity-Status',
            'X-Service-Identity-Status', 'X-Service-Catalog', 'X-Is-Admin-Project', 'OpenStack-System-Scope',
            'X-Tenant-Id', 'X-Tenant-Name', 'X-Tenant', 'X-User', 'X-Role')


def variable(name):
    """The header's name in a WSGI environment."""
    return 'HTTP_' + name.upper().replace('-', '_')


STRIPPED = tuple(variable(name) for name in _HEADERS)


class Validated:
    """`document` is Keystone's whole answer, `token` its token as v3 has it, `expires` in epoch seconds,
    `environ` the headers of a request with this token."""

    __slots__ = ('document', 'environ', 'expires', 'token')

    def __init__(self, document, with_catalog=True):
        self.document = document
        self.token = document['token'] if 'token' in document else _from_v2(document['access'])
        self.expires = _seconds(self.token['expires_at'])
        self.environ = self._headers(with_catalog)

    @property
    def roles(self):
        """Names of roles."""
        return [role['name'] for role in self.token.get('roles', ())]

    def _scope(self, prefix):
        token = self.token
        project, user, domain = token.get('project') or {}, token['user'], token.get('domain') or {}
        values = (domain.get('id'), domain.get('name'), project.get('id'), project.get('name'),
                  *_domain(project), user['id'], user['name'], *_domain(user), ','.join(self.roles))
        return {variable(prefix + name): value for name, value in zip(_OF_SCOPE, values, strict=True)
                if value is not None}

    def _headers(self, with_catalog):
        found = self._scope('X-')
        for new, old in (('X-Project-Id', 'X-Tenant-Id'), ('X-Project-Name', 'X-Tenant-Name'),
                         ('X-Project-Name', 'X-Tenant'), ('X-User-Name', 'X-User'), ('X-Roles', 'X-Role')):
            if variable(new) in found:
                found[variable(old)] = found[variable(new)]
        found['HTTP_X_IDENTITY_STATUS'] = 'Confirmed'
        found['HTTP_X_IS_ADMIN_PROJECT'] = str(self.token.get('is_admin_project', True))
        if (self.token.get('system') or {}).get('all'):
            found['HTTP_OPENSTACK_SYSTEM_SCOPE'] = 'all'
        if with_catalog and self.token.get('catalog') is not None:
            found['HTTP_X_SERVICE_CATALOG'] = orjson.dumps(catalog_v2(self.token['catalog'])).decode()
        return found

    def service_environ(self):
        """The headers of a request whose X-Service-Token this is."""
        return self._scope('X-Service-')

    def context(self, environ, raw):
        """The RequestContext of a request with this token, whose text is `raw`."""
        token, roles = self.token, self.roles
        project, user = token.get('project') or {}, token['user']
        return context.RequestContext(
            user_id=user['id'], user_name=user['name'], user_domain_id=_domain(user)[0],
            project_id=project.get('id'), project_name=project.get('name'), project_domain_id=_domain(project)[0],
            domain_id=(token.get('domain') or {}).get('id'),
            system_scope='all' if (token.get('system') or {}).get('all') else None, roles=roles,
            is_admin='admin' in (role.lower() for role in roles), auth_token=raw, service_catalog=token.get('catalog'),
            request_id=environ.get('essex.request_id'), global_request_id=environ.get('essex.global_request_id'),
            remote_address=environ.get('REMOTE_ADDR'), is_admin_project=token.get('is_admin_project', True))


def _domain(owner):
    domain = owner.get('domain') or {}
    return domain.get('id'), domain.get('name')


def _seconds(stamp):
    return calendar.timegm(time.strptime(stamp.rstrip('Z').split('.')[0], '%Y-%m-%dT%H:%M:%S'))


def catalog_v2(catalog):
    """A v3 catalog in the form of v2.0: an endpoint a region, with a URL an interface."""
    found = []
    for service in catalog:
        regions = {}
        for endpoint in service['endpoints']:
            region = endpoint.get('region_id', endpoint.get('region'))
            regions.setdefault(region, {'region': region})[f'{endpoint["interface"]}URL'] = endpoint['url']
        entry = {'type': service['type'], 'endpoints': list(regions.values())}
        if service.get('name'):
            entry['name'] = service['name']
        found.append(entry)
    return found


def _catalog_v3(catalog):
    found = []
    # Essex tells {} where there is none.
    for service in catalog or ():
        endpoints = [{'id': endpoint.get('id'), 'interface': interface, 'url': endpoint[f'{interface}URL'],
                      'region': endpoint.get('region'), 'region_id': endpoint.get('region')}
                     for endpoint in service['endpoints'] for interface in ('public', 'internal', 'admin')
                     if endpoint.get(f'{interface}URL')]
        found.append({'type': service['type'], 'name': service.get('name'), 'endpoints': endpoints})
    return found


def _from_v2(access):
    """A v2.0 answer's token. KeyError when it is for no tenant: such are not for services."""
    token, user = access['token'], access['user']
    tenant = token.get('tenant') or {}
    if not tenant and token.get('tenantId'):
        tenant = {'id': token['tenantId'], 'name': token.get('tenantName', token['tenantId'])}
    if not tenant and user.get('tenantId'):
        tenant = {'id': user['tenantId'], 'name': user.get('tenantName', user['tenantId'])}
    if not tenant:
        raise KeyError('tenant')
    default = {'id': 'default', 'name': 'Default'}
    return {'methods': ['password'], 'expires_at': token['expires'],
            'user': {'id': user['id'], 'name': user.get('name') or user.get('username'), 'domain': default},
            'project': {'id': tenant['id'], 'name': tenant['name'], 'domain': default},
            'roles': [{'id': role.get('id'), 'name': role['name']} for role in user.get('roles') or ()],
            'catalog': _catalog_v3(access.get('serviceCatalog'))}
