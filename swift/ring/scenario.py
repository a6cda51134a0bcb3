"""Scenarios: a ring's life as data, to see what rebalances would do before there are devices.

{"part_power": 8, "replicas": 3, "overload": 0.1, "random_seed": 1, "rounds": [[["add", "r1z1-10.0.0.1:6200/sda", 100],
["set_weight", 0, 50], ["remove", 0], ["set_overload", 0.2], ["save", "file.builder"]], ...]}
"""
import json

from swift.ring import builder_file, search
from swift.ring.builder import BuilderError, RingBuilder

_REQUIRED = ('part_power', 'replicas', 'overload', 'random_seed', 'rounds')
# A round ends when nothing moves, and in any case then.
_MOST_REBALANCES = 20


def load(path):
    """The scenario of a file, checked. Raises BuilderError."""
    try:
        with open(path, encoding='utf-8') as file:
            scenario = json.load(file)
    except (OSError, ValueError) as error:
        raise BuilderError(f'{path} cannot be read: {error}') from error
    if not isinstance(scenario, dict):
        raise BuilderError('a scenario is an object')
    missing = [name for name in _REQUIRED if name not in scenario]
    if missing:
        raise BuilderError(f'the scenario lacks {", ".join(missing)}')
    if not isinstance(scenario['rounds'], list):
        raise BuilderError('rounds is a list of lists of commands')
    for number, commands in enumerate(scenario['rounds'], 1):
        for command in commands if isinstance(commands, list) else [None]:
            _check(number, command)
    _builder(scenario)
    return scenario


def _check(number, command):
    if not isinstance(command, list) or not command or command[0] not in _COMMANDS:
        raise BuilderError(f'round {number}: {command!r} is none of {", ".join(sorted(_COMMANDS))}')
    kinds = _COMMANDS[command[0]][1]
    if len(command) != len(kinds) + 1 or not all(isinstance(*each) for each in zip(command[1:], kinds)):
        raise BuilderError(f'round {number}: {command!r}: wrong arguments')
    if command[0] == 'add':
        search.parse_new(command[1])


def _builder(scenario):
    try:
        builder = RingBuilder(scenario['part_power'], scenario['replicas'], 1)
        builder.set_overload(scenario['overload'])
    except (TypeError, ValueError) as error:
        raise BuilderError(f'part_power, replicas and overload are numbers: {error}') from error
    return builder


def _save(builder, path):
    builder_file.save(path, builder)


_NUMBER = (int, float)
_COMMANDS = {
    'add': (lambda builder, value, weight: builder.add_dev({**search.parse_new(value), 'weight': weight}),
            (str, _NUMBER)),
    'remove': (RingBuilder.remove_dev, (int,)),
    'set_weight': (RingBuilder.set_dev_weight, (int, _NUMBER)),
    'set_overload': (RingBuilder.set_overload, (_NUMBER,)),
    'save': (_save, (str,)),
}


def run(scenario):
    """Yield (round, rebalance, replicas moved, RingBuilder, devices removed) until nothing moves, round by round."""
    builder = _builder(scenario)
    seed = scenario['random_seed']
    for number, commands in enumerate(scenario['rounds'], 1):
        for name, *values in commands:
            _COMMANDS[name][0](builder, *values)
        for turn in range(1, _MOST_REBALANCES + 1):
            removed = len(builder.removed)
            builder.pretend_min_part_hours_passed()
            moved = sum(builder.rebalance(f'{seed}-{number}-{turn}').values())
            yield number, turn, moved, builder, removed
            if not moved and not removed:
                break
