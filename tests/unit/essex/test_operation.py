"""Operations: forward, back, again, cancelled, handed over, contended; on each database."""
import datetime

import pytest
from sqlalchemy import update

from essex import concurrency, db
from essex.exception import EssexError
from essex.operation import Cancelled, Definition, Executor, Lost, Restart, Step
from tests.unit.essex import operation_kit as kit
from tests.unit.essex.operation_kit import BOOT, DELETE, HOME, JOURNAL, LOCAL, Recorder, add, drain, runner, state

ALL_QUEUES = (HOME, 'compute.a')


@pytest.fixture(params=['sqlite', 'postgresql', 'mariadb'])
def journal(request, conf, tmp_path):
    """An empty journal on each database."""
    url = f'sqlite:///{tmp_path}/journal.sqlite'
    if request.param != 'sqlite':
        url = request.getfixturevalue(request.param).create_database('operations')
    kit.create_tables(url)
    yield JOURNAL
    db.dispose()


def age(operation_id, seconds):
    """Make an operation's signs of life older."""
    past = db.utcnow() - datetime.timedelta(seconds=seconds)
    with db.writer() as session:
        session.execute(update(kit.Operation).where(kit.Operation.id == operation_id)
                        .values(heartbeat=past, updated_at=past, not_before=None))


def fail(run):
    raise EssexError('the disk is full')


def test_goes_forward_and_hands_over_between_queues(journal):
    recorder, rung = Recorder(), []
    scheduler, compute = runner(recorder, rung=rung), runner(recorder, (), ['compute.a'])
    operation = add(BOOT)
    assert scheduler.run(operation) == ('compute.a', operation)
    assert (state(operation), recorder.calls) == ('queued', ['choose'])
    assert scheduler.run(operation) is None, 'not ours any more'
    assert compute.run(operation) is None
    assert recorder.calls == ['choose', 'network', 'disk', 'spawn', 'finished']
    row = journal.get(operation)
    assert (row.state, row.owner, row.progress, row.data) == ('done', None, 100, {'host': 'a'})
    assert row.finished_at is not None
    assert [(step.name, step.undo, step.result) for step in journal.steps(operation)] == [
        (name, False, 'Success') for name in ('choose', 'network', 'disk', 'spawn')]


def test_no_secret_is_kept(journal):
    row = journal.get(add(BOOT))
    assert (row.context['auth_token'], row.context['service_catalog']) == (None, None)
    assert (row.user_id, row.project_id, row.request_id) == ('alice', 'work', kit.CONTEXT.request_id)


def test_a_failure_is_undone_backwards_with_the_failed_step_first(journal):
    recorder = Recorder(disk=fail)
    operation = add(BOOT)
    runner(recorder, ALL_QUEUES).run(operation)
    assert recorder.calls == ['choose', 'network', 'disk', 'undo_disk', 'undo_network', 'failed: the disk is full']
    row = journal.get(operation)
    assert (row.state, row.error, row.error_type) == ('failed', 'the disk is full', 'EssexError')
    assert [(step.name, step.undo, step.result, step.error) for step in journal.steps(operation)][2:4] == [
        ('disk', False, 'Error', 'the disk is full'), ('disk', True, 'Success', None)]


def test_an_undo_runs_where_its_step_did(journal):
    recorder, rung = Recorder(two=fail), []
    here_and_there = Definition('mixed', [Step('one', at='x', undo=True), Step('two', at='y', undo=True)])
    first, second = runner(recorder, ('x',), rung=rung), runner(recorder, ('y',), rung=rung)
    for each in (first, second):
        each.register(here_and_there, recorder)
    operation = add(here_and_there)
    assert first.run(operation) == ('y', operation)
    assert second.run(operation) == ('x', operation)
    assert state(operation) == 'undoing'
    assert first.run(operation) is None
    assert recorder.calls == ['one', 'two', 'undo_two', 'undo_one', 'failed: the disk is full']


def test_an_undo_that_fails_tells_the_user_and_is_tried_until_it_works(journal, conf):
    recorder = Recorder(disk=fail, undo_disk=[EssexError('busy'), EssexError('busy'), None])
    operation, one = add(BOOT), runner(recorder, ALL_QUEUES)
    one.run(operation)
    assert recorder.calls[-1] == 'explain: the disk is full'
    assert (state(operation), journal.ready(one.owner, one.queues)) == ('undoing', [])
    for _ in range(2):
        age(operation, 0)
        drain(one)
    assert recorder.calls[-4:] == ['undo_disk', 'undo_disk', 'undo_network', 'failed, told']
    assert state(operation) == 'failed'


