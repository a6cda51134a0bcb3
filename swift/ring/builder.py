"""The builder of rings: which devices there are, and which of them keeps each partition."""
import array
import math
import random
import time
import uuid
from collections import Counter

from swift.exceptions import SwiftError
from swift.ring import dispersion, moves, placement, ring_file
from swift.ring.tiers import Tree

NO_DEVICE = 0xffff
MAX_BALANCE = 999.99
_TEXTS = ('ip', 'device', 'replication_ip', 'meta')


class BuilderError(SwiftError):
    """What was asked of the builder cannot be done."""


class RingBuilder:
    """Devices and what they keep: 2**part_power partitions in `replicas` (a float) copies.

    A partition is moved at most once in min_part_hours. overload: 0.1 lets devices take 10 % more than their weight
    says when that keeps replicas apart. devs: dicts by id, None where one was removed; `parts` is how many it has.
    """

    def __init__(self, part_power, replicas, min_part_hours):
        self.part_power = _within('part_power', part_power, 0, 32)
        self.next_part_power = None
        self.min_part_hours = _within('min_part_hours', min_part_hours, 0, 255)
        self.replicas = float(replicas)
        if not 1 <= self.replicas <= 64:
            raise BuilderError(f'replicas must be from 1 to 64 (was {replicas})')
        self.overload = 0.0
        self.id = uuid.uuid4().hex
        self.version = 0
        self.devs = []
        self.devs_changed = False
        self.removed = []
        self.rows = []
        self.dispersion = 0.0
        self.graph = {}
        self.last_moves = array.array('B')
        self.last_moves_epoch = 0

    @property
    def parts(self):
        """How many partitions there are."""
        return 1 << self.part_power

    def present(self):
        """The devices there are, with those about to be removed."""
        return [each for each in self.devs if each is not None]

    def tree(self):
        """The tiers of the devices, with their shares. No shares when there are too few devices with weight."""
        return Tree(self.present(), self.replicas, self.overload)

    # Devices

    def add_dev(self, device):
        """Add a device, a dict: ip, port, device, weight, and if need be id, region, zone, meta, replication_ip,
        replication_port. Returns its id. Raises BuilderError.
        """
        made = {'region': 1, 'zone': 1, 'replication_ip': device['ip'], 'replication_port': device['port'],
                'meta': '', **device}
        holes = [number for number, each in enumerate(self.devs) if each is None]
        number = made.get('id')
        if number is None:
            number = holes[0] if holes else len(self.devs)
        if number < len(self.devs) and self.devs[number] is not None:
            raise BuilderError(f'Device {number} is there already')
        if not 0 <= number <= ring_file.LAST_ID:
            raise BuilderError(f'a device id is from 0 to {ring_file.LAST_ID}')
        made.update(id=number, weight=float(made['weight']), parts=0, parts_wanted=0)
        self._check(made)
        self.devs += [None] * (number + 1 - len(self.devs))
        self.devs[number] = made
        self._changed()
        return number

    def _check(self, device):
        if device['weight'] < 0 or not math.isfinite(device['weight']):
            raise BuilderError(f'weight {device["weight"]}: a number from 0')
        for name in ('region', 'zone'):
            _within(name, device[name], 0, 1 << 31)
        for name in ('port', 'replication_port'):
            _within(name, device[name], 1, 65535)
        if not device['ip'] or not device['device'] or '/' in device['device']:
            raise BuilderError('a device needs an address and a name without slashes')
        if not all(isinstance(device[name], str) and device[name].isprintable() for name in _TEXTS):
            raise BuilderError('address, name and meta are printable text')
        place = (device['ip'], device['port'], device['device'])
        for other in self.present():
            if other['id'] != device['id'] and (other['ip'], other['port'], other['device']) == place:
                raise BuilderError(f'Device {other["id"]} already uses {place[0]}:{place[1]}/{place[2]}.')

    def _changed(self):
        self.devs_changed = True
        self.version += 1

    def _device(self, number):
        if not 0 <= number < len(self.devs) or self.devs[number] is None:
            raise BuilderError(f'there is no device {number}')
        return self.devs[number]

    def set_dev_weight(self, number, weight):
        """Weigh a device anew; 0 drains it."""
        if number in {each['id'] for each in self.removed}:
            raise BuilderError(f'Can not set weight of device {number} because it is marked for removal')
        self.update_dev(number, weight=float(weight))

    def update_dev(self, number, **values):
        """Change region, zone, weight, ip, port, device, meta ... of a device."""
        changed = {**self._device(number), **values}
        self._check(changed)
        self.devs[number].update(values)
        if {'region', 'zone', 'weight'} & set(values):
            self.devs_changed = True
        self.version += 1

    def remove_dev(self, number):
        """Take a device away with the next rebalance; its replicas are placed anew whatever min_part_hours says."""
        device = self._device(number)
        if number not in {each['id'] for each in self.removed}:
            device['weight'] = 0.0
            self.removed.append(device)
            self._changed()

    # Settings

    def set_replicas(self, replicas):
        """How many copies from the next rebalance on."""
        if not 1 <= replicas <= 64:
            raise BuilderError(f'replicas must be from 1 to 64 (was {replicas})')
        if abs(self.replicas - replicas) * self.parts >= 1:
            self._changed()
        self.replicas = float(replicas)

    def set_overload(self, overload):
        """How much more than its weight says a device may hold: 0.1 is 10 %."""
        if not 0 <= overload < 1e6:
            raise BuilderError(f'overload {overload}: a number from 0')
        self.overload = float(overload)
        self._changed()

    def change_min_part_hours(self, hours):
        """How long a partition stays after a move: longer than the replicators need for a pass."""
        self.min_part_hours = _within('min_part_hours', hours, 0, 255)

    def pretend_min_part_hours_passed(self):
        """Let every partition move with the next rebalance. Dangerous while replicators are behind."""
        self.last_moves = array.array('B', [255]) * len(self.last_moves)
        self.last_moves_epoch = 0

    def min_part_seconds_left(self):
        """Seconds until partitions may move again."""
        return max(0, int(self.last_moves_epoch + self.min_part_hours * 3600 - time.time()))

    # Rebalance

    def rebalance(self, seed=None):
        """Place what has no device, and move what must. Returns a Counter {(from id or None, to id): replicas}.

        The same seed on the same builder gives the same ring. Raises BuilderError.
        """
        if self.next_part_power is not None:
            raise BuilderError('Cannot rebalance during a partition power increase')
        if seed is None:
            seed = random.SystemRandom().getrandbits(64)
        tree = self._tree_to_fill()
        # Determinism is wanted here, no secret.
        rng = random.Random(f'{seed}')   # noqa: S311
        moved = self._move(tree, rng) if self.rows else self._place(tree, rng)
        for device in self.removed:
            self.devs[device['id']] = None
        self.removed = []
        self.recount()
        self.devs_changed = False
        self.version += 1
        return moved

    def _tree_to_fill(self):
        usable = [each for each in self.present() if each['weight'] > 0]
        if len(usable) < self.replicas:
            raise BuilderError(f'Replica count of {self.replicas:g} requires more than {len(usable)} devices')
        return self.tree()

    def _lengths(self):
        """The rows that the replica count makes: how many partitions each has."""
        whole, fraction = divmod(self.replicas, 1)
        extra = int(round(fraction * self.parts, 6))
        return [self.parts] * int(whole) + ([extra] if extra else [])

    def _place(self, tree, rng):
        self.rows = [array.array('H', [NO_DEVICE]) * length for length in self._lengths()]
        placement.place(tree, self.rows, rng)
        self.last_moves = array.array('B', [0]) * self.parts
        self.last_moves_epoch = int(time.time())
        counts = Counter()
        for row in self.rows:
            counts.update(row)
        return Counter({(None, device): count for device, count in counts.items()})

    def _move(self, tree, rng):
        self._age()
        self._fit_rows()
        gone = {each['id'] for each in self.removed}
        for row in self.rows if gone else ():
            for part, device in enumerate(row):
                if device in gone:
                    row[part] = NO_DEVICE
        movable = bytearray(hours >= self.min_part_hours for hours in self.last_moves)
        mover = moves.Mover(tree, self.rows, movable, rng, NO_DEVICE)
        mover.run()
        for part in mover.touched:
            self.last_moves[part] = 0
        if mover.touched:
            self.last_moves_epoch = int(time.time())
        return mover.moved

    def _age(self):
        hours = int(time.time() - self.last_moves_epoch) // 3600
        if hours > 0:
            self.last_moves = array.array('B', [min(255, each + hours) for each in self.last_moves])
            self.last_moves_epoch = int(time.time())

    def _fit_rows(self):
        lengths = self._lengths()
        del self.rows[len(lengths):]
        for number, length in enumerate(lengths):
            if number == len(self.rows):
                self.rows.append(array.array('H'))
            row = self.rows[number]
            row.extend([NO_DEVICE] * (length - len(row)))
            del row[length:]

    def recount(self):
        """Count what each device has, and measure."""
        counts = Counter()
        for row in self.rows:
            counts.update(row)
        wanted = self.wanted()
        for device in self.present():
            device['parts'] = counts[device['id']]
            device['parts_wanted'] = int(wanted[device['id']]) - counts[device['id']]
        self.measure()

    # Figures

    def wanted(self):
        """{device id: partitions its weight asks for}, a float."""
        devices = self.present()
        total = sum(each['weight'] for each in devices) or 1.0
        everything = sum(self._lengths())
        return {each['id']: each['weight'] * everything / total for each in devices}

    def balances(self):
        """{device id: percent more (or, negative, less) than its weight asks for}."""
        wanted = self.wanted()
        made = {}
        for device in self.present():
            share = wanted[device['id']]
            made[device['id']] = (100.0 * device['parts'] / share - 100.0 if share
                                  else MAX_BALANCE if device['parts'] else 0.0)
        return made

    def balance(self):
        """The worst of them."""
        return max((abs(each) for each in self.balances().values()), default=0.0)

    def measure(self):
        """Compute dispersion and its graph anew; returns the dispersion."""
        tree = self.tree()
        self.graph = dispersion.graph(tree, self.rows)
        self.dispersion = dispersion.figure(tree, self.graph)
        return self.dispersion

    def validate(self):
        """Raise BuilderError when a replica has no device, a device is unknown, or counts do not add up."""
        if [len(row) for row in self.rows] != self._lengths():
            raise BuilderError('All partitions are not assigned: rebalance first.' if not self.rows else
                               'The replica count was changed: rebalance first.')
        counts = Counter()
        for row in self.rows:
            counts.update(row)
        for number, count in counts.items():
            if number >= len(self.devs) or self.devs[number] is None:
                raise BuilderError(f'{count} replicas are on device {number}, which does not exist')
        for device in self.present():
            if device['parts'] != counts[device['id']]:
                raise BuilderError(f'device {device["id"]} should have {device["parts"]} partitions and has '
                                   f'{counts[device["id"]]}')
        self._validate_apart()

    def _validate_apart(self):
        full = [row for row in self.rows if len(row) == self.parts]
        twice = sum(len(set(devices)) < len(devices) for devices in zip(*full))
        if len(full) < len(self.rows):
            last = self.rows[-1]
            twice += sum(device in {row[part] for row in full} for part, device in enumerate(last))
        if twice:
            raise BuilderError(f'{twice} partitions have two replicas on one device')

    # Partition power

    def prepare_increase_partition_power(self):
        """Announce twice as many partitions; False when that has been done."""
        if self.next_part_power is not None or self.part_power >= 32:
            return False
        self.next_part_power = self.part_power + 1
        self.version += 1
        return True

    def increase_partition_power(self):
        """Split every partition in two, both on the same devices; False when not prepared, or done already."""
        if self.next_part_power != self.part_power + 1:
            return False
        self.part_power = self.next_part_power
        for number, row in enumerate(self.rows):
            self.rows[number] = array.array(row.typecode, [device for device in row for _ in (0, 1)])
        self.last_moves = array.array('B', [each for each in self.last_moves for _ in (0, 1)])
        self.recount()
        self.version += 1
        return True

    def cancel_increase_partition_power(self):
        """Take a prepared increase back, until it is finished; False when there is none, or it has been done."""
        if self.next_part_power is None or self.next_part_power == self.part_power:
            return False
        self.next_part_power = self.part_power
        self.version += 1
        return True

    def finish_increase_partition_power(self):
        """Declare an increase or its cancellation over, when all nodes have cleaned up; False when none was done."""
        if self.next_part_power is None or self.next_part_power != self.part_power:
            return False
        self.next_part_power = None
        self.version += 1
        return True

    # Files

    def ring(self):
        """The RingData for servers."""
        names = ('id', 'region', 'zone', 'ip', 'port', 'replication_ip', 'replication_port', 'device', 'weight', 'meta')
        devs = [None if each is None else {name: each[name] for name in names} for each in self.devs]
        return ring_file.RingData(devs, 32 - self.part_power, self.rows, self.next_part_power, self.version)

    def save_ring(self, path):
        """Write the ring file."""
        ring_file.write(path, self.ring())


def _within(name, value, least, most):
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise BuilderError(f'{name} must be a whole number (was {value})') from None
    if not least <= number <= most:
        raise BuilderError(f'{name} must be at {"least" if number < least else "most"} '
                           f'{least if number < least else most} (was {value})')
    return number
