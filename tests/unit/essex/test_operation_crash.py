"""Operations whose process is killed with -9 at each place, and operations that several processes want."""
import os
import signal

import pytest

from essex import db, failpoint
from essex.exception import EssexError
from tests.unit.essex import operation_kit as kit
from tests.unit.essex.operation_kit import DELETE, LOCAL, Recorder, add, drain, runner, state

STEPS = ('one', 'two', 'three')
PHASES = ('before', 'during', 'after')


@pytest.fixture
def url(conf, tmp_path):
    made = f'sqlite:///{tmp_path}/journal.sqlite'
    kit.create_tables(made)
    yield made
    db.dispose()


def process(url, recorder, points=None):
    """Drain the journal in a process of its own; returns the number of the signal that ended it, 0 for none."""
    return os.WTERMSIG(os.waitpid(start(url, recorder, points), 0)[1])


def start(url, recorder, points=None):
    pid = os.fork()
    if pid:
        return pid
    try:
        failpoint._POINTS = points or {}
        db.configure(url)
        one = runner(recorder)
        one.sweep()
        drain(one)
    finally:
        os._exit(0)


def called(path):
    return path.read_text().split('\n')[:-1]


@pytest.mark.parametrize('phase', PHASES)
@pytest.mark.parametrize('step', STEPS)
def test_killed_going_forward(url, tmp_path, step, phase):
    """The next process of this host takes over at once and finishes; only the step it died in runs twice."""
    operation, path = add(LOCAL), tmp_path / 'calls'
    assert process(url, Recorder(path), {f'local.{step}.{phase}': 'kill'}) == signal.SIGKILL
    assert state(operation) in ('running', 'done')
    assert process(url, Recorder(path)) == 0
    assert state(operation) == 'done'
    calls = called(path)
    assert [call for call in dict.fromkeys(calls) if call in STEPS] == list(STEPS)
    assert calls.count(step) == (2 if phase == 'during' else 1)
    # After the last step nothing of the operation is left to do: its end was recorded with it.
    assert calls.count('finished') == 1


@pytest.mark.parametrize('phase', PHASES)
@pytest.mark.parametrize('step', STEPS)
def test_killed_going_back(url, tmp_path, step, phase):
    def fail(run):
        raise EssexError('no room')
    operation, path = add(LOCAL), tmp_path / 'calls'
    assert process(url, Recorder(path, three=fail), {f'local.undo_{step}.{phase}': 'kill'}) == signal.SIGKILL
    assert process(url, Recorder(path, three=fail)) == 0
    assert state(operation) == 'failed'
    calls = called(path)
    assert list(dict.fromkeys(calls)) == [*STEPS, 'undo_three', 'undo_two', 'undo_one', 'failed: no room']
    assert calls.count(f'undo_{step}') == (2 if phase == 'during' else 1)
    assert calls.count('failed: no room') == 1


@pytest.mark.parametrize('point', ['delete.destroy.before', 'delete.destroy.during', 'delete.forget.during'])
def test_a_persistent_one_outlives_any_number_of_deaths(url, tmp_path, point):
    operation, path = add(DELETE), tmp_path / 'calls'
    for _ in range(5):
        assert process(url, Recorder(path), {point: 'kill'}) == signal.SIGKILL
    assert process(url, Recorder(path)) == 0
    assert state(operation) == 'done'


def test_a_step_that_kills_each_process_is_undone(url, tmp_path):
    operation, path = add(LOCAL), tmp_path / 'calls'
    for _ in range(3):
        assert process(url, Recorder(path), {'local.two.during': 'kill'}) == signal.SIGKILL
    assert process(url, Recorder(path)) == 0
    assert called(path) == ['one', 'two', 'two', 'two', 'undo_two', 'undo_one',
                            'failed: Step two failed: the daemon died 3 times in it']
    assert state(operation) == 'failed'


@pytest.mark.parametrize('kind', ['sqlite', 'postgresql', 'mariadb'])
def test_processes_racing_for_the_same_operations(request, conf, tmp_path, kind):
    """Each step of each operation runs once, whoever runs it."""
    url = f'sqlite:///{tmp_path}/journal.sqlite'
    # Who gives up for the crowd at SQLite's one lock leaves its operation until its heartbeat is old.
    conf.set('max_retries', 200, 'database')
    if kind != 'sqlite':
        url = request.getfixturevalue(kind).create_database('race')
    kit.create_tables(url)
    path = tmp_path / 'calls'
    ids = [add(LOCAL, f'server-{number}') for number in range(25)]
    db.dispose()
    racers = [start(url, Recorder(path)) for _ in range(4)]
    assert [os.waitpid(pid, 0)[1] for pid in racers] == [0] * 4
    db.configure(url)
    drain(runner(Recorder(path)))
    assert [state(each) for each in ids] == ['done'] * 25
    calls = called(path)
    assert {step: calls.count(step) for step in STEPS} == dict.fromkeys(STEPS, 25)
    # Said again by whoever closes an operation whose closing was cut short: it must bear that, as a step must.
    assert calls.count('finished') >= 25
    db.dispose()
