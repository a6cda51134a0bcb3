"""Compute's servers: lists, what is done to them and what was, logs and consoles."""
import re
from urllib.parse import quote

from horizon.api import errors

# Since 2.9 servers say whether they are locked; it changes nothing else that is read here.
_VERSION = '2.9'
SORT_KEYS = {'name': 'display_name', 'age': 'created_at', 'status': 'vm_state', 'key': 'key_name',
             'changed': 'updated_at'}


def page(cloud, limit, marker=None, search='', sort='-age', **filters):
    """([server], marker of the next page or None): one call. `search`: part of a name or an address, or an id;
    `sort`: a key of SORT_KEYS, or '-key'; `filters` as the API has them (status='ERROR')."""
    wanted = {'limit': limit, 'marker': marker, **_search(search.strip()), **filters}
    key = SORT_KEYS.get(sort.lstrip('-'))
    if key:
        wanted.update(sort_key=key, sort_dir='desc' if sort.startswith('-') else 'asc')
    if 'id' in wanted:
        return _only(cloud, wanted['id']), None
    found = _get(cloud, '/servers/detail', wanted)
    servers = found['servers']
    more = any(each.get('rel') == 'next' for each in found.get('servers_links', ()))
    return servers, servers[-1]['id'] if more and servers else None


def _search(text):
    """The filter for what somebody typed. Names are patterns to Compute; what is typed is meant as it stands."""
    if re.fullmatch(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', text, re.IGNORECASE):
        return {'id': text.lower()}
    if re.fullmatch(r'\d{1,3}\.[\d.]*', text):
        return {'ip': f'^{re.escape(text)}'}
    return {'name': re.escape(text)} if text else {}


def _only(cloud, server_id):
    try:
        return [get(cloud, server_id)]
    except errors.ApiError as error:
        if error.status == 404:
            return []
        raise


def _get(cloud, path, params=None):
    wanted = {name: value for name, value in (params or {}).items() if value is not None}
    return cloud.call('compute', 'GET', path, params=wanted, microversion=_VERSION,
                      headers={'Accept': 'application/json'}).json()


def get(cloud, server_id):
    """One server: one call."""
    return _get(cloud, f'/servers/{quote(server_id, safe="")}')['server']


def create(cloud, body):
    """Launch; `body` as the API's `server`. {id, adminPass ...} of the first one: one call."""
    return cloud.send('compute', 'POST', '/servers', {'server': body})['server']


def rename(cloud, server_id, name):
    """Give it another name."""
    cloud.send('compute', 'PUT', f'/servers/{quote(server_id, safe="")}', {'server': {'name': name}})


def delete(cloud, server_id):
    """Delete it; the API answers before it is done."""
    cloud.call('compute', 'DELETE', f'/servers/{quote(server_id, safe="")}')


def act(cloud, server_id, name, value=None):
    """One action of POST /servers/{id}/action; its JSON answer or {}."""
    return cloud.send('compute', 'POST', f'/servers/{quote(server_id, safe="")}/action', {name: value})


def console_output(cloud, server_id, lines=None):
    """The last lines of its console log, all without a number."""
    value = {'length': lines} if lines else {}
    return act(cloud, server_id, 'os-getConsoleOutput', value).get('output') or ''


def console_url(cloud, server_id):
    """Address of a page with its screen. Raises ApiError where it has none."""
    return act(cloud, server_id, 'os-getVNCConsole', {'type': 'novnc'})['console']['url']


def actions(cloud, server_id):
    """What was done to it, newest first: [{action, request_id, user_id, start_time, message}]."""
    found = cloud.get('compute', f'/servers/{quote(server_id, safe="")}/os-instance-actions')['instanceActions']
    return sorted(found, key=lambda each: each['start_time'], reverse=True)


def action(cloud, server_id, request_id):
    """One of them with its events: [{event, start_time, finish_time, result}]."""
    path = f'/servers/{quote(server_id, safe="")}/os-instance-actions/{quote(request_id, safe="")}'
    return cloud.get('compute', path)['instanceAction']


def security_groups(cloud, server_id):
    """Its security groups with their rules."""
    return cloud.get('compute', f'/servers/{quote(server_id, safe="")}/os-security-groups')['security_groups']


def set_metadata(cloud, server_id, pairs):
    """Replace all its metadata."""
    cloud.send('compute', 'PUT', f'/servers/{quote(server_id, safe="")}/metadata', {'metadata': pairs})


def volumes(cloud, server_id):
    """[{volumeId, device}] attached to it."""
    return cloud.get('compute', f'/servers/{quote(server_id, safe="")}/os-volume_attachments')['volumeAttachments']


def attach_volume(cloud, server_id, volume_id, device=None):
    """Attach a volume."""
    body = {'volumeId': volume_id, **({'device': device} if device else {})}
    cloud.send('compute', 'POST', f'/servers/{quote(server_id, safe="")}/os-volume_attachments',
               {'volumeAttachment': body})


def detach_volume(cloud, server_id, volume_id):
    """Detach a volume."""
    cloud.call('compute', 'DELETE',
               f'/servers/{quote(server_id, safe="")}/os-volume_attachments/{quote(volume_id, safe="")}')


def floating_addresses(server):
    """Its floating addresses, of what a list says: no call."""
    return [each['addr'] for entries in server['addresses'].values() for each in entries
            if each.get('OS-EXT-IPS:type') == 'floating']


def fixed_addresses(server):
    """Its own addresses of version 4: no call."""
    return [each['addr'] for entries in server['addresses'].values() for each in entries
            if each.get('OS-EXT-IPS:type') != 'floating' and each.get('version') == 4]


def names(cloud):
    """[{id, name}] of the project's servers, at most 1,000: one call."""
    return cloud.get('compute', '/servers', limit=1000)['servers']
