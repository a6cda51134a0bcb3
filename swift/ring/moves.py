"""Rebalancing what is placed already: fill what is empty, part what is too close, relieve what is too full.

A partition has one replica moved at most, and none before its time, except where it would have none at all.
"""
from collections import Counter

from swift.ring.tiers import whole

# How long a way by a third device is looked for.
_TRIED_PARTS = 50
_TRIED_WAYS = 6
_MOST_FAILURES = 10


class Mover:
    """Moves replicas in `rows` towards the targets of `tree`.

    movable: a bytearray, 1 for every partition that may move; it becomes 0 when one has. rng: a random.Random.
    moved: Counter of (from, to) device ids, from None for what had no device. touched: the partitions that changed.
    """

    def __init__(self, tree, rows, movable, rng, none):
        self.tree, self.rows, self.movable, self.rng, self._none = tree, rows, movable, rng, none
        self.moved = Counter()
        self.touched = set()
        self._set_quotas()

    def run(self):
        """All three steps."""
        self._fill()
        self._part()
        for step in (self._relieve, self._relieve_by_way):
            if any(leaf.want < 0 for leaf in self.tree.leaves.values()):
                step()

    def _set_quotas(self):
        counts = Counter()
        for row in self.rows:
            counts.update(row)
        counts.pop(self._none, None)
        have = Counter()
        for device, count in counts.items():
            for tier in self.tree.paths[device]:
                have[tier] += count
        partitions = len(self.rows[0])
        root = self.tree.root
        root.quota = sum(len(row) for row in self.rows)
        for tier in self.tree.tiers:
            if tier.children:
                ideals = [child.target * partitions for child in tier.children]
                quotas = whole(tier.quota, ideals, [child.cap * partitions for child in tier.children],
                               [(have[child] - ideal // 1 >= 1, ideal % 1)
                                for child, ideal in zip(tier.children, ideals)])
                for child, quota in zip(tier.children, quotas):
                    child.quota = quota
            tier.want = tier.quota - have[tier]
        for tier in reversed(self.tree.tiers):
            tier.room = sum(child.room for child in tier.children) if tier.children else max(0, tier.want)

    def _devices(self, part, besides=None):
        """The devices of a partition, without those of one row."""
        return [row[part] for number, row in enumerate(self.rows)
                if number != besides and part < len(row) and row[part] != self._none]

    def _counts(self, devices):
        counts = {}
        for device in devices:
            for tier in self.tree.paths[device]:
                counts[tier] = counts.get(tier, 0) + 1
        return counts

    def _best(self, others, with_room=True):
        """The leaf to give a replica whose partition has `others` already, or None; within all caps."""
        return self._descend(self.tree.root, self._counts(others), with_room)

    def _descend(self, tier, counts, with_room):
        if not tier.children:
            return tier
        fit = [(counts.get(child, 0) < child.floor, child.room, child.want, number)
               for number, child in enumerate(tier.children)
               if counts.get(child, 0) < child.cap and (child.room > 0 or not with_room)]
        fit.sort(reverse=True)
        for *_, number in fit:
            found = self._descend(tier.children[number], counts, with_room)
            if found is not None:
                return found
        return None

    def _any(self, others):
        """The leaf where a replica that must go somewhere is least too close and least too much."""
        counts = self._counts(others)
        free = [leaf for device, leaf in self.tree.leaves.items() if leaf.target > 0 and leaf not in counts]
        if not free:
            return None
        return min(free, key=lambda leaf: ([max(0, counts.get(tier, 0) + 1 - tier.cap)
                                            for tier in self.tree.paths[leaf.key[3]]], -leaf.want))

    def _set(self, row, part, leaf):
        source = self.rows[row][part]
        device = leaf.key[3]
        self.rows[row][part] = device
        if source != self._none:
            self._change(source, 1)
        self._change(device, -1)
        self.moved[(None if source == self._none else source, device)] += 1
        self.movable[part] = 0
        self.touched.add(part)

    def _change(self, device, by):
        leaf = self.tree.leaves[device]
        before = leaf.room
        leaf.room = max(0, leaf.want + by)
        grown = leaf.room - before
        self.tree.root.want += by
        self.tree.root.room += grown
        for tier in self.tree.paths[device]:
            tier.want += by
            if tier is not leaf:
                tier.room += grown

    def _fill(self):
        """Give every replica without a device one."""
        empty = [(number, part) for number, row in enumerate(self.rows) if self._none in row
                 for part, device in enumerate(row) if device == self._none]
        self.rng.shuffle(empty)
        for number, part in empty:
            others = self._devices(part, number)
            leaf = self._best(others) or self._best(others, with_room=False) or self._any(others)
            if leaf is not None:
                self._set(number, part, leaf)

    def _part(self):
        """Move one replica of every partition that has too many in a tier."""
        for part in self._too_close():
            if not self.movable[part]:
                continue
            counts = self._counts(self._devices(part))
            rows = [number for number, row in enumerate(self.rows) if part < len(row)
                    and any(counts[tier] > tier.cap for tier in self.tree.paths[row[part]])]
            rows.sort(key=lambda number: self.tree.leaves[self.rows[number][part]].want)
            for with_room in (True, False):
                for number in rows:
                    leaf = self._best(self._devices(part, number), with_room)
                    if leaf is not None and self.movable[part]:
                        self._set(number, part, leaf)

    def _too_close(self):
        """The partitions where a tier has more replicas than its cap, in random order."""
        found = set()
        for level in range(4):
            tiers = {device: path[level] for device, path in self.tree.paths.items()}
            verdicts = {}
            for part, devices in enumerate(self._columns(tiers)):
                verdict = verdicts.get(devices)
                if verdict is None:
                    verdict = verdicts[devices] = any(devices.count(tier) > max(1, tier.cap) for tier in devices
                                                      if tier is not None)
                if verdict:
                    found.add(part)
        parts = sorted(found)
        self.rng.shuffle(parts)
        return parts

    def _columns(self, tiers):
        rows = [list(map(tiers.get, row)) for row in self.rows]
        rows[-1] += [None] * (len(rows[0]) - len(rows[-1]))
        return zip(*rows)

    def _slots(self, devices):
        """{device id: [(row, partition), ...]} of devices, in random order."""
        slots = {device: [] for device in devices}
        for number, row in enumerate(self.rows):
            for part, device in enumerate(row):
                if device in slots and self.movable[part]:
                    slots[device].append((number, part))
        for each in slots.values():
            self.rng.shuffle(each)
        return slots

    def _full(self):
        return sorted((device for device, leaf in self.tree.leaves.items() if leaf.want < 0),
                      key=lambda device: (self.tree.leaves[device].want, device))

    def _relieve(self):
        """Move replicas from devices with too many to devices with too few."""
        for device, slots in self._slots(self._full()).items():
            leaf = self.tree.leaves[device]
            for number, part in slots:
                if leaf.want >= 0 or not self.tree.root.room:
                    break
                if self.movable[part]:
                    best = self._best(self._devices(part, number))
                    if best is not None:
                        self._set(number, part, best)

    def _relieve_by_way(self):
        """Where no direct move is left: from a device with too many to a third, and from that to one with too few."""
        partitions = len(self.rows[0])
        # Less than one too many or too few is the rounding of shares, and not worth two moves.
        if all(abs(self._excess(leaf, partitions)) < 1 for leaf in self.tree.leaves.values()):
            return
        full = self._full()
        slots = self._slots(self.tree.leaves)
        for device in full:
            failures = 0
            for number, part in slots[device]:
                if self.tree.leaves[device].want >= 0 or not self.tree.root.room or failures > _MOST_FAILURES:
                    break
                if self.movable[part] and not self._by_way(number, part, slots):
                    failures += 1

    @staticmethod
    def _excess(leaf, partitions):
        return leaf.quota - leaf.want - leaf.target * partitions

    def _by_way(self, number, part, slots):
        """Whether a way was found and gone."""
        counts = self._counts(self._devices(part, number))
        source = self.rows[number][part]
        ways = [leaf for device, leaf in self.tree.leaves.items() if device != source and leaf.target > 0
                and all(counts.get(tier, 0) < tier.cap for tier in self.tree.paths[device])]
        for between in self.rng.sample(ways, min(_TRIED_WAYS, len(ways))):
            for second, other in slots[between.key[3]][:_TRIED_PARTS]:
                if other != part and self.movable[other]:
                    best = self._best(self._devices(other, second))
                    if best is not None and best is not between:
                        self._set(second, other, best)
                        self._set(number, part, between)
                        return True
        return False
