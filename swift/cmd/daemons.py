"""The background daemons: `swift-<name> CONF [once] [-v]`."""
from essex import concurrency

concurrency.patch()

import functools  # noqa: E402

from swift.cmd import _run  # noqa: E402
from swift.cmd._kinds import KINDS  # noqa: E402


def run(name, argv=None):
    """Run the daemon `name` with the arguments of a command line."""
    kind = KINDS[name]
    _run.run_daemon(name, kind.load, kind.file, argv, kind.more, kind.does)


account_auditor = functools.partial(run, 'account-auditor')
account_replicator = functools.partial(run, 'account-replicator')
account_reaper = functools.partial(run, 'account-reaper')
container_auditor = functools.partial(run, 'container-auditor')
container_replicator = functools.partial(run, 'container-replicator')
container_updater = functools.partial(run, 'container-updater')
container_sync = functools.partial(run, 'container-sync')
container_reconciler = functools.partial(run, 'container-reconciler')
object_auditor = functools.partial(run, 'object-auditor')
object_replicator = functools.partial(run, 'object-replicator')
object_reconstructor = functools.partial(run, 'object-reconstructor')
object_updater = functools.partial(run, 'object-updater')
object_expirer = functools.partial(run, 'object-expirer')
