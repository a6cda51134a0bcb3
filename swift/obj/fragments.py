"""Fragment archives on disk: which of them a request is about, making them durable, giving them away."""
import contextlib
import errno
import json
import os

from essex import failpoint
from swift import erasure
from swift.headers import whole
from swift.obj import async_pending, hashes, increase, layout, metadata
from swift.obj.errors import NotExist
from swift.timestamp import Timestamp


class Selection:
    """Which archive is wanted. `preferences` [(Timestamp, {indexes not wanted})] in order, then any other time's; None:
    only what is durable. `index` of the fragment, None: any.
    """

    def __init__(self, preferences=None, index=None):
        self.preferences, self.index = preferences, index

    def narrow(self, chosen):
        """`chosen` (layout.Chosen) with `data` the archive that is wanted, None when there is none such."""
        data = next(self._candidates(chosen), None)
        if data is None:
            return chosen._replace(data=None)
        return chosen._replace(data=data, tombstone=None, meta=_newer(chosen.meta, data),
                               content_type=_newer(chosen.content_type, data))

    def _candidates(self, chosen):
        if self.preferences is None:
            yield from self._at(chosen, chosen.data and chosen.data.timestamp)
            return
        named = [when for when, _ in self.preferences]
        for when, unwanted in self.preferences:
            yield from self._at(chosen, when, unwanted)
        for when in sorted(chosen.fragments, reverse=True):
            if when not in named:
                yield from self._at(chosen, when)

    def _at(self, chosen, when, unwanted=()):
        return (each for each in chosen.fragments.get(when, ())
                if each.index not in unwanted and self.index in (None, each.index))


def _newer(meta, data):
    return meta if meta and meta.timestamp > data.timestamp else None


def preferences(text):
    """The preferences of an X-Backend-Fragment-Preferences header, None without. Raises ValueError."""
    if text is None:
        return None
    try:
        return [(Timestamp(each['timestamp']), frozenset(int(index) for index in each.get('exclude', ())))
                for each in json.loads(text)]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f'not a list of timestamps: {error}') from error


def flawed(file, data):
    """What is wrong with the metadata of an archive (dict) that a layout.File names, or None."""
    if data.get(erasure.INDEX) != str(file.index):
        return f'its fragment index is {data.get(erasure.INDEX)}, its name says {file.index}'
    missing = [name for name in (erasure.ETAG, erasure.LENGTH) if name not in data]
    return f'the metadata has no {missing[0]}' if missing else None


def each(file):
    """A DiskFile for each archive in the directory of `file`, `file` itself when there is none."""
    chosen = layout.choose(layout.listed(file.path))
    found = [(when, archive.index) for when, files in chosen.fragments.items() for archive in files]
    for when, index in found:
        one = file.manager.from_hash(file.device, file.partition, file.hash, file.policy)
        one.selection = Selection([(when, ())], index)
        yield one
    if not found:
        yield file


def check_headers(opened):
    """See that every fragment of an open archive is one, and of its index. Raises Quarantined."""
    values, code = opened.data_metadata, opened.diskfile.policy.code
    code = code.sized(whole(values.get(erasure.SEGMENT_SIZE)) or code.segment_size)
    if opened.size != code.archive_size(whole(values[erasure.LENGTH]) or 0):
        raise opened.diskfile.quarantine(f'{opened.size} bytes are no fragments of {values[erasure.LENGTH]}')
    for place in range(0, opened.size, code.fragment_size()):
        try:
            index = code.index_of(opened.peek(place, erasure.HEADER))
        except erasure.CodeError as error:
            raise opened.diskfile.quarantine(f'at byte {place}: {error}') from error
        if str(index) != values[erasure.INDEX]:
            raise opened.diskfile.quarantine(f'at byte {place}: a fragment of index {index}')


def told(chosen):
    """{header: value} of what is here of an object, for who puts it together."""
    held = {when.internal: [each.index for each in files] for when, files in chosen.fragments.items()}
    found = {'X-Backend-Fragments': json.dumps(held)}
    durable = durable_time(chosen)
    if durable is not None:
        found['X-Backend-Durable-Timestamp'] = durable.internal
    return found


def durable_time(chosen):
    """The Timestamp of the durable archives, None without."""
    return max((when for when, files in chosen.fragments.items() if any(each.durable for each in files)), default=None)


def make_durable(file, when, index):
    """Mark an archive of a DiskFile, so that it is read, and remove what is older. Harmless when it is marked.

    Raises NotExist when it is not there, and nothing newer explains that.
    """
    before, after = (layout.fragment_name(when, index, durable) for durable in (False, True))
    with hashes.locked(file.partition_path, shared=True):
        hashes.invalidate(file.partition_path, file.hash[-3:])
        failpoint.reach('object.durable.before')
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            os.link(metadata.sidecar(f'{file.path}/{before}'), metadata.sidecar(f'{file.path}/{after}'))
        try:
            os.rename(f'{file.path}/{before}', f'{file.path}/{after}')
        except FileNotFoundError:
            chosen = layout.choose(layout.listed(file.path))
            newest = max((each.timestamp for each in (chosen.data, chosen.tombstone) if each), default=None)
            if newest is None or newest < when:
                raise NotExist(f'{file.path}/{before}') from None
        async_pending.sync_directory(file.path)
        failpoint.reach('object.durable.after')
        file.clean_up()
    increase.follow(file)


def give_away(partition_path, held, index):
    """Remove the archives of an index that another node has now: `held` is {hash: [names]}.

    What was written since stays; so does the rest of an object, but for metadata that is of nothing any more.
    """
    with hashes.locked(partition_path):
        for suffix in sorted({name[-3:] for name in held}):
            hashes.invalidate(partition_path, suffix)
        for name_hash, names in held.items():
            _give_away_object(f'{partition_path}/{name_hash[-3:]}/{name_hash}', names, index)
        for suffix in {name[-3:] for name in held}:
            _rmdir(f'{partition_path}/{suffix}')


def _give_away_object(directory, names, index):
    for name in names:
        file = layout.parse(name)
        if file and file.index == index:
            for each in (name, f'.{name}.xattr'):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(f'{directory}/{each}')
    left = layout.choose(layout.listed(directory))
    if left.data is None and left.tombstone is None and not left.fragments:
        # Only what was on offer: what a POST has left since goes with the next pass.
        for name in {each.name for each in left[:4] if each} & set(names):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f'{directory}/{name}')
    _rmdir(directory)


def _rmdir(path):
    try:
        os.rmdir(path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
            raise
