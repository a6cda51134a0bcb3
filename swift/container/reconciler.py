"""container-reconciler: moves objects that were written under another policy than their container's.

The queue is in account .misplaced_objects (see swift.container.misplaced). An entry is done with when the object is
at its container's policy, or something newer is, and a tombstone is where it was. Every step may be repeated: the
times given to the copies follow from the object's own.
"""
import collections
import datetime
import hashlib
import itertools
import logging
import os
import time

from essex import concurrency
from swift import backend
from swift import conf as options
from swift.container import misplaced
from swift.daemon import Daemon
from swift.db import policies
from swift.exceptions import BackendError, ConfigurationError, SwiftError
from swift.proxy import internal_client
from swift.timestamp import Timestamp, decode

LOG = logging.getLogger(__name__)
_KEPT = ('content-type', 'content-disposition', 'content-encoding', 'cache-control', 'content-language', 'expires',
         'x-delete-at', 'x-object-manifest', 'x-robots-tag', 'x-static-large-object')
# The copy is later than the object, what removes the object later than the copy: in any order they end the same.
_COPY, _TOMBSTONE = 3, 2

# `stamp`: Timestamp of the object's data; `recorded`: of the row.
Task = collections.namedtuple('Task', 'queue entry policy account container obj stamp recorded delete')


