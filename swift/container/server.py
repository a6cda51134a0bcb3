"""The container server: databases of containers over HTTP, for proxies, object servers and replicators."""
import functools

from swift.container import rows, updates
from swift.db import server
from swift.db.container import ContainerBroker, deleted_info
from swift.db.errors import DatabaseExists, DatabaseMissing
from swift.db.replication import Replication
from swift.db.server import Place, Refused, answer
from swift.timestamp import Timestamp

_SYNC = ('X-Container-Sync-To', 'X-Container-Sync-Key')


class ContainerServer(server.DatabaseServer):
    """Paths: /device/partition/account/container[/object]; REPLICATE /device/partition/hash."""

    kind = 'container'
    methods = ('PUT', 'DELETE', 'HEAD', 'GET', 'POST')
    save_headers = frozenset({'x-container-read', 'x-container-write', 'x-container-sync-key', 'x-container-sync-to'})

    def __init__(self, conf):
        super().__init__(conf)
        self._replication = Replication(self.devices, ContainerBroker)
        self._updater = updates.AccountUpdater(conf)

    def _broker(self, place):
        if place.container is None:
            raise Refused(400, 'Invalid path: it names no container')
        return ContainerBroker(self.database_path(place, place.account, place.container), place.account,
                               place.container)

    # Rows of objects

    def put(self, request):
        place, timestamp = Place(request.environ['PATH_INFO'], 5), self.timestamp(request)
        if place.obj is None:
            return self._put_container(request, place, timestamp)
        policy = self.policy_index(request) or 0
        self._append(place, rows.record(request, place.obj, timestamp, policy), timestamp)
        return answer(201)

    def delete(self, request):
        place, timestamp = Place(request.environ['PATH_INFO'], 5), self.timestamp(request)
        if place.obj is None:
            return self._delete_container(request, place, timestamp)
        record = ContainerBroker.deletion(place.obj, timestamp, self.policy_index(request) or 0)
        self._append(place, record, timestamp)
        return answer(204)

    def _append(self, place, record, timestamp):
        broker = self._broker(place)
        try:
            self.batches.append(broker, record, functools.partial(self.in_thread, place.device))
        except DatabaseMissing:
            if not place.account.startswith(self.constraints.auto_create_account_prefix):
                raise
            self.in_thread(place.device, self._created, broker, timestamp, record[6])
            self.batches.append(broker, record, functools.partial(self.in_thread, place.device))

    @staticmethod
    def _created(broker, timestamp, policy):
        try:
            broker.initialize(timestamp, policy)
        except DatabaseExists:
            return False
        return True

    # The container

    def _put_container(self, request, place, timestamp):
        if _asks_for_shards(request):
            raise Refused(501, 'Containers are not sharded here')
        metadata = self.metadata_of(request, timestamp)
        wanted = self.policy_index(request)
        default = self.policy_index(request, 'X-Backend-Storage-Policy-Default')
        if default is None:
            default = self.cluster.policies.default.idx
        created, info = self.in_thread(place.device, self._put, place, timestamp, metadata, wanted, default)
        if self._updater.update(request, place, info):
            return answer(404, text='Not Found')
        return answer(201 if created else 202, {'X-Backend-Storage-Policy-Index': str(info['storage_policy_index'])})

    def _put(self, place, timestamp, metadata, wanted, default):
        broker, policy = self._broker(place), default if wanted is None else wanted
        created = not broker.exists() and self._created(broker, timestamp, policy)
        if not created:
            created = self._put_again(broker, timestamp, wanted, policy)
        if metadata:
            self._update_metadata(broker, metadata)
        return created, broker.get_info()

    @staticmethod
    def _put_again(broker, timestamp, wanted, policy):
        """Put a container whose database is there; returns whether it comes back from deletion."""
        recreated = broker.is_deleted()
        if recreated:
            broker.set_storage_policy_index(policy, timestamp)
        elif wanted is not None and wanted != (now := broker.storage_policy_index):
            raise Refused(409, 'Conflict', headers={'X-Backend-Storage-Policy-Index': str(now)})
        broker.update_put_timestamp(timestamp)
        if broker.is_deleted():
            raise Refused(409, 'Conflict')
        if recreated:
            broker.update_status_changed_at(timestamp)
        return recreated

    def _update_metadata(self, broker, metadata):
        before = broker.metadata
        changed = any(key in metadata and metadata[key][0] != before.get(key, [''])[0] for key in _SYNC[:1])
        broker.update_metadata(metadata, self.check_metadata)
        if changed:
            # Another target has none of the rows yet.
            broker.set_x_container_sync_points(-1, -1)

    def _delete_container(self, request, place, timestamp):
        existed, info = self.in_thread(place.device, self._delete, place, timestamp)
        if self._updater.update(request, place, info):
            return answer(404, text='Not Found')
        return answer(204) if existed else answer(404, text='Not Found')

    def _delete(self, place, timestamp):
        broker = self._broker(place)
        if not broker.empty():
            raise Refused(409, 'The container is not empty')
        existed = not broker.is_deleted()
        broker.delete_db(timestamp)
        info = broker.get_info()
        if not deleted_info(info):
            raise Refused(409, 'Conflict')
        return existed, info

    def post(self, request):
        place, timestamp = Place(request.environ['PATH_INFO'], 4), self.timestamp(request)
        return self.in_thread(place.device, self._post, request, place, timestamp)

    def _post(self, request, place, timestamp):
        broker = self._broker(place)
        if broker.is_deleted():
            raise Refused(404, 'Not Found')
        broker.update_put_timestamp(timestamp)
        metadata = self.metadata_of(request, timestamp)
        if metadata:
            self._update_metadata(broker, metadata)
        return answer(204)

    # Reading

    def head(self, request):
        place = Place(request.environ['PATH_INFO'], 5)
        return self.in_thread(place.device, self._head, place, request)

    def _head(self, place, request):
        _, info, named = self._look(place)
        response = server.head_answer(request, named)
        response.last_modified = Timestamp(info['put_timestamp']).ceil()
        return response

    def get(self, request):
        place = Place(request.environ['PATH_INFO'], 5)
        query = self.listing_query(request, self.constraints.container_listing_limit)
        return self.in_thread(place.device, self._get, place, query, _asks_for_shards(request))

    def _get(self, place, query, shards):
        broker, info, named = self._look(place)
        if shards:
            return server.listing_response([], {**named, 'X-Backend-Record-Type': 'shard'})
        found = broker.list_objects(query, info['storage_policy_index'])
        response = server.listing_response(rows.shown(found), named)
        response.last_modified = Timestamp(info['put_timestamp']).ceil()
        return response

    def _look(self, place):
        """The broker, information and headers of a container that is there. Refuses with 404."""
        broker = self._broker(place)
        # Readers rather see old rows than wait.
        broker.commit_pending(hurry=True)
        info, metadata = broker.look()
        named = {'X-Backend-Timestamp': Timestamp(info['created_at']).internal,
                 'X-Backend-PUT-Timestamp': Timestamp(info['put_timestamp']).internal,
                 'X-Backend-DELETE-Timestamp': Timestamp(info['delete_timestamp']).internal,
                 'X-Backend-Status-Changed-At': Timestamp(info['status_changed_at']).internal,
                 'X-Backend-Storage-Policy-Index': str(info['storage_policy_index'])}
        if deleted_info(info):
            raise Refused(404, 'Not Found', headers=named)
        named |= {'X-Container-Object-Count': str(info['object_count']),
                  'X-Container-Bytes-Used': str(info['bytes_used']),
                  'X-Timestamp': Timestamp(info['created_at']).normal,
                  'X-PUT-Timestamp': Timestamp(info['put_timestamp']).normal,
                  'X-Backend-Sharding-State': 'unsharded'}
        return broker, info, {**named, **self.shown_metadata(metadata)}

    def replicate(self, request):
        return self._replication.respond(request)


def _asks_for_shards(request):
    return request.headers.get('X-Backend-Record-Type', '').lower() == 'shard'


def app_factory(global_conf, **local_conf):
    """The Paste application."""
    return ContainerServer({**global_conf, **local_conf})
