"""object-expirer: deletes objects whose time is over, as the queue in account .expiring_objects says.

A queue entry is `<delete at>-<account>/<container>/<object>` in a container named by a time not after it. Entries of
content type application/async-deleted are segments of large objects to be deleted regardless of their expiry.
"""
import collections
import datetime
import hashlib
import logging
import os
import time
from urllib.parse import unquote

from essex import concurrency
from swift import backend, expiring, recon_cache
from swift import conf as options
from swift.daemon import Daemon
from swift.exceptions import BackendError, ConfigurationError, SwiftError
from swift.pace import Pace
from swift.proxy import internal_client
from swift.proxy.internal_client import UnexpectedResponse
from swift.timestamp import Timestamp

LOG = logging.getLogger(__name__)

# `due`: Timestamp; `created`: that of the queue's row (text).
Task = collections.namedtuple('Task', 'queue entry due account container obj asynchronous created')


class ObjectExpirer(Daemon):
    """Options: interval, report_interval, concurrency, tasks_per_second, expiring_objects_account_name,
    processes, process, request_tries, reclaim_age, internal_client_conf_path,
    delay_reaping_<account>[/<container>] (seconds; names URL-quoted), recon_cache_path.

    `client`: the InternalClient to use instead of one by the configuration.
    """

    section = 'object-expirer'
    interval = 300

    def __init__(self, conf, client=None):
        super().__init__(conf)
        self.report_interval = options.number(conf, 'report_interval', 300, 1)
        self.concurrency = options.integer(conf, 'concurrency', 1, 1)
        self.rate = options.number(conf, 'tasks_per_second', 50, 0)
        prefix = self.cluster.constraints.auto_create_account_prefix
        self.account = prefix + conf.get('expiring_objects_account_name', 'expiring_objects')
        self.processes = options.integer(conf, 'processes', 0, 0)
        self.process = options.integer(conf, 'process', 0, 0)
        if self.processes and self.process >= self.processes:
            raise ConfigurationError(f'process = {self.process}: must be below processes = {self.processes}')
        self.reclaim_age = options.number(conf, 'reclaim_age', 604800, 0)
        self.node_timeout = options.number(conf, 'node_timeout', 10, 0.1)
        self.conn_timeout = options.number(conf, 'conn_timeout', 0.5, 0.01)
        self.delays = _delays(conf)
        self.recon_path = conf.get('recon_cache_path', '/var/cache/swift')
        self.client = client or internal_client.of_daemon(conf, 'Swift Object Expirer')
        self.expired = self.failures = 0

    def run_once(self):
        """One pass: everything that is due now."""
        began, self.expired, self.failures = time.time(), 0, 0
        told = time.monotonic()
        pool, pace = concurrency.Pool(self.concurrency), Pace(self.rate)
        queues = [name for name in self._queues() if _seconds(name) <= began]
        LOG.info('pass begins: %d queues', len(queues))
        for queue in queues:
            for task in self._tasks(queue, began):
                pace.wait()
                pool.spawn_n(self._run, task)
                if time.monotonic() - told >= self.report_interval:
                    told = time.monotonic()
                    self._report(began, final=False)
            pool.waitall()
            self._remove_queue(queue)
        self._report(began, final=True)

    def _queues(self):
        """Names of the queue's containers."""
        names = [each['name'] for each in self.client.iter_containers(self.account)]
        return [name for name in names if _seconds(name) is not None]

    def _tasks(self, queue, now):
        """The Tasks of a container that are due and this process's own."""
        for row in self.client.iter_objects(self.account, queue):
            task = parse(queue, row)
            if task is None:
                LOG.error('%s/%s/%s: no entry of the queue', self.account, queue, row['name'])
                continue
            if float(task.due) > now:
                # In order of time: so are all that follow.
                return
            if not task.asynchronous and float(task.due) + self._delay(task) > now:
                continue
            if self._is_ours(task):
                yield task

    def _is_ours(self, task):
        if not self.processes:
            return True
        name = f'{task.queue}/{task.entry}'.encode()
        return int(hashlib.md5(name, usedforsecurity=False).hexdigest(), 16) % self.processes == self.process

    def _delay(self, task):
        return self.delays.get((task.account, task.container), self.delays.get((task.account, None), 0))

    def _run(self, task):
        try:
            if self._delete(task):
                self._pop(task)
                self.expired += 1
        except Exception as error:
            self.failures += 1
            LOG.warning('%s/%s: not expired: %s', task.queue, task.entry, error)

    def _delete(self, task):
        """Delete the object; whether the entry is done with."""
        path = self.client.make_path(task.account, task.container, task.obj)
        if task.asynchronous:
            headers = {'X-Timestamp': Timestamp(task.created).internal}
        else:
            headers = {'X-Timestamp': task.due.normal, 'X-If-Delete-At': str(int(task.due)),
                       # The entry is ours to remove, and only afterwards.
                       'X-Backend-Clean-Expiring-Object-Queue': 'no'}
        try:
            # 409: something newer is there, which this entry is not about.
            self.client.make_request('DELETE', path, headers, (2, 409))
        except UnexpectedResponse as error:
            if error.resp.status_int not in (404, 412):
                raise
            # It may be that the object has only not arrived where it was looked for.
            return task.asynchronous or float(task.due) <= time.time() - self.reclaim_age
        return True

    def _pop(self, task):
        """Remove the entry from all replicas of its container. Raises BackendError when none could."""
        ring = self.cluster.ring('container')
        part, nodes = ring.get_nodes(self.account, task.queue)
        headers = {'X-Timestamp': Timestamp.now().internal, 'X-Backend-Storage-Policy-Index': '0',
                   'User-Agent': f'object-expirer {os.getpid()}'}
        done, problem = 0, None
        for node in nodes:
            target = backend.path(node['device'], part, self.account, task.queue, task.entry)
            try:
                answer = backend.request(node, 'DELETE', target, headers, timeout=self.node_timeout,
                                         conn_timeout=self.conn_timeout)
                done += 200 <= answer.status < 300 or answer.status == 404
            except BackendError as error:
                problem = error
        if not done:
            raise problem or SwiftError(f'no replica of {task.queue} removed the entry')

    def _remove_queue(self, queue):
        """Delete a container of the queue when it is empty; the next entry would make it again."""
        if next(iter(self.client.iter_objects(self.account, queue)), None) is None:
            try:
                self.client.delete_container(self.account, queue, acceptable_statuses=(2, 404, 409))
            except SwiftError as error:
                LOG.warning('%s/%s: not deleted: %s', self.account, queue, error)

    def _report(self, began, final):
        elapsed = time.time() - began
        LOG.info('%s in %.0f s: %d objects expired, %d failures', 'pass' if final else 'so far', elapsed,
                 self.expired, self.failures)
        if final:
            recon_cache.dump(self.recon_path, 'object', {
                'object_expiration_pass': elapsed, 'expired_last_pass': self.expired})


