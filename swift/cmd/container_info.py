"""swift-container-info: shows what is in a container database, and where its replicas are."""
import sys

from swift.cmd import _db_info
from swift.db.container import ContainerBroker


def _say(info, stats, known):
    print(f'  Object Count: {info["object_count"]}\n  Bytes Used: {info["bytes_used"]}\n'
          f'  Storage Policy: {_db_info.policy_name(known, info["storage_policy_index"])}')
    _db_info.say_stats(stats, known, ('object_count', 'bytes_used'))
    for name in ('put_timestamp', 'delete_timestamp'):
        told = info[f'reported_{name}']
        print(f'  Reported {name.replace("_", " ").title()}: {_db_info.moment(told)} ({told})')
    print(f'  Reported Object Count: {info["reported_object_count"]}\n'
          f'  Reported Bytes Used: {info["reported_bytes_used"]}\n'
          f'  X-Container-Sync-Point1: {info["x_container_sync_point1"]}\n'
          f'  X-Container-Sync-Point2: {info["x_container_sync_point2"]}\n'
          f'  Reconciler Sync Point: {info["reconciler_sync_point"]}\n  DB State: unsharded')


def main(argv=None):
    """Entry point; returns the exit code."""
    return _db_info.main('container', ContainerBroker, _say, argv)


if __name__ == '__main__':
    sys.exit(main())
