"""A token as v2.0 shows it."""
import datetime

from keystone.api.v2.base import tenant_view
from keystone.resource.manager import public


def _time(seconds):
    moment = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return moment.strftime('%Y-%m-%dT%H:%M:%SZ')


def access(token, catalog):
    """{"access": {...}}; `catalog` is v3's, or None to leave it out."""
    claims, user = token.claims, token.user
    shown = {'id': token.id, 'expires': _time(claims.expires_at), 'issued_at': _time(claims.issued_at),
             'audit_ids': claims.audit_ids}
    if token.project:
        shown['tenant'] = tenant_view(public(token.project))
    body = {'token': shown,
            'user': {'id': user['id'], 'name': user['name'], 'username': user['name'],
                     'roles': [{'id': role['id'], 'name': role['name']} for role in token.roles], 'roles_links': []},
            'metadata': {'is_admin': 0, 'roles': [role['id'] for role in token.roles]}}
    trust = token.shown.get('OS-TRUST:trust')
    if trust is not None:
        body['trust'] = {'id': trust['id'], 'impersonation': trust['impersonation'],
                         'trustor_user_id': trust['trustor_user']['id'],
                         'trustee_user_id': trust['trustee_user']['id']}
    if catalog is not None:
        body['serviceCatalog'] = service_catalog(catalog)
    return {'access': body}


def catalog_of(managers, token):
    """v3's catalog of a token; empty for one without tenant."""
    return managers.catalog.catalog(token.user['id'], token.claims.project_id) if token.project else []


def service_catalog(catalog):
    """v3's catalog with the three interfaces of a region side by side."""
    services = []
    for service in catalog:
        services.append({'type': service['type'], 'name': service['name'], 'endpoints_links': [],
                         'endpoints': [_endpoint(endpoints) for endpoints in _alike(service['endpoints'])]})
    return services


def _alike(endpoints):
    """Lists of endpoints of one region, each interface at most once in a list."""
    groups = []
    for endpoint in endpoints:
        for group in groups:
            if group[0]['region_id'] == endpoint['region_id'] and all(
                    other['interface'] != endpoint['interface'] for other in group):
                group.append(endpoint)
                break
        else:
            groups.append([endpoint])
    return groups


def _endpoint(group):
    public_one = next((each for each in group if each['interface'] == 'public'), group[0])
    return {'id': public_one['id'], 'region': public_one['region_id'],
            **{f'{each["interface"]}URL': each['url'] for each in group}}


def endpoint_list(catalog):
    """The endpoints of a token, flat."""
    return [{**_endpoint(group), 'name': service['name'], 'type': service['type']}
            for service in catalog for group in _alike(service['endpoints'])]
