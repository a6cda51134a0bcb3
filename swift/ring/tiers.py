"""The tree of failure domains (region, zone, server, device) and what share of the replicas each is to hold.

Shares are in replicas of a partition: a zone with 1.5 holds, of every partition, one replica or two.
"""
import math

LEVELS = ('region', 'zone', 'server', 'device')


class Tier:
    """A node of the tree.

    key: () of the root, (region,), (region, zone), (region, zone, ip), (region, zone, ip, device id). weighted: its
    share by weight alone; dispersed: nearest to that with replicas as far apart as possible; target: between the
    two, as far as the overload allows. cap: no partition is to have more replicas here; floor: none fewer; most:
    the cap if dispersion were all.
    """

    __slots__ = ('key', 'parent', 'children', 'device', 'weight', 'capacity', 'weighted', 'dispersed', 'target',
                 'cap', 'floor', 'most', 'quota', 'want', 'room', 'credit')

    def __init__(self, key, parent=None, device=None):
        self.key, self.parent, self.device = key, parent, device
        self.children = []
        self.weight = self.weighted = self.dispersed = self.target = self.credit = 0.0
        self.capacity = self.cap = self.floor = self.most = self.quota = self.want = self.room = 0

    def walk(self):
        """Yield this tier and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


class Tree:
    """The tiers of devices for so many replicas and such an overload (0.1 lets a device hold 10 % more)."""

    def __init__(self, devs, replicas, overload=0.0):
        self.root = Tier(())
        self.leaves = {}
        self.paths = {}
        tiers = {(): self.root}
        for device in devs:
            self._add(device, tiers)
        self.tiers = list(self.root.walk())
        self._measure(self.root)
        if self.root.capacity >= replicas:
            self._share_out(replicas, overload)

    def _add(self, device, tiers):
        key = (device['region'], device['zone'], device['ip'], device['id'])
        tier = self.root
        path = []
        for length in range(1, 5):
            below = tiers.get(key[:length])
            if below is None:
                below = tiers[key[:length]] = Tier(key[:length], tier, device if length == 4 else None)
                tier.children.append(below)
            tier = below
            path.append(tier)
        tier.weight = max(0.0, device['weight'])
        self.leaves[device['id']] = tier
        self.paths[device['id']] = tuple(path)

    def _measure(self, tier):
        for child in tier.children:
            self._measure(child)
        if tier.children:
            tier.weight = sum(child.weight for child in tier.children)
            tier.capacity = sum(child.capacity for child in tier.children)
        else:
            tier.capacity = 1 if tier.weight > 0 else 0

    def _share_out(self, replicas, overload):
        leaves = list(self.leaves.values())
        shares = clamped(replicas, [leaf.weight for leaf in leaves], [0] * len(leaves),
                         [leaf.capacity for leaf in leaves])
        for leaf, share in zip(leaves, shares):
            leaf.weighted = share
        self._disperse(self.root, replicas, math.ceil(replicas))
        self.required_overload = max((leaf.dispersed / leaf.weighted - 1 for leaf in leaves if leaf.weighted),
                                     default=0.0)
        part = min(1.0, overload / self.required_overload) if self.required_overload > 1e-9 else 1.0
        for leaf in leaves:
            leaf.target = leaf.weighted + part * (leaf.dispersed - leaf.weighted)
        for tier in reversed(self.tiers):
            if tier.children:
                tier.weighted = sum(child.weighted for child in tier.children)
                tier.target = sum(child.target for child in tier.children)
            tier.cap = math.ceil(round(tier.target, 6))
            tier.floor = math.floor(round(tier.target, 6))

    def _disperse(self, tier, amount, most):
        tier.dispersed, tier.most = amount, most
        children = [child for child in tier.children if child.capacity]
        if not children:
            return
        limits = [child.capacity for child in children]
        level = _level(amount, limits)
        shares = clamped(amount, [child.weight for child in children],
                         [min(limit, math.floor(level)) for limit in limits],
                         [min(limit, math.ceil(level)) for limit in limits])
        highest = math.ceil(_level(most, limits))
        for child, share, limit in zip(children, shares, limits):
            self._disperse(child, share, min(limit, highest))


def _level(amount, limits):
    """How high equal shares reach when no child takes more than its limit."""
    left, count = amount, len(limits)
    for limit in sorted(limits):
        if limit * count >= left:
            return round(left / count, 9)
        left -= limit
        count -= 1
    return max(limits)


def clamped(total, weights, lows, highs):
    """Shares of `total` in proportion to weights, none below its low or above its high.

    The lows add up to no more than the total and the highs to no less.
    """
    low, high = 0.0, 1.0
    fit = [list(each) for each in zip(weights, lows, highs)]

    def shares(factor):
        return [min(max(weight * factor, least), most) for weight, least, most in fit]

    while sum(shares(high)) < total - 1e-12 and high < 1e300:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if sum(shares(middle)) < total:
            low = middle
        else:
            high = middle
    return shares(high)


def whole(total, ideals, limits, prefer=None):
    """Whole numbers near ideals that add up to `total`: each rounded down or up, none above its limit.

    Those with the most `prefer` (as ideals: the fraction lost) are rounded up.
    """
    floors = [min(math.floor(ideal + 1e-9), limit) for ideal, limit in zip(ideals, limits)]
    keys = prefer or [ideal - floor for ideal, floor in zip(ideals, floors)]
    order = sorted(range(len(ideals)), key=lambda each: keys[each], reverse=True)
    left = total - sum(floors)
    while left > 0:
        grown = 0
        for each in order:
            if left > 0 and floors[each] < limits[each]:
                floors[each] += 1
                left -= 1
                grown += 1
        if not grown:
            raise ValueError('the limits are lower than the total')
    for each in reversed(order):
        if left < 0 and floors[each] > 0:
            taken = min(floors[each], -left) if ideals[each] < 1 else 1
            floors[each] -= taken
            left += taken
    return floors
