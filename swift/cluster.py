"""What every node of a cluster must agree on: swift.conf (hash prefix and suffix, limits, policies) and the rings."""
import functools
import hashlib
import os

from swift import conf, constraints, policies
from swift.exceptions import ConfigurationError
from swift.ring.ring import Ring


class Cluster:
    """The cluster described in a directory (`/etc/swift`). Rings are read when first asked for."""

    def __init__(self, swift_dir):
        self.swift_dir = swift_dir
        path = os.path.join(swift_dir, 'swift.conf')
        parser = conf.parse(path)
        options = dict(parser.items('swift-hash')) if parser.has_section('swift-hash') else {}
        self._prefix = options.get('swift_hash_path_prefix', '').encode()
        self._suffix = options.get('swift_hash_path_suffix', '').encode()
        if not self._prefix and not self._suffix:
            raise ConfigurationError(f'{path}: [swift-hash] needs swift_hash_path_suffix, a secret that is the same '
                                     'on all nodes and never changes once there is data.')
        limits = dict(parser.items('swift-constraints')) if parser.has_section('swift-constraints') else {}
        self.constraints = constraints.parse(limits)
        self.policies = policies.parse(parser)
        self._rings = {}

    def hash_path(self, account, container=None, obj=None):
        """The MD5 (hex) that places a name on the ring and names its directory on disk."""
        names = [name for name in (account, container, obj) if name is not None]
        path = '/' + '/'.join(names)
        return hashlib.md5(self._prefix + path.encode() + self._suffix, usedforsecurity=False).hexdigest()

    def ring(self, kind, policy=None):
        """The Ring `account` or `container`, or of `object` that of a policy (a Policy or its index)."""
        name, found = kind, None
        if kind == 'object':
            found = policy if isinstance(policy, policies.Policy) else self.policies.by_index(policy)
            name = found.ring_name
        if name not in self._rings:
            made = Ring(os.path.join(self.swift_dir, f'{name}.ring.gz'), hash_path=self.hash_path)
            if found and found.code and made.replica_count != found.code.replicas:
                raise ConfigurationError(f'{name}.ring.gz has {made.replica_count:g} replicas, but {found.name} '
                                         f'({found.code.scheme}) needs {found.code.replicas}: one for each fragment.')
            self._rings[name] = made
        return self._rings[name]


@functools.cache
def load(swift_dir='/etc/swift'):
    """The Cluster of a directory, read once per process. Raises ConfigurationError."""
    return Cluster(swift_dir)
