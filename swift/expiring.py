"""The queue of expiring objects: where an object with X-Delete-At is noted, for the expirer to find."""
from swift import backend
from swift.exceptions import BackendError

ACCOUNT = '.expiring_objects'
ASYNC_DELETE = 'application/async-deleted'   # the type of entries to be deleted whatever they say themselves
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


def delete_later(cluster, when, account, container_name, obj):
    """Have the expirer delete an object that has no X-Delete-At, if it is not newer than `when` (a Timestamp).

    Whether most replicas of the queue's container took the entry.
    """
    queue = container(cluster, int(when), account, container_name, obj)
    part, nodes = cluster.ring('container').get_nodes(ACCOUNT, queue)
    headers = {'X-Timestamp': when.internal, 'X-Size': '0', 'X-Etag': 'd41d8cd98f00b204e9800998ecf8427e',
               'X-Content-Type': ASYNC_DELETE, 'X-Backend-Storage-Policy-Index': '0'}
    return put_row(part, nodes, (ACCOUNT, queue, entry(int(when), account, container_name, obj)), headers)


def put_row(part, nodes, names, headers):
    """Tell the container servers of an object's row; whether most of them took it."""
    done = 0
    for node in nodes:
        try:
            answered = backend.request(node, 'PUT', backend.path(node['device'], part, *names), headers)
            done += answered.status // 100 == 2
        except BackendError:
            continue
    return done >= len(nodes) // 2 + 1
