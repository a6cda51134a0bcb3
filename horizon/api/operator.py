"""The operator API: how the hosts of the cloud are doing."""
from horizon.api import client

KIND = 'operator'


def endpoints(cloud):
    """URLs, one a host."""
    return [each['url'].rstrip('/') for entry in cloud.catalog if entry['type'] == KIND for each in entry['endpoints']
            if each['interface'] == cloud.interface and cloud.region in (None, each['region'])]


def hosts(cloud):
    """{URL: {host, version, daemons, broker, databases, stores} or an ApiError}: a call a host, in parallel."""
    urls = endpoints(cloud)
    return client.settled(**{url: lambda url=url: host(cloud, url) for url in urls}) if urls else {}


def host(cloud, url):
    """One host."""
    return cloud.call(KIND, 'GET', '/hosts/self', base=url, headers={'Accept': 'application/json'}).json()
