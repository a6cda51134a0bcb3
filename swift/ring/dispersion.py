"""How far apart replicas are: for each tier, how many partitions have none, one, two ... of their replicas in it."""
from collections import Counter


def graph(tree, rows):
    """{tier key: [partitions with no replica in it, with one, ...]}, as builder files carry it."""
    if not rows:
        return {}
    made = {}
    for level in range(4):
        tiers = {device: path[level].key for device, path in tree.paths.items()}
        columns = [list(map(tiers.get, row)) for row in rows]
        columns[-1] += [None] * (len(rows[0]) - len(rows[-1]))
        for keys, partitions in Counter(zip(*columns)).items():
            for key, replicas in Counter(keys).items():
                if key is not None:
                    made.setdefault(key, [0] * (len(rows) + 1))[replicas] += partitions
    for counts in made.values():
        counts[0] = len(rows[0]) - sum(counts)
    return made


def figure(tree, found):
    """Percent of the partitions that have more replicas in some tier than they must: that of the worst tier level.

    found: what graph() gave. 0 is perfect.
    """
    worst = 0.0
    for level in range(1, 5):
        tiers = [tier for tier in tree.tiers if len(tier.key) == level and tier.key in found]
        close = sum(sum(found[tier.key][tier.most + 1:]) for tier in tiers if tier.weight > 0)
        partitions = sum(found[tiers[0].key]) if tiers else 1
        worst = max(worst, 100.0 * close / partitions)
    return worst
