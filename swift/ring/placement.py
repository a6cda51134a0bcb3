"""The first placement of all partitions at once.

Devices are laid end to end, tier by tier, each as long as its share of a batch of partitions, and every partition takes
the devices one whole turn apart. So a tier with a share of 1.5 gives every partition one replica or two, and a device
never two. Each batch has an order of its own: the partners of a device are all others, and all help when it fails.
"""
import math

from swift.ring.tiers import whole


def place(tree, rows, rng):
    """Fill rows (arrays of device ids, the last may be shorter) by the tree's targets; rng: a random.Random."""
    partitions = len(rows[0])
    longer = len(rows[-1])
    many, few = list(range(longer)), list(range(longer, partitions))
    rng.shuffle(many)
    rng.shuffle(few)
    batches = max(1, partitions // max(16, 2 * len(tree.leaves) // len(rows)))
    for tier in tree.tiers:
        tier.credit = 0.0
    for batch in range(batches):
        first = many[len(many) * batch // batches:len(many) * (batch + 1) // batches]
        parts = first + few[len(few) * batch // batches:len(few) * (batch + 1) // batches]
        _place_batch(tree.root, rows, parts, len(first), rng)


def _place_batch(root, rows, parts, longer, rng):
    count = len(parts)
    laid = []
    _lay(root, (len(rows) - 1) * count + longer, count, rng, laid)
    for number, row in enumerate(rows):
        for part, device in zip(parts, laid[number * count:(number + 1) * count]):
            row[part] = device


def _lay(tier, length, count, rng, laid):
    if tier.device is not None:
        laid.extend([tier.device['id']] * length)
        return
    children = [child for child in tier.children if child.target > 0]
    rng.shuffle(children)
    ideals = [child.target * count for child in children]
    lengths = whole(length, ideals, [min(math.ceil(round(child.target, 6)), child.capacity) * count
                                     for child in children],
                    [child.credit + ideal % 1 for child, ideal in zip(children, ideals)])
    for child, ideal, given in zip(children, ideals, lengths):
        child.credit += ideal - given
        if given:
            _lay(child, given, count, rng, laid)
