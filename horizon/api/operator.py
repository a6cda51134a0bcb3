"""How the cloud is doing: the operator API (one endpoint a host) and Nova's records. For administrators."""
from urllib.parse import quote

from horizon.api import client, errors

SERVICE = 'operator'
_LOG_INS = {'/v3/auth/tokens', '/v2.0/tokens', '/auth/login/'}


def endpoints(cloud):
    """The URLs of the operator APIs of all hosts in this region."""
    return sorted({each['url'].rstrip('/') for entry in cloud.catalog if entry['type'] == SERVICE
                   for each in entry['endpoints']
                   if each['interface'] == cloud.interface and cloud.region in (None, each['region'])})


def _by_host(cloud, path, **params):
    """{URL of a host: answer or ApiError}: one call each, in parallel."""
    calls = {url: lambda url=url: cloud.call(SERVICE, 'GET', path, base=url, params=params).json()
             for url in endpoints(cloud)}
    return client.settled(**calls) if calls else {}


def _everywhere(cloud, path, **params):
    return list(_by_host(cloud, path, **params).values())


def hosts(cloud):
    """{URL: {host, version, daemons, broker, databases, stores} or an ApiError}: a call a host, in parallel."""
    return _by_host(cloud, '/hosts/self')


def overview(cloud):
    """{hosts: [GET /hosts/self of each host that answers], silent: [ApiError], services: os-services, hypervisors}.

    One call a host and two of Nova, in parallel; what Nova does not tell is []."""
    found = client.settled(
        hosts=lambda: _everywhere(cloud, '/hosts/self'),
        services=lambda: cloud.get('compute', '/os-services')['services'],
        hypervisors=lambda: cloud.get('compute', '/os-hypervisors/detail')['hypervisors'])
    plain = {name: [] if isinstance(value, errors.ApiError) else value for name, value in found.items()}
    silent = [each for each in plain['hosts'] if isinstance(each, errors.ApiError)]
    silent += [value for value in found.values() if isinstance(value, errors.ApiError)]
    return {**plain, 'hosts': [each for each in plain['hosts'] if not isinstance(each, errors.ApiError)],
            'silent': silent}


def errors_of(cloud, names, limit=50):
    """The last warnings and errors of daemons, newest first, each with its `daemon`: one call a name and host."""
    calls = {name: lambda name=name: _everywhere(cloud, f'/daemons/{quote(name, safe="")}/errors') for name in names}
    found = [record for answers in client.settled(**calls).values() for answer in answers
             if not isinstance(answer, errors.ApiError) for record in answer['errors']]
    # What belongs to a whole process is told for each of its daemons.
    unique = {(each['time'], each['message']): each for each in found}
    return sorted(unique.values(), key=lambda each: each['time'], reverse=True)[:limit]


def recent(cloud, changes=True, limit=30):
    """The newest requests of all hosts, newest first: one call a host. Raises the ApiError when no host answers.

    With `changes` without those that only read, and without log-ins, of which there are many."""
    answers = _everywhere(cloud, '/traces', limit=limit * 8, **({'changes': 'true'} if changes else {}))
    good = [each for each in answers if not isinstance(each, errors.ApiError)]
    if answers and not good:
        raise answers[0]
    found = [one for each in good for one in each['traces'] if not changes or one['path'] not in _LOG_INS]
    return sorted(found, key=lambda one: one['time'], reverse=True)[:limit]


def trace(cloud, request_id):
    """The spans of a request from all hosts, oldest first, [] when nobody knows it: one call a host. Raises the
    ApiError when no host answers."""
    answers = _everywhere(cloud, f'/traces/{quote(request_id, safe="")}')
    failed = [each for each in answers if isinstance(each, errors.ApiError) and each.status != 404]
    if answers and len(failed) == len(answers):
        raise failed[0]
    spans = {}
    for answer in answers:
        if not isinstance(answer, errors.ApiError):
            for span in answer['trace']['spans']:
                spans[span['id']] = {**span, 'began': answer['trace']['time']}
    return list(spans.values())
