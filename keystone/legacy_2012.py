"""Brings in what the database of an Essex Keystone (2012.1) holds: ids and hashes of passwords stay what they were."""
import json

from essex.exception import BadRequest
from keystone.db.records import Hints
from keystone.legacy import Importer, import_tokens

# Columns of JSON, as text or as what a driver made of it.
_JSON = ('extra', 'data')
_INTERFACES = ('public', 'internal', 'admin')


def is_it(old):
    """Whether tables (keystone.db.legacy.read) are those of 2012.1."""
    return 'tenant' in old and 'metadata' in old


def import_all(managers, old):
    """Tenants, users, roles, grants, memberships, EC2 credentials, services, endpoints and living tokens. Returns
    counts."""
    into = Importer(managers)
    tenants = {row['id']: into.tenant(row['name'], id=row['id'], description=row.get('description') or '',
                                      enabled=_flag(row)) for row in _rows(old, 'tenant')}
    roles = {row['id']: into.role(row['name'], id=row['id']) for row in _rows(old, 'role')}
    users = {row['id']: into.user(row['name'], id=row['id'], email=row.get('email'), enabled=_flag(row),
                                  password=row.get('password') or None,
                                  default_project_id=tenants.get(row.get('tenantId'))) for row in _rows(old, 'user')}
    _grant(into, old, users, tenants, roles)
    for row in _rows(old, 'ec2_credential'):
        if row['user_id'] in users and row['tenant_id'] in tenants:
            into.key_pair(users[row['user_id']], tenants[row['tenant_id']], row['access'], row['secret'])
    _import_catalog(into, old)
    import_tokens(into, [{**row, 'user_id': (row.get('user') or {}).get('id'),
                          'tenant_id': (row.get('tenant') or {}).get('id')} for row in _rows(old, 'token')],
                  users, tenants)
    return into.done


def _rows(old, table):
    """The rows of a table, with what its column of JSON holds among them."""
    for row in old.get(table, ()):
        values = dict(row)
        for name in _JSON:
            held = values.pop(name, None)
            values = {**(json.loads(held) if isinstance(held, (str, bytes)) else held or {}), **values}
        yield values


def _flag(row):
    """Whether it is enabled: as everything is that does not say otherwise."""
    return str(row.get('enabled', True)).lower() not in ('false', '0', 'none', '')


def _grant(into, old, users, tenants, roles):
    for row in _rows(old, 'metadata'):
        for role_id in row.get('roles') or ():
            if row['user_id'] in users and row['tenant_id'] in tenants and role_id in roles:
                into.grant(users[row['user_id']], tenants[row['tenant_id']], roles[role_id])
            else:
                into.done['grants of what is not there left out'] += 1
    for row in _rows(old, 'user_tenant_membership'):
        if row['user_id'] in users and row['tenant_id'] in tenants:
            into.member(users[row['user_id']], tenants[row['tenant_id']])


def _import_catalog(into, old):
    catalog, templates, services = into.managers.catalog, into.managers.endpoint_templates, {}
    for row in _rows(old, 'service'):
        hints = Hints().add('type', row['type']).add('name', row.get('name') or '')
        found = catalog.list_services(hints)
        if not found:
            into.done['services'] += 1
            found = [catalog.create_service({'id': row['id'], 'type': row['type'], 'name': row.get('name') or '',
                                             'description': row.get('description')})]
        services[row['id']] = found[0]['id']
    there = templates.list()
    for row in _rows(old, 'endpoint'):
        if row['id'] in there or row['service_id'] not in services:
            continue
        urls = {name: row[f'{name}url'] for name in _INTERFACES if row.get(f'{name}url')}
        try:
            templates.create(urls, {'service_id': services[row['service_id']], 'region': row['region']}, row['id'])
            into.done['endpoints'] += 1
        except BadRequest:
            into.done['endpoints with a URL that asks for what is not there left out'] += 1


def catalog_lines(old):
    """The lines of a templated catalog."""
    services = {row['id']: row for row in _rows(old, 'service')}
    for row in _rows(old, 'endpoint'):
        service = services.get(row['service_id'])
        if service is not None:
            place = f'catalog.{row["region"]}.{service["type"].replace("-", "_")}'
            yield f'{place}.name = {service.get("name") or service["type"]}'
            for name in _INTERFACES:
                if row.get(f'{name}url'):
                    yield f'{place}.{name}URL = {row[f"{name}url"]}'
