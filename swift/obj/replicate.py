"""REPLICATE: the suffix hashes of a partition, for replicators to compare."""
import pickle

from swift.obj import layout
from swift.obj.answers import Answer
from swift.obj.requests import Refused, partition, policy


def handle(server, environ):
    """A pickle (protocol 2) of {suffix: MD5}; suffixes named in the path are read again from the disk."""
    parts = environ['PATH_INFO'].split('/')
    if len(parts) not in (3, 4) or parts[0] or not all(parts[1:3]):
        raise Refused(400, f'Invalid path: {environ["PATH_INFO"]}')
    device, part = parts[1], partition(parts[2])
    suffixes = [each for each in parts[3].split('-') if each] if len(parts) == 4 else []
    if not all(layout.is_suffix(each) for each in suffixes):
        raise Refused(400, 'Invalid suffix')
    found = server.manager.run(device, server.manager.hashes, device, part, suffixes,
                               policy(environ, server.cluster.policies))
    return Answer(200, pickle.dumps(found, protocol=2), {'Content-Type': 'application/octet-stream'})