def test_restart_goes_back_to_a_step_and_on_from_there(journal):
    recorder = Recorder(disk=[Restart('choose', 'no room on a'), None])
    operation, one = add(BOOT), runner(recorder, ALL_QUEUES)
    drain(one)
    assert recorder.calls == ['choose', 'network', 'disk', 'undo_disk', 'undo_network',
                              'choose', 'network', 'disk', 'spawn', 'finished']
    row = journal.get(operation)
    assert (row.state, row.error) == ('done', None)


def test_a_cancelled_restart_is_undone_to_the_bottom(journal):
    recorder = Recorder(three=Restart('two', 'again'), undo_two=lambda run: JOURNAL.cancel('server'))
    operation = add(LOCAL)
    drain(runner(recorder))
    assert recorder.calls == ['one', 'two', 'three', 'undo_three', 'undo_two', 'undo_one', 'cancelled']
    assert state(operation) == 'cancelled'


@pytest.mark.parametrize('during', ['choose', 'network', 'disk'])
def test_cancel_takes_effect_before_the_next_step(journal, during):
    recorder = Recorder(**{during: lambda run: JOURNAL.cancel('server')})
    operation = add(BOOT)
    runner(recorder, ALL_QUEUES).run(operation)
    done = ['choose', 'network', 'disk'][:['choose', 'network', 'disk'].index(during) + 1]
    calls = [call for call in recorder.calls if not call.startswith('undo_')]
    assert calls == [*done, 'cancelled']
    assert [call for call in recorder.calls if call.startswith('undo_')][-1:] in ([], ['undo_network'])
    assert state(operation) == 'cancelled'


def test_cancel_before_the_first_step_does_nothing_else(journal):
    recorder, operation = Recorder(), add(BOOT)
    assert journal.cancel('server') == [operation]
    drain(runner(recorder))
    assert (recorder.calls, state(operation)) == (['cancelled'], 'cancelled')
    assert journal.cancel('server') == []


def test_cancel_in_the_last_step_comes_too_late(journal):
    recorder, operation = Recorder(spawn=lambda run: JOURNAL.cancel('server')), add(BOOT)
    runner(recorder, ALL_QUEUES).run(operation)
    assert state(operation) == 'done'


def test_a_long_step_can_ask(journal):
    def ask(run):
        JOURNAL.cancel('server')
        run.check_cancelled()
    recorder, operation = Recorder(disk=ask), add(BOOT)
    runner(recorder, ALL_QUEUES).run(operation)
    assert recorder.calls[-3:] == ['undo_disk', 'undo_network', 'cancelled']
    assert journal.get(operation).error_type == 'Cancelled'


def test_operations_of_one_resource_run_in_order(journal):
    recorder, rung = Recorder(), []
    one = runner(recorder, rung=rung)
    first, second, other = add(LOCAL), add(DELETE), add(LOCAL, 'another')
    assert journal.ready(one.owner, one.queues) == [first, other]
    assert one.run(second) is None
    assert one.run(first) == (HOME, second)
    assert one.run(second) is None
    assert [state(each) for each in (first, second, other)] == ['done', 'done', 'queued']


def test_a_persistent_operation_is_tried_until_it_succeeds(journal):
    recorder = Recorder(destroy=[EssexError('hypervisor away')] * 4)
    operation, one = add(DELETE), runner(recorder)
    for _ in range(5):
        age(operation, 0)
        drain(one)
    assert recorder.calls.count('destroy') == 5
    assert [call for call in recorder.calls if call.startswith('explain')] == ['explain: hypervisor away']
    assert recorder.calls[-2:] == ['forget', 'finished']
    assert state(operation) == 'done'


def test_a_persistent_operation_cannot_be_cancelled(journal):
    recorder, operation = Recorder(), add(DELETE)
    journal.cancel('server')
    drain(runner(recorder))
    assert state(operation) == 'done'