def parse(queue, row):
    """The Task of a row (as in a JSON listing) of the queue, or None when it is none."""
    text, _, path = row['name'].partition('-')
    names = path.split('/', 2)
    if not (text.isascii() and text.isdecimal()) or len(names) != 3 or not all(names):
        return None
    asynchronous = row.get('content_type', '').split(';')[0].strip() == expiring.ASYNC_DELETE
    try:
        created = row.get('timestamp') or _moment(row['last_modified'])
        return Task(queue, row['name'], Timestamp(text), *names, asynchronous, created)
    except (KeyError, ValueError):
        return None


def _moment(isoformat):
    """Seconds (text) of a listing's last_modified."""
    found = datetime.datetime.fromisoformat(isoformat).replace(tzinfo=datetime.UTC)
    return f'{int(found.timestamp())}.{found.microsecond // 10:05d}'


def _seconds(name):
    return int(name) if name.isascii() and name.isdecimal() else None


def _delays(conf):
    """{(account, container or None): seconds} of the delay_reaping_... options."""
    found = {}
    for name in conf:
        if name.startswith('delay_reaping_'):
            account, slash, container = name[len('delay_reaping_'):].partition('/')
            if not account or (slash and not container):
                raise ConfigurationError(f'{name}: delay_reaping_<account>[/<container>]')
            found[(unquote(account), unquote(container) if slash else None)] = options.number(conf, name, 0, 0)
    return found
