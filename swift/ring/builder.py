"""The builder of rings: which devices there are and which partitions each of them gets."""
import array

from swift.ring import ring_file
from swift.ring.ring import tiers_of


class RingBuilder:
    """Devices and what they are given: 2**part_power partitions in `replicas` copies."""

    def __init__(self, part_power, replicas, min_part_hours):
        self.part_power, self.replicas, self.min_part_hours = part_power, replicas, min_part_hours
        self.devs = []
        self.version = 0
        self._assignments = []

    def add_dev(self, device):
        """Add a device, a dict (region, zone, ip, port, device, weight, ...); returns its id."""
        number = len(self.devs)
        self.devs.append({'region': 1, 'replication_ip': device['ip'], 'replication_port': device['port'],
                          'meta': '', **device, 'id': number, 'weight': float(device['weight'])})
        self.version += 1
        return number

    def rebalance(self, seed=None):
        """Give every partition its devices."""
        partitions = 1 << self.part_power
        total = sum(each['weight'] for each in self.devs)
        want = {each['id']: each['weight'] / total * partitions * self.replicas for each in self.devs}
        tiers = {each['id']: (*tiers_of(each), each['id']) for each in self.devs}
        self._assignments = [array.array('H') for _ in range(int(self.replicas))]
        for _ in range(partitions):
            taken = []
            for row in self._assignments:
                best = min(want, key=lambda each: (
                    [sum(tiers[each][level] == tiers[other][level] for other in taken) for level in (4, 0, 1, 2)],
                    -want[each]))
                want[best] -= 1
                taken.append(best)
                row.append(best)
        self.version += 1

    def save_ring(self, path):
        """Write the ring file."""
        ring_file.write(path, ring_file.RingData(self.devs, 32 - self.part_power, self._assignments,
                                                 version=self.version))
