"""Quotas: what a project may have, of compute and (where there is one) block storage."""
from urllib.parse import quote

from horizon.api import client, errors

# Service types that keep quotas, in the order pages show them.
SERVICES = ('compute', 'volumev3')


def of_project(cloud, project_id):
    """{service: {resource: {limit, in_use, reserved}}} or an ApiError in place of a service's: a call a service."""
    return _each(cloud, lambda service: {
        'compute': lambda: cloud.get('compute', f'/os-quota-sets/{quote(project_id, "")}/detail'),
        'volumev3': lambda: cloud.get('volumev3', f'/os-quota-sets/{quote(project_id, "")}', usage='true'),
    }[service]())


def defaults(cloud):
    """{service: {resource: limit}} of projects without limits of their own: a call a service."""
    return _each(cloud, lambda service: cloud.get(service, f'/os-quota-class-sets/{CLASS}'), 'quota_class_set')


# The class whose limits are the defaults.
CLASS = 'default'


def _each(cloud, ask, key='quota_set'):
    calls = {service: lambda service=service: _plain(ask(service)[key])
             for service in SERVICES if cloud.has(service)}
    return client.settled(**calls) if calls else {}


def _plain(found):
    return {name: value for name, value in found.items()
            if isinstance(value, dict | int) and name not in ('id', 'class_name')}


def change(cloud, project_id, limits):
    """Give a project limits of its own, {service: {resource: limit}}: a call a service, in parallel."""
    _together(cloud, {service: ('PUT', f'/os-quota-sets/{quote(project_id, "")}', {
        'quota_set': wanted}) for service, wanted in limits.items() if wanted})


def change_defaults(cloud, limits):
    """Change the default limits, {service: {resource: limit}}: a call a service, in parallel."""
    _together(cloud, {service: ('PUT', f'/os-quota-class-sets/{CLASS}', {'quota_class_set': wanted})
                      for service, wanted in limits.items() if wanted})


def reset(cloud, project_id):
    """Give a project the default limits again: a call a service, in parallel."""
    _together(cloud, {service: ('DELETE', f'/os-quota-sets/{quote(project_id, "")}', None)
                      for service in SERVICES if cloud.has(service)})


def _together(cloud, calls):
    if calls:
        client.together(**{service: lambda service=service, call=call: cloud.send(service, *call)
                           for service, call in calls.items()})


def problems(found):
    """The ApiErrors among what of_project or defaults found."""
    return [each for each in found.values() if isinstance(each, errors.ApiError)]
