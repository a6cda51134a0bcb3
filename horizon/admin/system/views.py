"""The catalog, and what answers."""
import functools

from horizon.api import client, errors, identity, operator, versions
from horizon.ui.views import Page


class Index(Page):
    """Services with their endpoints, the versions each answers, and the daemons of every host. Two calls of identity
    and one a host's operator API, all at once; then one a public endpoint, at once."""

    template = 'admin/system/index.html'

    def context(self):
        cloud = self.cloud
        found = client.settled(catalog=lambda: identity.catalog(cloud), hosts=lambda: operator.hosts(cloud))
        services = found['catalog']
        if not isinstance(services, errors.ApiError):
            services = with_versions(cloud, services)
        return {'services': services, 'hosts': _hosts(found['hosts']), 'region': self.request.login.region}


def with_versions(cloud, services):
    """The services, each endpoint that is public with `versions` (a text) or `problem`."""
    asked = {each['id']: (service['type'], each['url']) for service in services for each in service['endpoints']
             if each['interface'] == 'public'}
    calls = {key: functools.partial(versions.of, cloud, *each) for key, each in asked.items()}
    found = client.settled(**calls) if calls else {}
    for service in services:
        for each in service['endpoints']:
            answer = found.get(each['id'])
            each['problem' if isinstance(answer, errors.ApiError) else 'versions'] = answer
        service['endpoints'] = _by_address(service['endpoints'])
    return services


def _by_address(endpoints):
    """The endpoints with those of one address as one, which has `interfaces`; the public one speaks for them."""
    found = {}
    for each in sorted(endpoints, key=lambda each: (each['region'] or '', each['interface'] != 'public')):
        known = found.setdefault((each['region'], each['url'], each['enabled']), {**each, 'interfaces': []})
        known['interfaces'].append(each['interface'])
    return list(found.values())


def _hosts(found):
    if isinstance(found, errors.ApiError):
        return [{'problem': found}]
    return [{'problem': each, 'url': url} if isinstance(each, errors.ApiError) else {
        **each, 'daemons': [{**one, 'level': _LEVELS.get(one['state'], 'busy')} for one in each['daemons']]}
        for url, each in found.items()]


_LEVELS = {'up': 'good', 'dead': 'bad', 'late': 'bad'}
