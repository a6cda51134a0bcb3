"""What holds for every ring: replicas apart, shares kept, few moves. Devices, weights and changes are random."""
import copy
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swift.ring.builder import RingBuilder

quick = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


REPLICAS = st.sampled_from([1, 2, 2.5, 3, 3.25])


@st.composite
def builders(draw, replicas=REPLICAS):
    """A RingBuilder with 1 to 3 regions of 1 to 3 zones, and enough devices for its replicas."""
    count = draw(st.integers(3, 14))
    made = RingBuilder(draw(st.integers(2, 7)), draw(replicas), 1)
    for number in range(max(count, int(made.replicas) + 1)):
        zone = draw(st.integers(0, 2))
        made.add_dev({'region': draw(st.integers(1, 2)), 'zone': zone, 'ip': f'10.0.{zone}.{draw(st.integers(1, 2))}',
                      'port': 6200, 'device': f'd{number}', 'weight': draw(st.sampled_from([1, 50, 100, 100, 300]))})
    made.set_overload(draw(st.sampled_from([0, 0, 0.1, 5])))
    return made


def devices_of(builder, part):
    return [row[part] for row in builder.rows if part < len(row)]


def tier_counts(builder, tree, part):
    return Counter(tier for device in devices_of(builder, part) for tier in tree.paths[device])


def settle(builder, passes=8):
    """Rebalance as if the hours had passed, until nothing moves; the moves of each pass."""
    done = []
    for number in range(passes):
        builder.pretend_min_part_hours_passed()
        done.append(sum(builder.rebalance(number).values()))
        if not done[-1]:
            break
    return done


def assert_apart(builder):
    tree = builder.tree()
    for part in range(builder.parts):
        counts = tier_counts(builder, tree, part)
        assert all(count <= tier.cap for tier, count in counts.items())


@quick
@given(builders(), st.integers(0, 9))
def test_a_new_ring_keeps_replicas_on_devices_of_their_own_within_every_cap(builder, seed):
    builder.rebalance(seed)
    builder.validate()
    assert_apart(builder)


@quick
@given(builders(), st.integers(0, 9))
def test_a_new_ring_gives_every_device_its_share(builder, seed):
    builder.rebalance(seed)
    for device, leaf in builder.tree().leaves.items():
        assert abs(builder.devs[device]['parts'] - leaf.target * builder.parts) < 2.5


@quick
@given(builders(replicas=st.just(3)), st.integers(0, 9))
def test_with_room_for_it_no_tier_has_more_than_it_must(builder, seed):
    builder.set_overload(1e5)
    builder.rebalance(seed)
    assert builder.dispersion == 0


@quick
@given(builders(), st.integers(0, 9))
def test_the_same_seed_makes_the_same_ring(builder, seed):
    twin = copy.deepcopy(builder)
    builder.rebalance(seed)
    twin.rebalance(seed)
    assert builder.rows == twin.rows
    for each in (builder, twin):
        each.set_dev_weight(0, 500)
        each.pretend_min_part_hours_passed()
        each.rebalance(seed + 1)
    assert builder.rows == twin.rows


@quick
@given(builders())
def test_a_ring_that_needs_nothing_moves_nothing(builder):
    builder.rebalance(1)
    settle(builder)
    before = copy.deepcopy(builder.rows)
    builder.pretend_min_part_hours_passed()
    assert not builder.rebalance(99)
    assert builder.rows == before


@quick
@given(builders(), st.sampled_from([0, 100, 400]))
def test_a_change_of_weight_moves_one_replica_of_a_partition_at_most(builder, weight):
    builder.rebalance(1)
    builder.set_dev_weight(1, weight)
    usable = sum(device['weight'] > 0 for device in builder.present())
    if usable < builder.replicas:
        return
    before = copy.deepcopy(builder.rows)
    builder.pretend_min_part_hours_passed()
    builder.rebalance(2)
    builder.validate()
    for part in range(builder.parts):
        assert sum(row[part] != old[part] for row, old in zip(builder.rows, before) if part < len(row)) <= 1


@quick
@given(builders(), st.sampled_from([50, 100, 300]))
def test_a_new_device_takes_its_share_and_little_else_moves(builder, weight):
    builder.rebalance(1)
    settle(builder)
    new = builder.add_dev({'region': 1, 'zone': 1, 'ip': '10.9.9.9', 'port': 6200, 'device': 'new', 'weight': weight})
    before = {each['id']: each['parts'] for each in builder.present()}
    tree = builder.tree()
    due = sum(max(0.0, leaf.target * builder.parts - before[device]) for device, leaf in tree.leaves.items())
    close = sum(any(count > tier.cap for tier, count in tier_counts(builder, tree, part).items())
                for part in range(builder.parts))
    builder.pretend_min_part_hours_passed()
    moved = builder.rebalance(3)
    assert sum(moved.values()) <= due + close + len(before) + 0.1 * builder.parts
    assert moved or tree.leaves[new].target * builder.parts < 2
    assert sum(count for (_, device), count in moved.items() if device == new) == builder.devs[new]['parts']


@quick
@given(builders(), st.integers(0, 2))
def test_a_removed_device_is_left_at_once_whatever_the_hours(builder, number):
    if len(builder.present()) - 1 < builder.replicas:
        return
    builder.rebalance(1)
    held = builder.devs[number]['parts']
    builder.remove_dev(number)
    moved = builder.rebalance(2)
    assert builder.devs[number] is None
    assert sum(moved.values()) == held
    builder.validate()


@quick
@given(builders(), st.sampled_from([1, 2, 2.5, 3]))
def test_another_number_of_replicas_ends_complete(builder, replicas):
    builder.rebalance(1)
    builder.set_replicas(replicas)
    settle(builder)
    builder.validate()
    assert sum(map(len, builder.rows)) == int(replicas * builder.parts)


@quick
@given(builders())
def test_partitions_moved_within_the_hours_stay(builder):
    builder.rebalance(1)
    builder.add_dev({'region': 3, 'zone': 7, 'ip': '10.9.9.9', 'port': 6200, 'device': 'new', 'weight': 100})
    assert not builder.rebalance(2)


@quick
@given(builders())
def test_doubling_the_partitions_leaves_every_name_where_it_was(builder):
    builder.rebalance(1)
    before = [devices_of(builder, part) for part in range(builder.parts)]
    assert builder.prepare_increase_partition_power()
    assert builder.increase_partition_power()
    assert builder.finish_increase_partition_power()
    builder.validate()
    assert [devices_of(builder, part) for part in range(builder.parts)] == [each for each in before for _ in (0, 1)]


@quick
@given(builders())
def test_after_changes_passes_end_with_every_cap_kept_and_every_share_given(builder):
    builder.rebalance(1)
    for number in range(3):
        builder.add_dev({'region': 1, 'zone': number, 'ip': '10.9.9.9', 'port': 6200, 'device': f'new{number}',
                         'weight': 100})
    builder.set_dev_weight(0, 200)
    passes = settle(builder, 12)
    assert passes[-1] == 0, passes
    assert_apart(builder)
    for device, leaf in builder.tree().leaves.items():
        # Ways by more than one other device are not looked for: a few small rings end a little off.
        assert abs(builder.devs[device]['parts'] - leaf.target * builder.parts) < 2.5 + 0.1 * builder.parts
