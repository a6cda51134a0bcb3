"""Which background daemons there are, and where each is configured."""
import dataclasses
import importlib

from swift import cluster


@dataclasses.dataclass(frozen=True)
class Kind:
    """A daemon: its name and section, the file that holds the section, its class (module:Class), what it does in a
    sentence, more options of its command line (flags, option, help), and whether only erasure-coded policies need it.
    """

    name: str
    file: str
    target: str
    does: str
    more: tuple = ()
    coded: bool = False

    def is_needed(self, conf):
        """Whether a node of this configuration has anything for it to do."""
        return not self.coded or any(policy.code for policy in cluster.load(
            conf.get('swift_dir', '/etc/swift')).policies)

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
    Kind('account-auditor', 'account-server', 'swift.account.auditor:AccountAuditor',
         'Reads every account database of this node, and quarantines those that are damaged.', _DEVICES),
    Kind('account-replicator', 'account-server', 'swift.account.replicator:AccountReplicator',
         "Brings this node's account databases to where they belong, and what the others lack to them.", _PARTITIONS),
    Kind('account-reaper', 'account-server', 'swift.account.reaper:AccountReaper',
         'Empties and removes accounts that were deleted.', _DEVICES),
    Kind('container-auditor', 'container-server', 'swift.container.auditor:ContainerAuditor',
         'Reads every container database of this node, and quarantines those that are damaged.', _DEVICES),
    Kind('container-replicator', 'container-server', 'swift.container.replicator:ContainerReplicator',
         "Brings this node's container databases to where they belong, and what the others lack to them.", _PARTITIONS),
    Kind('container-updater', 'container-server', 'swift.container.updater:ContainerUpdater',
         'Tells accounts how many objects and bytes their containers hold.', _DEVICES),
    Kind('container-sync', 'container-server', 'swift.container.sync:ContainerSync',
         'Copies containers to where their X-Container-Sync-To says.', _DEVICES),
    Kind('container-reconciler', 'container-reconciler', 'swift.container.reconciler:ContainerReconciler',
         'Moves objects that were written under a policy their container does not have.'),
    Kind('object-auditor', 'object-server', 'swift.obj.auditor:ObjectAuditor',
         'Reads every object of this node, and quarantines those that are damaged.', _ZERO_BYTE),
    Kind('object-replicator', 'object-server', 'swift.obj.replicator:ObjectReplicator',
         "Brings this node's objects to where they belong, and what the others lack to them.", _POLICIES),
    Kind('object-reconstructor', 'object-server', 'swift.obj.reconstructor:ObjectReconstructor',
         'Rebuilds lost fragments of erasure-coded objects, and brings those of others to where they belong.',
         _POLICIES, coded=True),
    Kind('object-updater', 'object-server', 'swift.obj.updater:ObjectUpdater',
         'Makes the updates of container listings that failed or were late.'),
    Kind('object-expirer', 'object-expirer', 'swift.obj.expirer:ObjectExpirer',
         'Deletes objects whose X-Delete-At has come.', _SHARE),
)}
