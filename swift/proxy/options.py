"""Options of the proxy server, read once; those of reading and writing objects may differ by storage policy."""
import dataclasses

from swift import conf as options
from swift.exceptions import ConfigurationError
from swift.proxy import affinity

SWIFT_OWNER_HEADERS = ('x-container-read, x-container-write, x-container-sync-key, x-container-sync-to, '
                       'x-account-meta-temp-url-key, x-account-meta-temp-url-key-2, x-container-meta-temp-url-key, '
                       'x-container-meta-temp-url-key-2, x-account-access-control')


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where to read and write first. Counts are functions of the number of replicas."""

    sorting: str
    read_affinity: object        # node -> number, or None
    write_affinity: object       # node -> bool, or None
    write_affinity_nodes: object
    handoff_deletes: int         # None: as many as there are primaries elsewhere
    concurrent_gets: bool
    concurrency_timeout: float
    missing_suppression: int
    extra_requests: int          # of concurrent_gets, for archives of an erasure-coded object


class Options:
    """`conf` are the options of [app:proxy-server]."""

    def __init__(self, conf):
        self._conf = conf
        self.swift_dir = conf.get('swift_dir', '/etc/swift')
        self.node_timeout = options.number(conf, 'node_timeout', 10)
        self.recoverable_node_timeout = options.number(conf, 'recoverable_node_timeout', self.node_timeout)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5)
        self.client_timeout = options.number(conf, 'client_timeout', 60)
        self.post_quorum_timeout = options.number(conf, 'post_quorum_timeout', 0.5)
        self.put_queue_depth = options.integer(conf, 'put_queue_depth', 10, 1)
        self.client_chunk_size = options.integer(conf, 'client_chunk_size', 65536, 1)
        self.object_chunk_size = options.integer(conf, 'object_chunk_size', 262144, 1)
        self.recheck_container = options.number(conf, 'recheck_container_existence', 60)
        self.recheck_account = options.number(conf, 'recheck_account_existence', 60)
        self.error_limit = options.integer(conf, 'error_suppression_limit', 10)
        self.error_interval = options.number(conf, 'error_suppression_interval', 60)
        self.timing_expiry = options.number(conf, 'timing_expiry', 300)
        self.allow_open_expired = options.boolean(conf, 'allow_open_expired', False)
        self.autocreate = options.boolean(conf, 'account_autocreate', False)
        self.account_management = options.boolean(conf, 'allow_account_management', False)
        self.max_containers = options.integer(conf, 'max_containers_per_account', 0)
        self.unlimited_accounts = frozenset(options.words(conf, 'max_containers_whitelist'))
        self.denied_hosts = frozenset(options.words(conf, 'deny_host_headers'))
        self.owner_headers = frozenset(name.lower() for name in
                                       options.words(conf, 'swift_owner_headers', SWIFT_OWNER_HEADERS))
        self.expirer_divisor = options.integer(conf, 'expiring_objects_container_divisor', 86400, 1)
        self.cors_allow_origin = options.words(conf, 'cors_allow_origin')
        self.cors_expose_headers = options.words(conf, 'cors_expose_headers')
        self.strict_cors = options.boolean(conf, 'strict_cors_mode', True)
        self.expose_info = options.boolean(conf, 'expose_info', True)
        self.admin_key = conf.get('admin_key')
        self.disallowed_sections = options.words(conf, 'disallowed_sections', 'swift.valid_api_versions')
        self.request_node_count = _count(conf, 'request_node_count', '2 * replicas')
        self._placements = {}

    def placement(self, index):
        """The Placement of a policy: [proxy-server:policy:N] over the proxy's own options."""
        if index not in self._placements:
            path = self._conf.get('__file__')
            own = _own_section(path, f'proxy-server:policy:{index}') if path and index is not None else {}
            self._placements[index] = _placement({**self._conf, **own})
        return self._placements[index]


def _own_section(path, name):
    parser = options.parse(path)
    return dict(parser._sections.get(name, {})) if parser.has_section(name) else {}


def _placement(conf):
    sorting = conf.get('sorting_method', 'shuffle').lower()
    if sorting not in ('shuffle', 'timing', 'affinity'):
        raise ConfigurationError(f'sorting_method = {sorting}: shuffle, timing or affinity')
    deletes = conf.get('write_affinity_handoff_delete_count', 'auto').lower()
    return Placement(
        sorting, affinity.reading(conf.get('read_affinity', '')), affinity.writing(conf.get('write_affinity', '')),
        _count(conf, 'write_affinity_node_count', '2 * replicas'),
        None if deletes == 'auto' else options.integer(conf, 'write_affinity_handoff_delete_count', 0, 0),
        options.boolean(conf, 'concurrent_gets', False),
        options.number(conf, 'concurrency_timeout', options.number(conf, 'conn_timeout', 0.5)),
        options.integer(conf, 'rebalance_missing_suppression_count', 1, 0),
        options.integer(conf, 'concurrent_ec_extra_requests', 0, 0))


def _count(conf, name, default):
    """A function of the number of replicas: `6` or `2 * replicas`."""
    words = conf.get(name, default).lower().split()
    if len(words) == 1 and words[0].isdecimal():
        return lambda replicas: int(words[0])
    if len(words) == 3 and words[0].isdecimal() and words[1:] == ['*', 'replicas']:
        return lambda replicas: int(words[0]) * replicas
    raise ConfigurationError(f'{name} = {conf.get(name)}: a number, or `2 * replicas`')
