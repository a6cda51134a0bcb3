"""object-reconstructor: every fragment of an erasure-coded object is, or is rebuilt, on the node of its index.

A primary compares the partition with its neighbours' (left, right and opposite) and rebuilds what they lack; what is
here but belongs to another index goes to that one's node. Both travel by SSYNC.
"""
import functools
import json
import logging
from urllib.parse import quote

from essex import concurrency
from swift import backend, erasure, recon_cache
from swift import conf as options
from swift.exceptions import BackendError, DriveNotMounted, SwiftError
from swift.headers import whole
from swift.obj import fragments, hashes, partition
from swift.obj.replicator import ObjectReplicator
from swift.obj.ssync_fragments import FragmentSender, Rebuilder

LOG = logging.getLogger(__name__)


class ObjectReconstructor(ObjectReplicator):
    """Options: those of the object-replicator with ssync, and handoffs_only (true: nothing is rebuilt)."""

    section = 'object-reconstructor'

    def __init__(self, conf):
        super().__init__({**conf, 'sync_method': 'ssync'})
        self.handoffs_only = options.boolean(conf, 'handoffs_only', False)

    @staticmethod
    def handles(policy):
        """Whether its objects are this daemon's."""
        return policy.code is not None

    def _hashes(self, job, recalculate=()):
        return concurrency.in_thread(hashes.partition_hashes, job.path, recalculate, self.reclaim_age, by_index=True)

    def _primaries(self, job):
        return self.cluster.ring('object', job.policy).get_part_nodes(int(job.part))

    def _update(self, job):
        """Make a partition of ours equal on its neighbours."""
        primaries = self._primaries(job)
        place = next(place for place, node in enumerate(primaries) if node['id'] == job.device['id'])
        code = job.policy.code
        mine = code.index_at(place)
        hashed, ours = self._hashes(job)
        self.stats['suffix_hash'] += hashed
        self.stats['suffix_count'] += len(ours)
        for index in sorted(_indexes(ours, code.total) - {mine}):
            self._give(job, index)
        if self.handoffs_only:
            return
        for other in _neighbours(place, len(primaries)):
            self._sync_neighbour(job, primaries[other], code.index_at(other), mine, ours)

    def _sync_neighbour(self, job, node, index, mine, ours):
        ring = self.cluster.ring('object', job.policy)
        stand_ins = (each for each in ring.get_more_nodes(int(job.part)) if each['id'] != job.device['id'])
        while node is not None:
            try:
                self._equal_fragments(job, node, index, mine, ours)
                self.stats['success'] += 1
                return
            except DriveNotMounted:
                # Its disk is gone: the next node of the ring keeps its fragments until it is back.
                self._failed(node)
                node = next(stand_ins, None)
            except (BackendError, SwiftError) as error:
                LOG.warning('%s: %s', job.path, error)
                self._failed(node)
                return

    def _equal_fragments(self, job, node, index, mine, ours):
        theirs = self._replicate(job, node)
        different = _different(ours, theirs, mine, index)
        if different:
            # Ours may be those of before a change that both have seen.
            hashed, again = self._hashes(job, different)
            self.stats['suffix_hash'] += hashed
            different = _different(again, theirs, mine, index)
        if not different:
            self.stats['hashmatch'] += 1
            return
        ring = self.cluster.ring('object', job.policy)
        rebuild = Rebuilder(ring, job.policy, job.part, functools.partial(self._get, job), self._progress)
        self._send(job, node, index, different, rebuild)
        self.stats['suffix_sync'] += len(different)
        self._replicate(job, node, different)

    def _send(self, job, node, index, suffixes, rebuild=None):
        self.stats['rsync'] += 1
        return FragmentSender(self.manager, job.device['device'], node, job.part, job.policy, suffixes,
                              self.http_timeout, self.conn_timeout, self.chunk_size, self.reclaim_age, self._progress,
                              index=index, rebuild=rebuild).run()

    def _get(self, job, node, name, when, unwanted):
        """An archive of an object and time, a Response, or None."""
        headers = {'X-Backend-Storage-Policy-Index': str(job.policy.idx), 'X-Backend-Replication': 'True',
                   'X-Backend-Fragment-Preferences': json.dumps([{'timestamp': when.internal, 'exclude': unwanted}])}
        try:
            answer = backend.Exchange(node, 'GET', backend.path(node['device'], job.part) + quote(name), headers,
                                      timeout=self.node_timeout, conn_timeout=self.conn_timeout).response()
        except BackendError:
            return None
        same = answer.headers.get('x-backend-data-timestamp') == when.internal
        if answer.status == 200 and same and whole(answer.headers.get(erasure.INDEX)) is not None:
            return answer
        answer.close()
        return None

    def _give(self, job, index):
        """Send its primaries the fragments of an index that are here, and remove those. Whether they have them."""
        owners = job.policy.code.owners(self._primaries(job), index)
        held = self._send_all(job, [(index, node) for node in owners])
        # A new ring may have made it ours while we gave it away.
        if held is None or owners != job.policy.code.owners(self._primaries(job), index):
            return False
        self.stats['success'] += 1
        concurrency.in_thread(fragments.give_away, job.path, held, index)
        return True

    def _send_all(self, job, targets):
        """{hash: names} of what all `targets` [(index, node)] have now, or None when one could not be reached."""
        held, failed = None, False
        for index, node in targets:
            try:
                confirmed = self._send(job, node, index, None)
            except (BackendError, SwiftError) as error:
                LOG.warning('%s: %s', job.path, error)
                self._failed(node)
                failed = True
                continue
            held = confirmed if held is None else {
                name: names for name, names in held.items() if confirmed.get(name) == names}
        return None if failed else held

    def _revert(self, job):
        """A partition that is not ours: fragments go to the nodes of their indexes, tombstones to all."""
        self._handoffs_left += 1
        code = job.policy.code
        _, ours = self._hashes(job)
        given = [self._give(job, index) for index in sorted(_indexes(ours, code.total))]
        held = {}
        if any(None in each for each in ours.values()):
            held = self._send_all(job, [(code.index_at(place), node)
                                        for place, node in enumerate(self._primaries(job))])
        if held is None or not all(given) or self._is_ours_now(job):
            return
        # Of what has fragments left nothing goes: its names are others by now, or were never offered.
        if concurrency.in_thread(partition.remove, job.path, held):
            self.stats['remove'] += 1
            self._handoffs_left -= 1

    def _dump(self, now, minutes):
        recon_cache.dump(self.recon_path, 'object', {
            'object_reconstruction_time': minutes, 'object_reconstruction_last': now,
            'reconstruction_stats': self.stats})


def _indexes(ours, total):
    return {index for each in ours.values() for index in each if index is not None and index < total}


def _neighbours(mine, total):
    return sorted({(mine - 1) % total, (mine + 1) % total, (mine + total // 2) % total} - {mine})


def _different(ours, theirs, mine, index):
    """The suffixes whose objects are others there, or lack the fragments of that node's index."""
    different = set()
    for suffix, value in ours.items():
        other = theirs.get(suffix)
        if not isinstance(other, dict) or value.get(None) != other.get(None) or value.get(mine) != other.get(index):
            different.add(suffix)
    return different

