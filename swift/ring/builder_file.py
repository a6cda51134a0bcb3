"""Builder files, in the original's format: a pickle of plain values, read by an unpickler that knows nothing else."""
import array
import contextlib
import fcntl
import os
import pickle  # written here; read by _Plain alone
import shutil
import time

from swift.ring import ring_file
from swift.ring.builder import NO_DEVICE, BuilderError, RingBuilder

# Names in the file, and in RingBuilder.
_KEYS = {'part_power': 'part_power', 'next_part_power': 'next_part_power', 'replicas': 'replicas',
         'min_part_hours': 'min_part_hours', 'parts': 'parts', 'devs': 'devs', 'devs_changed': 'devs_changed',
         'version': 'version', 'overload': 'overload', '_replica2part2dev': 'rows',
         '_last_part_moves_epoch': 'last_moves_epoch', '_last_part_moves': 'last_moves',
         '_dispersion_graph': 'graph', 'dispersion': 'dispersion', '_remove_devs': 'removed', 'id': 'id'}


class _Plain(pickle.Unpickler):
    """Unpickles numbers, texts, lists, dicts and arrays."""

    def find_class(self, module, name):
        if (module, name) in (('array', 'array'), ('array', '_array_reconstructor')):
            return getattr(array, name)
        raise pickle.UnpicklingError(f'it contains {module}.{name}')


def load(path):
    """The RingBuilder of a file. Raises BuilderError."""
    try:
        with open(path, 'rb') as file:
            values = _Plain(file, encoding='latin-1').load()   # files of Python 2 as well
        builder = RingBuilder(values['part_power'], values['replicas'], values['min_part_hours'])
        for key, name in _KEYS.items():
            if key in values and name not in ('parts',):
                setattr(builder, name, values[key])
        _complete(builder)
        return builder
    except FileNotFoundError:
        raise BuilderError(f'Ring Builder file does not exist: {path}') from None
    except (OSError, EOFError, pickle.UnpicklingError, KeyError, TypeError, ValueError, AttributeError, IndexError,
            BuilderError) as error:
        raise BuilderError(f'Ring Builder file is invalid: {path}: {error}') from error


def _complete(builder):
    """What older files lack."""
    builder.replicas = float(builder.replicas)
    builder.rows = builder.rows or []
    builder.graph = builder.graph or {}
    builder.last_moves = array.array('B', builder.last_moves or [])
    for row in builder.rows:
        if not isinstance(row, array.array):
            raise ValueError('a row of partitions is no array')
    builder.rows = [array.array('H', row) for row in builder.rows]
    for device in builder.present():
        for name, value in (('region', 1), ('meta', ''), ('replication_ip', device['ip']), ('parts_wanted', 0),
                            ('replication_port', device['port']), ('parts', 0)):
            if device.get(name) is None:
                device[name] = value
    known = {device['id'] for device in builder.present()} | {NO_DEVICE}
    if not all(known.issuperset(row) for row in builder.rows):
        raise ValueError('partitions are on devices that do not exist')
    builder.removed = [builder.devs[device['id']] for device in builder.removed or []]


def save(path, builder):
    """Write the builder file: whole or not at all."""
    values = {key: getattr(builder, name) for key, name in _KEYS.items()}
    values.update(_last_part_gather_start=0, dev_id_bytes=2, _replica2part2dev=builder.rows or None,
                  _last_part_moves=builder.last_moves or None)
    ring_file.replace(path, pickle.dumps(values, protocol=2))


def backup(path):
    """Keep a copy of a file in `backups/` beside it, under the time; returns the copy's path."""
    directory = os.path.join(os.path.dirname(os.path.abspath(path)), 'backups')
    os.makedirs(directory, exist_ok=True)
    stamp = int(time.time())
    while os.path.exists(copy := os.path.join(directory, f'{stamp}.{os.path.basename(path)}')):
        stamp += 1
    if os.path.exists(path):
        shutil.copy2(path, copy)
    return copy


@contextlib.contextmanager
def lock(path):
    """Let one run at a time work on a builder file. Raises BuilderError when another one does."""
    directory = os.path.dirname(os.path.abspath(path))
    try:
        file = open(os.path.join(directory, f'.{os.path.basename(path)}.lock'), 'ab')   # noqa: SIM115 (closed below)
    except OSError as error:
        raise BuilderError(f'{directory} cannot be written: {error.strerror}') from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuilderError(f'another swift-ring-builder is working on {path}') from None
        yield


def from_ring(data, min_part_hours):
    """A RingBuilder that would have made a RingData: all but the hours since the last moves, which count as passed."""
    builder = RingBuilder(data.part_power, data.replica_count, min_part_hours)
    builder.devs = [each and {'parts': 0, 'parts_wanted': 0, **each} for each in data.devs]
    builder.rows = [array.array('H', row) for row in data.assignments]
    builder.next_part_power, builder.version = data.next_part_power, data.version or 0
    builder.pretend_min_part_hours_passed()
    builder.last_moves = array.array('B', [255]) * builder.parts
    builder.recount()
    return builder
