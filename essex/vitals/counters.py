"""How much work the daemons of this process did in the last minute, and how long it took.

Kept in slots of five seconds with a histogram each, so that counting costs about a microsecond and memory does not
grow with the work.
"""
import collections
import math
import time

SLOT_SECONDS, SLOTS = 5, 12
WINDOW_SECONDS = SLOT_SECONDS * SLOTS
# Four to each doubling, from 0.1 ms to 100 s: a percentile is right within a tenth.
_PER_DOUBLING, _SMALLEST_MS, _BUCKETS = 4, 0.1, 80

_windows = {}


class _Slot:
    __slots__ = ('index', 'count', 'failed', 'buckets')

    def __init__(self, index):
        self.index, self.count, self.failed = index, 0, 0
        self.buckets = collections.Counter()


class _Window:
    __slots__ = ('slots', 'total', 'failed', 'born')

    def __init__(self, now):
        self.slots = collections.deque([_Slot(int(now) // SLOT_SECONDS)], SLOTS + 1)
        self.total = self.failed = 0
        self.born = now


def record(daemon, kind, seconds, failed=False):
    """`daemon` did one piece of work of a kind (`http`, `rpc`, `step`) in `seconds`."""
    now = time.monotonic()
    window = _windows.get((daemon, kind))
    if window is None:
        window = _windows[daemon, kind] = _Window(now)
    slot, index = window.slots[-1], int(now) // SLOT_SECONDS
    if slot.index != index:
        slot = _Slot(index)
        window.slots.append(slot)
    slot.count += 1
    window.total += 1
    if failed:
        slot.failed += 1
        window.failed += 1
    steps = math.log2(seconds * 1000 / _SMALLEST_MS) * _PER_DOUBLING if seconds > 1e-4 else 0
    slot.buckets[min(int(steps), _BUCKETS - 1)] += 1


def snapshot():
    """{daemon: {kind: numbers}} with `per_second`, `p50_ms`, `p95_ms` (None without work), `count` and `failed` of the
    last minute, `series`: how many in each of its twelve slots, the newest last; `total`, `total_failed` since the
    start."""
    found, now = {}, time.monotonic()
    for (daemon, kind), window in list(_windows.items()):
        found.setdefault(daemon, {})[kind] = _numbers(window, now)
    return found


def _numbers(window, now):
    newest = int(now) // SLOT_SECONDS
    slots = [slot for slot in list(window.slots) if newest - slot.index < SLOTS]
    series, buckets = [0] * SLOTS, collections.Counter()
    for slot in slots:
        series[SLOTS - 1 - (newest - slot.index)] = slot.count
        buckets.update(slot.buckets)
    count = sum(series)
    # The newest slot has only begun.
    covered = WINDOW_SECONDS - SLOT_SECONDS + now % SLOT_SECONDS
    return {'count': count, 'failed': sum(slot.failed for slot in slots), 'series': series,
            'per_second': round(count / max(1, min(covered, now - window.born)), 3),
            'p50_ms': _percentile(buckets, count, 0.5), 'p95_ms': _percentile(buckets, count, 0.95),
            'total': window.total, 'total_failed': window.failed}


def _percentile(buckets, count, part):
    passed = 0
    for number in sorted(buckets):
        passed += buckets[number]
        if passed >= count * part:
            return round(_SMALLEST_MS * 2 ** ((number + 0.5) / _PER_DOUBLING), 2)
    return None


def reset():
    """Count from nothing (forked children, tests)."""
    _windows.clear()