class ContainerReconciler(Daemon):
    """Options: interval, concurrency, reclaim_age, request_tries, processes, process, node_timeout, conn_timeout,
    internal_client_conf_path.

    `client`: the InternalClient to use instead of one by the configuration.
    """

    section = 'container-reconciler'
    interval = 30

    def __init__(self, conf, client=None):
        super().__init__(conf)
        self.concurrency = options.integer(conf, 'concurrency', 1, 1)
        self.reclaim_age = options.number(conf, 'reclaim_age', 604800, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.processes = options.integer(conf, 'processes', 0, 0)
        self.process = options.integer(conf, 'process', 0, 0)
        if self.processes and self.process >= self.processes:
            raise ConfigurationError(f'process = {self.process}: must be below processes = {self.processes}')
        self.client = client or internal_client.of_daemon(conf, 'Swift Container Reconciler')
        self.ring = self.cluster.ring('container')
        self.stats = collections.Counter()

    def run_once(self):
        """One pass over the queue."""
        began, self.stats = time.time(), collections.Counter()
        pool = concurrency.Pool(self.concurrency)
        for queue in self._queues():
            for row in self.client.iter_objects(misplaced.ACCOUNT, queue):
                task = parse(queue, row)
                if task is None:
                    self.stats['invalid_record'] += 1
                    LOG.error('%s/%s/%s: no entry of the queue', misplaced.ACCOUNT, queue, row.get('name'))
                elif self._is_ours(task):
                    pool.spawn_n(self._run, task)
            pool.waitall()
            self._remove_queue(queue)
        LOG.info('pass in %.1f s: %s', time.time() - began, dict(self.stats) or 'nothing to do')

    def _queues(self):
        names = [each['name'] for each in self.client.iter_containers(misplaced.ACCOUNT)]
        # This hour's first: its account row may not have arrived yet.
        now = misplaced.container_of(Timestamp.now().normal)
        return [now, *sorted((name for name in names if name != now), reverse=True)]

    def _is_ours(self, task):
        if not self.processes:
            return True
        digest = hashlib.md5(f'{task.queue}/{task.entry}'.encode(), usedforsecurity=False).hexdigest()
        return int(digest, 16) % self.processes == self.process

    def _run(self, task):
        try:
            outcome = self.reconcile(task)
            self.stats[outcome or 'retry'] += 1
            if outcome:
                self._pop(task)
        except Exception as error:
            self.stats['retry'] += 1
            LOG.warning('%s: stays queued: %s', task.entry, error)

    def reconcile(self, task):
        """Put right what an entry is about. A word for what was done; None when it must be tried again."""
        wanted = self.policy_of(task.account, task.container)
        if wanted is None or self.cluster.policies.by_index(task.policy) is None:
            return None
        if wanted == task.policy:
            return 'noop_object'
        if self._stamp_at(task, wanted) >= task.stamp:
            # Something newer is where it belongs, or our copy of an earlier pass.
            self._bury(task, task.policy)
            return 'found_object'
        if task.delete:
            self._bury(task, wanted)
            self._bury(task, task.policy)
            return 'deleted_object'
        return self._move(task, wanted)

    def _move(self, task, wanted):
        status, headers, pieces = self.client.get_object(
            task.account, task.container, task.obj, acceptable_statuses=(2, 4), query='symlink=get',
            headers={'X-Newest': 'true', 'X-Backend-Storage-Policy-Index': str(task.policy),
                     'X-Backend-Ignore-Range-If-Metadata-Present': 'x-static-large-object'})
        try:
            if status // 100 != 2 or Timestamp(_stamp(headers)) < task.stamp:
                return self._lost(task)
            named = {'X-Timestamp': Timestamp(_stamp(headers), offset=_COPY).internal,
                     'X-Backend-Storage-Policy-Index': str(wanted), 'Content-Length': headers['Content-Length'],
                     'ETag': headers['ETag'].strip('"'), **_metadata(headers)}
            self.client.upload_object(_Body(pieces), task.account, task.container, task.obj, named,
                                      acceptable_statuses=(2, 409))
        finally:
            if hasattr(pieces, 'close'):
                pieces.close()
        self._bury(task, task.policy)
        return 'moved_object'

    def _lost(self, task):
        """The object is not where the entry says: perhaps its nodes are away. After reclaim_age nobody has it."""
        if time.time() - float(task.stamp) <= self.reclaim_age:
            return None
        LOG.error('%s: no replica of it was found for %d s: given up', task.entry, self.reclaim_age)
        return 'lost_source'

    def _stamp_at(self, task, policy):
        """The time of the data at a policy, or of its deletion; 0 for nothing."""
        response = self.client.make_request(
            'HEAD', self.client.make_path(task.account, task.container, task.obj),
            {'X-Newest': 'true', 'X-Backend-Storage-Policy-Index': str(policy)}, (2, 4), query='symlink=get')
        # Not that of its metadata: older data that heard of a POST is older than what is to be moved there.
        return Timestamp(response.headers.get('X-Backend-Data-Timestamp') or response.headers.get('X-Backend-Timestamp')
                         or _stamp(response.headers) or 0)

    def _bury(self, task, policy):
        """A tombstone at a policy, just later than the object; the container forgets that row."""
        self.client.delete_object(task.account, task.container, task.obj, {
            'X-Timestamp': Timestamp(task.stamp, offset=_TOMBSTONE).internal,
            'X-Backend-Storage-Policy-Index': str(policy)}, acceptable_statuses=(2, 404, 409))

    def policy_of(self, account, container):
        """The index of a container's policy, by a majority of its replicas; None when it cannot be told now."""
        part, nodes = self.ring.get_nodes(account, container)
        best, answers = None, 0
        for node in nodes:
            answer = self._ask(node, 'HEAD', backend.path(node['device'], part, account, container), {})
            if answer is None or (answer.status // 100 != 2 and answer.status != 404):
                continue
            answers += 1
            info = _info(answer.headers)
            if info and (best is None or policies.remote_is_better(best, info)):
                best = info
        if best is None or answers <= len(nodes) // 2:
            return None
        return best['storage_policy_index']

    def _pop(self, task):
        """Remove the entry, as it was, from all replicas of its container. Raises SwiftError when most kept it."""
        part, nodes = self.ring.get_nodes(misplaced.ACCOUNT, task.queue)
        named = {'X-Timestamp': Timestamp(task.recorded, offset=_TOMBSTONE).internal,
                 'X-Backend-Storage-Policy-Index': '0'}
        answers = [self._ask(node, 'DELETE', backend.path(node['device'], part, misplaced.ACCOUNT, task.queue,
                                                          task.entry), named) for node in nodes]
        done = sum(each is not None and (each.status // 100 == 2 or each.status == 404) for each in answers)
        if done <= len(nodes) // 2:
            raise SwiftError('too few replicas of the queue removed the entry')

    def _ask(self, node, method, target, named):
        try:
            return backend.request(node, method, target, {'User-Agent': f'container-reconciler {os.getpid()}', **named},
                                   timeout=self.node_timeout, conn_timeout=self.conn_timeout)
        except BackendError as error:
            LOG.warning('%s %s: %s', method, target, error)
            return None

    def _remove_queue(self, queue):
        """Delete a container of an hour that is over and holds nothing any more."""
        if queue == misplaced.container_of(Timestamp.now().normal) or next(
                iter(self.client.iter_objects(misplaced.ACCOUNT, queue)), None) is not None:
            return
        try:
            self.client.delete_container(misplaced.ACCOUNT, queue, acceptable_statuses=(2, 404, 409, 412))
        except SwiftError as error:
            LOG.warning('%s/%s: not deleted: %s', misplaced.ACCOUNT, queue, error)


class _Body:
    """Pieces as a file to read from."""

    def __init__(self, pieces):
        self._pieces, self._rest = iter(pieces), b''

    def read(self, size=-1):
        while size < 0 or len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        size = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def parse(queue, row):
    """The Task of a row (as in a JSON listing) of the queue, or None when it is none."""
    try:
        policy, account, container, obj = misplaced.parse_name(row['name'])
        done = row['content_type'].partition(';')[0].strip()
        if done not in ('application/x-put', 'application/x-delete'):
            return None
        moment = datetime.datetime.fromisoformat(row['last_modified']).replace(tzinfo=datetime.UTC)
        recorded = Timestamp(f'{int(moment.timestamp())}.{moment.microsecond // 10:05d}')
        return Task(queue, row['name'], policy, account, container, obj, decode(row['hash'])[0], recorded,
                    done.endswith('delete'))
    except (KeyError, ValueError):
        return None


def _stamp(headers):
    return headers.get('X-Backend-Data-Timestamp') or headers.get('X-Timestamp')


def _metadata(headers):
    """What of an answer's headers belongs to the object."""
    return dict(itertools.chain(
        ((name, value) for name, value in headers.items() if name.lower() in _KEPT),
        ((name, value) for name, value in headers.items() if name.lower().startswith(
            ('x-object-meta-', 'x-object-sysmeta-', 'x-object-transient-sysmeta-')))))


def _info(headers):
    """What swift.db.policies compares, of a container server's answer; None when it has never had the container."""
    if 'X-Backend-Storage-Policy-Index' not in headers:
        return None
    return {'put_timestamp': headers.get('X-Backend-PUT-Timestamp', '0'),
            'delete_timestamp': headers.get('X-Backend-DELETE-Timestamp', '0'),
            'status_changed_at': headers.get('X-Backend-Status-Changed-At', '0'),
            'count': int(headers.get('X-Container-Object-Count', 0)),
            'storage_policy_index': int(headers['X-Backend-Storage-Policy-Index'])}