def test_a_step_that_kills_its_process_is_given_up(journal):
    """Runner objects that are dropped in the middle of a step stand for processes that died in it."""
    recorder = Recorder(disk=_die)
    operation = add(BOOT)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            runner(recorder, (HOME,), ['compute.a']).run(operation)
    assert state(operation) == 'running'
    runner(recorder, (HOME,), ['compute.a']).run(operation)
    assert recorder.calls[-3:] == ['undo_disk', 'undo_network',
                                   'failed: Step disk failed: the daemon died 3 times in it']
    assert [step.result for step in journal.steps(operation) if step.name == 'disk' and not step.undo] == [None] * 3


def _die(run):
    raise KeyboardInterrupt


def test_one_owner_at_a_time(journal):
    recorder, rival = Recorder(), Recorder()
    other = runner(rival)
    recorder.todo['one'] = lambda run: other.run(operation)
    operation = add(LOCAL)
    runner(recorder).run(operation)
    assert rival.calls == []
    assert recorder.calls == ['one', 'two', 'three', 'finished']


def test_who_was_taken_for_dead_changes_nothing_any_more(journal):
    rival = Recorder()
    other = runner(rival)

    def sleep_too_long(run):
        age(operation, 3600)
        other.run(operation)
        with pytest.raises(Lost), db.writer():
            run.hold()
    recorder = Recorder(two=sleep_too_long)
    operation = add(LOCAL)
    assert runner(recorder).run(operation) is None
    assert recorder.calls == ['one', 'two']
    assert rival.calls == ['two', 'three', 'finished']
    assert [(step.name, step.result) for step in journal.steps(operation)] == [
        ('one', 'Success'), ('two', None), ('two', 'Success'), ('three', 'Success')]


def test_a_dead_owner_is_succeeded_after_its_heartbeat(journal):
    recorder, operation = Recorder(two=_die), add(LOCAL)
    with pytest.raises(KeyboardInterrupt):
        runner(recorder).run(operation)
    successor = runner(Recorder())
    assert journal.ready(successor.owner, successor.queues) == []
    age(operation, 31)
    drain(successor)
    assert state(operation) == 'done'


def test_an_exclusive_queue_needs_no_waiting(journal):
    recorder, operation = Recorder(two=_die), add(LOCAL)
    with pytest.raises(KeyboardInterrupt):
        runner(recorder).run(operation)
    drain(runner(Recorder(), (), [HOME]))
    assert state(operation) == 'done'


def test_a_run_that_broke_off_here_is_taken_up_here(journal):
    recorder, operation = Recorder(), add(LOCAL)
    one = runner(recorder)

    def lose_the_database(*args, **kwargs):
        raise EssexError('database away')
    begin, journal.begin = journal.begin, lose_the_database
    try:
        with pytest.raises(EssexError):
            one.run(operation)
    finally:
        journal.begin = begin
    assert journal.get(operation).owner == one.owner
    drain(one)
    assert state(operation) == 'done'


def test_what_finished_writes_holds_exactly_when_the_operation_is_done(journal):
    class Executing(Recorder):
        def finished(self, run):
            journal.cancel('server')
            raise EssexError('cannot write')
    operation, one = add(DELETE), runner(Executing())
    with pytest.raises(EssexError):
        one.run(operation)
    row = journal.get(operation)
    assert (row.state, row.cancel) == ('running', False)


def test_starting_is_called_with_each_step_in_its_transaction(journal):
    class Showing(Recorder):
        def starting(self, run, step):
            self.calls.append(f'starting {step}')
            with db.writer() as session:
                assert session.in_transaction()
    recorder = Showing()
    runner(recorder).run(add(DELETE))
    assert recorder.calls == ['starting destroy', 'destroy', 'starting forget', 'forget', 'finished']


def test_stranded_ones_are_given_up_and_unwound_when_their_daemon_is_back(journal):
    recorder, told = Recorder(network=_die), []
    operation = add(BOOT)
    with pytest.raises(KeyboardInterrupt):
        runner(recorder, ALL_QUEUES).run(operation)
    assert journal.stranded(60) == []
    age(operation, 61)
    assert [row.id for row in journal.stranded(60)] == [operation]
    values = {'state': 'undoing', 'error': 'host a is away', 'error_type': 'HostDown'}
    assert journal.give_up(operation, 60, values, lambda: told.append(True))
    assert journal.stranded(60) == [] and told == [True]
    back = Recorder()
    drain(runner(back, (), ['compute.a']))
    assert back.calls == ['undo_network', 'failed, told']


