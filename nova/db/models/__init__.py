"""Nova's tables, a module an aggregate; importing this one knows them all. Rows of live things have deleted_at NULL.

Counts (quota use, host load) are never stored: they are sums over these rows, so they cannot drift.
"""
from nova.db.models.base import Base, Operation, OperationStep
from nova.db.models.hosts import Aggregate, AggregateHost, ComputeNode, Service
from nova.db.models.networks import (
    FixedIp,
    FloatingIp,
    Network,
    SecurityGroup,
    SecurityGroupMember,
    SecurityGroupRule,
    VirtualInterface,
)
from nova.db.models.quotas import Quota, QuotaLock
from nova.db.models.servers import (
    ConsoleToken,
    Flavor,
    FlavorAccess,
    Instance,
    InstanceFault,
    KeyPair,
    Migration,
)
from nova.db.models.volumes import (
    Volume,
    VolumeAttachment,
    VolumeMessage,
    VolumeSnapshot,
    VolumeTransfer,
    VolumeType,
    VolumeTypeProject,
)

__all__ = [
    'Aggregate',
    'AggregateHost',
    'Base',
    'ComputeNode',
    'ConsoleToken',
    'FixedIp',
    'Flavor',
    'FlavorAccess',
    'FloatingIp',
    'Instance',
    'InstanceFault',
    'KeyPair',
    'Migration',
    'Network',
    'Operation',
    'OperationStep',
    'Quota',
    'QuotaLock',
    'SecurityGroup',
    'SecurityGroupMember',
    'SecurityGroupRule',
    'Service',
    'VirtualInterface',
    'Volume',
    'VolumeAttachment',
    'VolumeMessage',
    'VolumeSnapshot',
    'VolumeTransfer',
    'VolumeType',
    'VolumeTypeProject',
]
