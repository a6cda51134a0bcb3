"""SSYNC of fragment archives: what is offered, what is wanted, and archives sent as they are or rebuilt on the way.

The exchange is about the fragments of one index, X-Backend-Ssync-Frag-Index: those the receiver is to have.
"""
import contextlib
import itertools
import os
import time

from essex import concurrency
from swift import erasure
from swift.exceptions import BackendError
from swift.headers import whole
from swift.obj import errors, fragments, partition, ssync_wire
from swift.obj.ssync_sender import Sender, SyncFailed

_COMMIT_WINDOW = 60     # seconds; whoever writes an archive may still be about to make it durable


class FragmentSender(Sender):
    """Brings fragments of an index to a node. `rebuild` (see Rebuilder) makes those that are not here; without it what
    is here of that index is offered, also what is not durable, and tombstones.
    """

    def __init__(self, *args, index, rebuild=None, **more):
        super().__init__(*args, **more)
        self._index, self._rebuild = index, rebuild

    def _request_headers(self):
        return {**super()._request_headers(), 'X-Backend-Ssync-Frag-Index': str(self._index),
                'X-Backend-Ssync-Node-Index': str(self.node.get('index', self._index))}

    def _found(self):
        for found in super()._found():
            if found.chosen.tombstone and found.chosen.fragments:
                # What was put since then is not offered along with it, and does not go with it.
                yield found._replace(names=frozenset([found.chosen.tombstone.name]))
            elif found.chosen.tombstone or not found.names:
                yield found
            elif self._rebuild is None:
                found = self._of_index(found)
                if found is not None:
                    yield found
            elif found.moments is not None:
                yield found

    def _of_index(self, found):
        """`found` as if its archive of our index was all there is; None when there is none, or a PUT is at it."""
        times = sorted(found.chosen.fragments, key=lambda when: (found.chosen.data is None
                                                                  or when != found.chosen.data.timestamp, when))
        for when in times:
            file = next((each for each in found.chosen.fragments[when] if each.index == self._index), None)
            if file is None or not (file.durable or self._is_settled(found, file)):
                continue
            chosen = fragments.Selection([(when, ())], self._index).narrow(found.chosen)
            names = frozenset(each.name for each in chosen[:3] if each)
            return partition.Found(found.hash, names, chosen, partition.moments(chosen))
        return None

    def _is_settled(self, found, file):
        try:
            return os.stat(f'{self._directory(found)}/{file.name}').st_mtime < time.time() - _COMMIT_WINDOW
        except FileNotFoundError:
            return False

    def _line(self, found):
        durable = found.moments.deleted or self._is_durable(found)
        return ssync_wire.encode_missing(found.hash, *found.moments[:3], durable=durable)

    @staticmethod
    def _is_durable(found):
        return any(each.durable for each in found.chosen.fragments.get(found.moments.data, ()))

    @contextlib.contextmanager
    def _data(self, found):
        file = self.manager.from_hash(self.device, self.part, found.hash, self.policy)
        held = {each.index for each in found.chosen.fragments[found.moments.data]}
        index = self._index if self._index in held else None
        file.selection = fragments.Selection([(found.moments.data, ())], index)
        with concurrency.in_thread(file.open, expired=True) as opened:
            if opened.data_timestamp != found.moments.data:
                raise errors.NotExist(f'{file.path} has changed since it was offered')
            values = dict(opened.data_metadata)
            if not self._is_durable(found):
                values['X-Backend-No-Commit'] = 'True'
            if index is not None:
                yield values, opened.size, self._pieces(opened)
                return
        # The receiver finds out the MD5 of what has never been anywhere.
        del values['ETag']
        values[erasure.INDEX] = str(self._index)
        with contextlib.closing(self._rebuild(values, found.moments.data, self._index)) as rebuilt:
            yield values, int(values['Content-Length']), rebuilt


def wanted_parts(found, index, ts_data, ts_meta, ts_ctype, durable):
    """(data, metadata, make durable): what is wanted of what is offered, given partition.Found of what is here.

    `index` of the fragments that are offered; the last says that the archive is here, and only has to be marked.
    """
    here, chosen = found.moments, found.chosen
    if here is not None and (here.data > ts_data or here.deleted and here.data >= ts_data):
        return False, False, False
    is_durable = here is not None and not here.deleted and here.data == ts_data
    meta = ts_meta > ts_data
    if is_durable:
        meta = ts_meta > here.meta or ts_ctype > here.content_type
    held = {each.index for each in chosen.fragments.get(ts_data, ())}
    if index is None and held or index in held:
        return False, meta and (is_durable or durable), durable and not is_durable
    return True, meta, False


class Rebuilder:
    """Computes archives from those of other nodes: rebuilder(metadata, when, index).

    `ring`, `policy` and `part` of the objects; get(node, name, when, unwanted) gives a Response with an archive of an
    object and time whose index is not in `unwanted`, or None; `progress()` is called after each segment.
    """

    def __init__(self, ring, policy, part, get, progress=lambda: None):
        self._ring, self._policy, self._part = ring, policy, part
        self._get, self._progress = get, progress

    def __call__(self, values, when, index):
        """Rebuilt: an iterable of the bytes of an archive, given the metadata of another. Raises NotExist."""
        code = self._policy.code
        code = code.sized(whole(values.get(erasure.SEGMENT_SIZE)) or code.segment_size)
        size = code.archive_size(int(values[erasure.LENGTH]))
        sources, unwanted = [], [index]
        try:
            for node in self._nodes(index):
                if code.is_enough(unwanted[1:]):
                    break
                answer = self._get(node, values['name'], when, unwanted)
                if answer is None:
                    continue
                sources.append(answer)
                held = whole(answer.headers.get(erasure.INDEX))
                if held in unwanted or answer.headers.get('content-length') != str(size):
                    sources.pop().close()
                    continue
                unwanted.append(held)
            if not code.is_enough(unwanted[1:]):
                raise errors.NotExist(f'{values["name"]}: {len(sources)} fragments were found, {code.scheme} needs '
                                      f'more: {index} cannot be rebuilt')
        except BaseException:
            for answer in sources:
                answer.close()
            raise
        return _Rebuilt(code, int(values[erasure.LENGTH]), sources, index, self._progress)

    def _nodes(self, index):
        primaries = self._ring.get_part_nodes(int(self._part))
        others = itertools.islice(self._ring.get_more_nodes(int(self._part)), len(primaries))
        return [*primaries[:index], *primaries[index + 1:], *others, primaries[index]]


class _Rebuilt:
    """The bytes of an archive, computed from `sources` (Responses) segment by segment."""

    def __init__(self, code, length, sources, index, progress):
        self._code, self._length, self._sources = code, length, sources
        self._index, self._progress = index, progress

    def __iter__(self):
        code = self._code
        try:
            for segment in range(code.segments(self._length)):
                size = code.fragment_size(min(code.segment_size, self._length - segment * code.segment_size))
                pieces = [answer.read_exactly(size) for answer in self._sources]
                yield concurrency.in_thread(code.rebuild, pieces, self._index)
                self._progress()
        except (BackendError, erasure.CodeError) as error:
            # The peer must never take what follows for the rest of the archive: break off.
            raise SyncFailed(f'fragment {self._index} cannot be rebuilt: {error}') from error

    def close(self):
        """Break off with the sources that were not read to their end."""
        for answer in self._sources:
            answer.close()