def test_one_that_is_worked_on_is_not_given_up(journal):
    operation = add(BOOT)
    age(operation, 61)
    journal.claim(operation, 'somebody', [HOME])
    assert not journal.give_up(operation, 60, {'error': 'x'}, lambda: None)
    assert journal.get(operation).told is False


def test_data_is_kept_after_a_step_and_by_save(journal):
    def note(run):
        run.data['volume'] = 'v1'
        run.save()
        run.progress(50)
        assert (journal.get(run.id).data, journal.get(run.id).progress) == ({'host': 'a', 'volume': 'v1'}, 50)
    operation = add(BOOT)
    runner(Recorder(network=note), ALL_QUEUES).run(operation)
    assert journal.get(operation).data == {'host': 'a', 'volume': 'v1'}


def test_statements_of_an_operation(journal):
    """A step costs one transaction: its begin, which is the end of the one before."""
    operation, one = add(DELETE), runner(Recorder())
    with db.count_statements() as counter:
        one.run(operation)
    # ready, claim and read; begin (2), begin with end (3), close with end (2) and the next one.
    assert counter.total <= 12


class TestPool:
    """The runner's green threads (the test's process is not patched: they run while it waits for the pool)."""

    @pytest.fixture(autouse=True)
    def tables(self, conf, tmp_path):
        kit.create_tables(f'sqlite:///{tmp_path}/journal.sqlite')
        yield
        db.dispose()

    def test_accept_returns_at_once_and_all_run(self):
        recorder = Recorder()
        one = runner(recorder)
        ids = [add(LOCAL, f'server-{number}') for number in range(50)]
        for operation in ids:
            one.accept(operation)
        one._pool.waitall()
        assert [state(each) for each in ids] == ['done'] * 50

    def test_an_announcement_during_the_run_is_not_lost(self):
        """The operation comes back to this queue while its last walk here has not quite ended."""
        recorder = Recorder()
        one = runner(recorder)
        first, second = add(LOCAL), add(DELETE)
        recorder.todo['three'] = lambda run: one.accept(first)
        one.accept(first)
        one.accept(second)
        one._pool.waitall()
        assert [state(first), state(second)] == ['done', 'done']

    def test_stop_ends_between_two_steps(self):
        recorder = Recorder()
        one = runner(recorder)
        recorder.todo['two'] = lambda run: setattr(one, '_stopping', True)
        operation = add(LOCAL)
        one.accept(operation)
        one._pool.waitall()
        row = JOURNAL.get(operation)
        assert (row.state, row.owner, row.step, recorder.calls) == ('queued', None, 2, ['one', 'two'])
        drain(runner(recorder))
        assert recorder.calls == ['one', 'two', 'three', 'finished']

    def test_a_step_that_takes_too_long_fails_even_if_it_swallows_exceptions(self):
        class Slow(Executor):
            errors = []

            def nap(self, run):
                try:
                    concurrency.Event().wait()
                except Exception as error:
                    self.errors.append(error)

            def failed(self, run, error):
                self.errors.append(str(error))
        one, slow = runner(Recorder()), Slow()
        impatient = Definition('impatient', [Step('nap', at=HOME, timeout=0.05)])
        one.register(impatient, slow)
        operation = add(impatient)
        one.accept(operation)
        one._pool.waitall()
        assert slow.errors == ['Step nap failed: it took longer than 0.05 seconds']
        assert state(operation) == 'failed'

    def test_a_bell_that_does_not_ring_stops_nothing(self):
        def broken(queue, operation_id):
            raise OSError('no broker')
        one = runner(Recorder())
        one._ring = broken
        operation = add(BOOT)
        one.accept(operation)
        one._pool.waitall()
        assert JOURNAL.get(operation).queue == 'compute.a'

    def test_an_unknown_kind_is_left_alone(self):
        strange = Definition('strange', [Step('x', at=HOME)])
        operation = add(strange)
        assert runner(Recorder()).run(operation) is None
        assert (state(operation), JOURNAL.get(operation).owner) == ('queued', None)

    def test_cancelled_is_no_failure(self):
        assert str(Cancelled()) == 'The operation was cancelled.'
