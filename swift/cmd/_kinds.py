"""Which background daemons there are, and where each is configured."""
import dataclasses
import importlib


@dataclasses.dataclass(frozen=True)
class Kind:
    """A daemon: its name and section, the file that holds the section, and its class (module:Class)."""

    name: str
    file: str
    target: str
    more: tuple = ()

    def load(self):
        """The class."""
        module, _, name = self.target.partition(':')
        return getattr(importlib.import_module(module), name)


_DEVICES = ((('-d', '--devices'), 'devices', 'with once: only these devices, separated by commas'),)
_PARTITIONS = (*_DEVICES, (('-p', '--partitions'), 'partitions', 'with once: only these partitions'))
_POLICIES = (*_PARTITIONS, (('-i', '--policies'), 'policies', 'with once: only the policies of these indexes'))
_ZERO_BYTE = ((('-d', '--devices'), 'override_devices', 'only these devices, separated by commas'),
              (('-z', '--zero_byte_fps'), 'zero_byte_fps', 'look at sizes alone, this many files a second'))
_SHARE = ((('--processes',), 'processes', 'in how many processes the work is split'),
          (('--process',), 'process', 'which of them this is, from 0'))

KINDS = {kind.name: kind for kind in (
    Kind('account-auditor', 'account-server', 'swift.account.auditor:AccountAuditor', _DEVICES),
    Kind('account-replicator', 'account-server', 'swift.account.replicator:AccountReplicator', _PARTITIONS),
    Kind('account-reaper', 'account-server', 'swift.account.reaper:AccountReaper', _DEVICES),
    Kind('container-auditor', 'container-server', 'swift.container.auditor:ContainerAuditor', _DEVICES),
    Kind('container-replicator', 'container-server', 'swift.container.replicator:ContainerReplicator', _PARTITIONS),
    Kind('container-updater', 'container-server', 'swift.container.updater:ContainerUpdater', _DEVICES),
    Kind('container-sync', 'container-server', 'swift.container.sync:ContainerSync', _DEVICES),
    Kind('container-reconciler', 'container-reconciler', 'swift.container.reconciler:ContainerReconciler'),
    Kind('object-auditor', 'object-server', 'swift.obj.auditor:ObjectAuditor', _ZERO_BYTE),
    Kind('object-replicator', 'object-server', 'swift.obj.replicator:ObjectReplicator', _POLICIES),
    Kind('object-updater', 'object-server', 'swift.obj.updater:ObjectUpdater'),
    Kind('object-expirer', 'object-expirer', 'swift.obj.expirer:ObjectExpirer', _SHARE),
)}
