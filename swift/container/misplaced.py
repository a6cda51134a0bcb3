"""The reconciler's queue: objects written under another policy than their container's, as rows of containers by the
hour in the account `.misplaced_objects`. A row is named `<policy>:/account/container/object`; its ETag is the time
of the object and its content type what was done, application/x-put or application/x-delete.
"""
import os

from swift.db import files
from swift.db.container import ContainerBroker
from swift.db.errors import DatabaseExists
from swift.timestamp import Timestamp, decode

ACCOUNT = '.misplaced_objects'
_HOUR = 3600


def container_of(created_at):
    """The name of the container that queues objects of a time."""
    return str(int(decode(created_at)[0]) // _HOUR * _HOUR)


def queue_name(policy_index, account, container, obj):
    """The name of the row that stands for a misplaced object."""
    return f'{policy_index}:/{account}/{container}/{obj}'


def parse_name(name):
    """(policy index, account, container, object) of a row's name. Raises ValueError."""
    index, _, path = name.partition(':')
    empty, account, container, obj = path.split('/', 3)
    if empty or not account or not container or not obj:
        raise ValueError(f'{name!r} names no object')
    return int(index), account, container, obj


def entry(item, account, container):
    """The row of the queue for a row (dict) of a container."""
    done = 'delete' if item['deleted'] else 'put'
    # An entry is as old as what is known of the object, so that an older one never hides it.
    return {'name': queue_name(item['storage_policy_index'], account, container, item['name']),
            'created_at': decode(item['created_at'])[0].internal, 'size': 0, 'content_type': f'application/x-{done}',
            'etag': item['created_at'], 'deleted': 0, 'storage_policy_index': 0}


def queue_broker(cluster, device_path, container):
    """The database of a container of the queue on a local device, made when missing.

    It need not belong there: replication takes it to its primaries.
    """
    partition = cluster.ring('container').get_part(ACCOUNT, container)
    path = files.database_path(device_path, 'container', partition, cluster.hash_path(ACCOUNT, container))
    broker = ContainerBroker(os.fspath(path), ACCOUNT, container)
    if not broker.exists():
        try:
            broker.initialize(Timestamp(int(container)).internal, 0)
        except DatabaseExists:
            return broker
    return broker
