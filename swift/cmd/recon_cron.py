"""swift-recon-cron: count the async pendings of this node and leave the number for recon. Run it every few minutes."""
import argparse
import fcntl
import os
import sys
import time

from swift import conf as options
from swift import recon_cache
from swift.cmd._help import description
from swift.devices import Devices
from swift.exceptions import SwiftError


def async_pendings(devices):
    """How many updates wait, over all devices and policies."""
    count = 0
    for name in devices.names():
        root = devices.path(name)
        for kind in os.listdir(root):
            if kind == 'async_pending' or (kind.startswith('async_pending-') and kind[14:].isdecimal()):
                count += sum(len(files) for _, _, files in os.walk(os.path.join(root, kind)))
    return count


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-recon-cron', description=description(__doc__))
    parser.add_argument('config', help='object-server.conf')
    args = parser.parse_args(argv)
    try:
        conf = options.section(args.config, 'filter:recon', required=False)
        cache = conf.get('recon_cache_path', '/var/cache/swift')
        lock = os.path.join(conf.get('recon_lock_path', '/var/lock'), 'swift-recon-object-cron')
        with open(lock, 'w', encoding='ascii') as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print('swift-recon-cron: another one still counts', file=sys.stderr)
                return 1
            recon_cache.dump(cache, 'object', {
                'async_pending': async_pendings(Devices(conf)), 'async_pending_last': time.time()})
    except (SwiftError, OSError) as error:
        print(f'swift-recon-cron: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
