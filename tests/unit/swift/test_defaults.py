"""What holds when nothing is configured, as the published documents of the original have it."""
import pytest
import webob

from swift import cluster, constraints
from swift.account.reaper import AccountReaper
from swift.account.replicator import AccountReplicator
from swift.cmd._kinds import KINDS
from swift.cmd.ring_builder import COMMANDS
from swift.container.reconciler import ContainerReconciler
from swift.container.replicator import ContainerReplicator
from swift.container.updater import ContainerUpdater
from swift.middleware import recon
from swift.obj.auditor import ObjectAuditor
from swift.obj.expirer import ObjectExpirer
from swift.obj.reconstructor import ObjectReconstructor
from swift.obj.replicator import ObjectReplicator
from swift.obj.server import ObjectServer
from swift.obj.updater import ObjectUpdater
from swift.proxy.options import Options
from tests.fixtures.rings import make_rings

DAY = 86400
DEFAULTS = {
    Options: {'node_timeout': 10, 'conn_timeout': 0.5, 'client_timeout': 60, 'post_quorum_timeout': 0.5,
              'put_queue_depth': 10, 'client_chunk_size': 65536, 'recheck_container': 60, 'recheck_account': 60,
              'error_limit': 10, 'error_interval': 60, 'recoverable_node_timeout': 10, 'autocreate': False,
              'account_management': False, 'max_containers': 0, 'expirer_divisor': DAY, 'strict_cors': True,
              'expose_info': True},
    ObjectServer: {'network_chunk_size': 65536, 'disk_chunk_size': 65536, 'keep_cache_size': 5242880,
                   'keep_cache_private': False, 'max_upload_time': DAY, 'client_timeout': 60, '_log_requests': True,
                   '_slow': 0, 'etag_validate_pct': 100},
    ObjectReplicator: {'interval': 30, 'concurrency': 1, 'http_timeout': 60, 'lockup_timeout': 1800,
                       'stats_interval': 300, 'reclaim_age': 7 * DAY, 'handoffs_first': False},
    ObjectReconstructor: {'interval': 30, 'handoffs_only': False, 'lockup_timeout': 1800},
    ObjectAuditor: {'files_per_second': 20, 'bytes_per_second': 10000000, 'zero_byte_fps': 50, 'concurrency': 1,
                    'log_time': 3600, 'interval': 30},
    ObjectUpdater: {'interval': 300, 'concurrency': 8},
    ObjectExpirer: {'interval': 300, 'report_interval': 300, 'concurrency': 1, 'rate': 50, 'reclaim_age': 7 * DAY},
    ContainerUpdater: {'interval': 300, 'concurrency': 4},
    ContainerReplicator: {'interval': 30, 'concurrency': 8, 'per_diff': 1000, 'max_diffs': 100},
    AccountReplicator: {'interval': 30, 'concurrency': 8, 'per_diff': 1000, 'max_diffs': 100},
    AccountReaper: {'interval': 3600, 'concurrency': 25, 'delay': 0},
    ContainerReconciler: {'interval': 30, 'reclaim_age': 7 * DAY},
}


@pytest.fixture(scope='module')
def swift_dir(tmp_path_factory):
    directory = tmp_path_factory.mktemp('etc')
    make_rings(directory, [{'device': f'd{number}', 'port': 6200} for number in range(3)])
    cluster.load.cache_clear()
    yield str(directory)
    cluster.load.cache_clear()


@pytest.mark.parametrize('kind', DEFAULTS, ids=lambda kind: kind.__name__)
def test_options(swift_dir, kind):
    made = kind({'swift_dir': swift_dir, 'mount_check': 'false', 'devices': swift_dir})
    assert {name: getattr(made, name) for name in DEFAULTS[kind]} == DEFAULTS[kind]


def test_counts_of_nodes(swift_dir):
    made = Options({'swift_dir': swift_dir})
    placement = made.placement(0)
    assert (made.request_node_count(3), placement.write_affinity_nodes(3)) == (6, 6)
    assert (placement.sorting, placement.concurrent_gets, placement.missing_suppression) == ('shuffle', False, 1)
    assert (placement.handoff_deletes, placement.extra_requests, placement.concurrency_timeout) == (None, 0, 0.5)


def test_limits():
    assert constraints.parse({}) == constraints.Constraints(
        5368709122, 128, 256, 90, 4096, 8192, 1024, 10000, 10000, 256, 256, 0, '.', ('v1', 'v1.0'))


def test_daemons_there_are():
    assert set(KINDS) == {
        'account-replicator', 'account-auditor', 'account-reaper', 'container-replicator', 'container-auditor',
        'container-updater', 'container-sync', 'container-reconciler', 'object-replicator', 'object-reconstructor',
        'object-auditor', 'object-updater', 'object-expirer'}


PATHS = [
    'mem', 'load', 'async', 'replication', 'devices', 'mounted', 'unmounted', 'diskusage', 'ringmd5', 'quarantined',
    'sockstat', 'swiftconfmd5', 'version', 'driveaudit', 'time', 'relinker', 'sharding', 'replication/account',
    'replication/container', 'replication/object', 'updater/container', 'updater/object', 'auditor/account',
    'auditor/container', 'auditor/object', 'expirer/object', 'reconstruction/object']



@pytest.mark.parametrize('path', PATHS)
def test_what_recon_tells(swift_dir, tmp_path, path):

    app = recon.Recon(None, {'swift_dir': swift_dir, 'devices': str(tmp_path), 'mount_check': 'false',
                             'recon_cache_path': str(tmp_path)})
    answer = webob.Request.blank(f'/recon/{path}').get_response(app)
    assert (answer.status_int, answer.content_type) == (200, 'application/json')
    assert webob.Request.blank(f'/recon/{path}x').get_response(app).status_int == 404


def test_commands_of_the_ring_builder():
    assert set(COMMANDS) >= {
        'create', 'search', 'list_parts', 'add', 'set_weight', 'set_info', 'remove', 'rebalance', 'validate',
        'write_ring', 'pretend_min_part_hours_passed', 'set_min_part_hours', 'set_region', 'set_zone', 'set_replicas',
        'set_overload', 'dispersion', 'write_builder', 'prepare_increase_partition_power', 'increase_partition_power',
        'cancel_increase_partition_power', 'finish_increase_partition_power', 'version'}
