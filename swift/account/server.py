"""The account server: databases of accounts over HTTP, for proxies, container servers and replicators."""
import functools

from swift.db import server
from swift.db.account import AccountBroker, deleted_info, status_deleted
from swift.db.errors import DatabaseExists
from swift.db.listing import Subdir
from swift.db.replication import Replication
from swift.db.server import Place, Refused, answer
from swift.timestamp import Timestamp


class AccountServer(server.DatabaseServer):
    """Paths: /device/partition/account[/container]; REPLICATE /device/partition/hash."""

    kind = 'account'
    methods = ('PUT', 'DELETE', 'HEAD', 'GET', 'POST')
    save_headers = frozenset({'x-account-access-control'})

    def __init__(self, conf):
        super().__init__(conf)
        self._replication = Replication(self.devices, AccountBroker)

    def _broker(self, place):
        return AccountBroker(self.database_path(place, place.account), place.account)

    def _automatic(self, account):
        return account.startswith(self.constraints.auto_create_account_prefix)

    # Containers and accounts come into being and go

    def put(self, request):
        place = Place(request.environ['PATH_INFO'], 4)
        if place.container is not None:
            return self._put_container(request, place)
        timestamp = self.timestamp(request)
        return self.in_thread(place.device, self._put_account, request, place, timestamp)

    def _put_container(self, request, place):
        record = self._container_record(request, place.container)
        override = request.headers.get('X-Account-Override-Deleted', 'no').lower() == 'yes'
        broker = self._broker(place)
        self.in_thread(place.device, self._check_account, broker, place, record, override)
        self.batches.append(broker, record, functools.partial(self.in_thread, place.device))
        return answer(204 if record[2] > record[1] else 201)

    def _container_record(self, request, name):
        try:
            put, delete = (Timestamp(request.headers[key]).internal for key in ('X-Put-Timestamp',
                                                                                'X-Delete-Timestamp'))
            counts = [server.count(request.headers[key]) for key in ('X-Object-Count', 'X-Bytes-Used')]
        except KeyError as error:
            raise Refused(400, f'Missing header {error}') from None
        except ValueError as error:
            raise Refused(400, f'Invalid header: {error}') from None
        return AccountBroker.record(name, put, delete, *counts, self.policy_index(request) or 0)

    def _check_account(self, broker, place, record, override):
        if self._automatic(place.account) and not broker.exists():
            self._created(broker, max(record[1:3]))
        if not override and broker.is_deleted(merged=False):
            raise Refused(404, 'Not Found')

    def _put_account(self, request, place, timestamp):
        broker = self._broker(place)
        updates = self.metadata_of(request, timestamp)
        created = not broker.exists() and self._created(broker, timestamp)
        if not created:
            if broker.is_status_deleted():
                return self._deleted_response(broker, 403, 'Recently deleted')
            created = broker.is_deleted()
            broker.update_put_timestamp(timestamp)
            if broker.is_deleted():
                raise Refused(409, 'Conflict')
        if updates:
            broker.update_metadata(updates, self.check_metadata)
        return answer(201 if created else 202)

    @staticmethod
    def _created(broker, timestamp):
        try:
            broker.initialize(timestamp)
        except DatabaseExists:
            return False
        return True

    def delete(self, request):
        place = Place(request.environ['PATH_INFO'], 3)
        timestamp = self.timestamp(request)
        return self.in_thread(place.device, self._delete, place, timestamp)

    def _delete(self, place, timestamp):
        broker = self._broker(place)
        if broker.is_deleted():
            return self._deleted_response(broker, 404, 'Not Found')
        broker.delete_db(timestamp)
        return self._deleted_response(broker, 204)

    @staticmethod
    def _deleted_response(broker, status, text=''):
        named = {'X-Account-Status': 'Deleted'} if broker.is_status_deleted() else {}
        return answer(status, named, text)

    def post(self, request):
        place = Place(request.environ['PATH_INFO'], 3)
        timestamp = self.timestamp(request)
        return self.in_thread(place.device, self._post, request, place, timestamp)

    def _post(self, request, place, timestamp):
        broker = self._broker(place)
        if broker.is_deleted():
            return self._deleted_response(broker, 404, 'Not Found')
        updates = self.metadata_of(request, timestamp)
        if updates:
            broker.update_metadata(updates, self.check_metadata)
        return answer(204)

    # Reading

    def head(self, request):
        place = Place(request.environ['PATH_INFO'], 4)
        return self.in_thread(place.device, self._head, place, request)

    def _head(self, place, request):
        _, _, named = self._look(place)
        return server.head_answer(request, named)

    def get(self, request):
        place = Place(request.environ['PATH_INFO'], 3)
        query = self.listing_query(request, self.constraints.account_listing_limit)
        return self.in_thread(place.device, self._get, place, query)

    def _get(self, place, query):
        broker, _, named = self._look(place)
        return server.listing_response([self._shown(row) for row in broker.list_containers(query)], named)

    def _shown(self, row):
        if isinstance(row, Subdir):
            return {'subdir': row.name}
        name, count, size, put_timestamp, index = row
        shown = {'name': name, 'count': count, 'bytes': size, 'last_modified': server.iso(put_timestamp)}
        policy = self.cluster.policies.by_index(index)
        return shown if policy is None else {**shown, 'storage_policy': policy.name}

    def _look(self, place):
        """The broker, information and headers of an account that is there. Refuses with 404."""
        broker = self._broker(place)
        # Readers rather see old rows than wait.
        broker.commit_pending(hurry=True)
        info, metadata, stats = broker.look()
        named = _headers(info)
        if deleted_info(info):
            named = {name: value for name, value in named.items() if name.startswith('X-Backend')}
            raise Refused(404, 'Not Found', headers={**named, **(
                {'X-Account-Status': 'Deleted'} if status_deleted(info) else {})})
        for index, values in stats.items():
            policy = self.cluster.policies.by_index(index)
            if policy is not None:
                named |= {f'X-Account-Storage-Policy-{policy.name}-{name}': str(values[key]) for name, key in (
                    ('Container-Count', 'container_count'), ('Object-Count', 'object_count'),
                    ('Bytes-Used', 'bytes_used'))}
        return broker, info, {**named, **self.shown_metadata(metadata)}

    def replicate(self, request):
        return self._replication.respond(request)


def _headers(info):
    put, created = Timestamp(info['put_timestamp']), Timestamp(info['created_at'])
    return {'X-Account-Container-Count': str(info['container_count']),
            'X-Account-Object-Count': str(info['object_count']),
            'X-Account-Bytes-Used': str(info['bytes_used']),
            'X-Timestamp': created.normal, 'X-PUT-Timestamp': put.normal,
            'X-Backend-Timestamp': created.internal, 'X-Backend-PUT-Timestamp': put.internal,
            'X-Backend-DELETE-Timestamp': Timestamp(info['delete_timestamp']).internal,
            'X-Backend-Status-Changed-At': Timestamp(info['status_changed_at']).internal}


def app_factory(global_conf, **local_conf):
    """The Paste application."""
    return AccountServer({**global_conf, **local_conf})


