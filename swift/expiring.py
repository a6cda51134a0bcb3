"""The queue of expiring objects: where an object with X-Delete-At is noted, for the expirer to find."""

ACCOUNT = '.expiring_objects'
_DIVISOR = 86400
_SPREAD = 100       # seconds, less than a container's time: so many containers share one moment's objects
_LATEST = 9999999999


def container(cluster, delete_at, account, container_name, obj, divisor=_DIVISOR):
    """The container of the queue for an object that expires at `delete_at` seconds: ten digits."""
    shift = int(cluster.hash_path(account, container_name, obj), 16) % _SPREAD
    return f'{min(max(0, int(delete_at) // divisor * divisor - shift), _LATEST):010d}'


def entry(delete_at, account, container_name, obj):
    """The name of an object in the queue: `<delete_at>-<account>/<container>/<object>`."""
    return f'{min(int(delete_at), _LATEST):010d}-{account}/{container_name}/{obj}'
