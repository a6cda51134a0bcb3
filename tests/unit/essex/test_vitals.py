"""What a process tells about itself."""
import logging
import os
import subprocess
import sys
import time
import types

import orjson
import pytest

from essex import context, trace, vitals
from essex.vitals import counters, errors, status_file


@pytest.fixture(autouse=True)
def nothing_told():
    counters.reset()
    vitals.forget()
    yield
    counters.reset()
    vitals.forget()


class TestCounters:
    def test_a_minute_of_work_in_numbers(self, monkeypatch):
        clock = types.SimpleNamespace(now=1000.0)
        monkeypatch.setattr(counters.time, 'monotonic', lambda: clock.now)
        for number in range(90):
            counters.record('nova-api', 'http', 0.010, failed=number < 3)
        clock.now += 10
        for _ in range(10):
            counters.record('nova-api', 'http', 1.0)
        seen = counters.snapshot()['nova-api']['http']
        assert (seen['count'], seen['failed'], seen['total']) == (100, 3, 100)
        assert seen['series'][-3:] == [90, 0, 10]
        assert seen['per_second'] == 10   # of the ten seconds it lives
        assert seen['p50_ms'] == pytest.approx(10, rel=0.1) and seen['p95_ms'] == pytest.approx(1000, rel=0.1)

    def test_what_is_older_than_a_minute_is_forgotten(self, monkeypatch):
        clock = types.SimpleNamespace(now=1000.0)
        monkeypatch.setattr(counters.time, 'monotonic', lambda: clock.now)
        counters.record('nova-api', 'http', 0.01)
        clock.now += 61
        seen = counters.snapshot()['nova-api']['http']
        assert (seen['count'], seen['p95_ms'], seen['total']) == (0, None, 1)

    @pytest.mark.parametrize('seconds', [0, 1e-7, 1e-4, 5000])
    def test_any_time_has_its_place(self, seconds):
        counters.record('nova-api', 'http', seconds)
        assert counters.snapshot()['nova-api']['http']['count'] == 1

    def test_counting_costs_little(self):
        began = time.perf_counter()
        for _ in range(10000):
            counters.record('nova-api', 'http', 0.0123)
        assert (time.perf_counter() - began) / 10000 < 20e-6   # some 1 us on a quiet machine


class TestErrors:
    @pytest.fixture
    def ring(self, tmp_path):
        made = errors.Ring(str(tmp_path / 'nova.errors'))
        made.attach()
        yield made
        made.detach()

    def test_warnings_are_kept_with_whom_they_belong_to(self, ring):
        caller = context.RequestContext()
        token = context.bind(caller)
        try:
            with trace.daemon_scope('nova-compute'):
                logging.getLogger('nova').warning('disk of %s', 'web')
        finally:
            context.unbind(token)
        logging.getLogger('nova').info('all is well')
        kept, = errors.read(ring.path)
        assert (kept['message'], kept['daemon']) == ('disk of web', 'nova-compute')
        assert kept['request_id'] == caller.request_id

    def test_the_cause_is_named_and_long_texts_are_cut(self, ring):
        try:
            raise OSError('no room')
        except OSError:
            logging.getLogger('nova').exception('it failed')
        logging.getLogger('nova').error('x' * 10000)
        assert ring.records[0]['message'] == 'it failed (OSError: no room)'
        assert len(ring.records[1]['message']) == errors.LONGEST

    def test_a_storm_is_not_one_of_writes_and_the_last_survive_a_death(self, ring):
        for number in range(200):
            logging.getLogger('nova').error('%d', number)
        assert len(errors.read(ring.path)) == 1
        ring.write()
        assert [each['message'] for each in errors.read(ring.path)][-1] == '199'
        again = errors.Ring(ring.path)
        assert len(again.records) == errors.KEPT and again.records[-1]['message'] == '199'

    def test_arguments_that_do_not_fit_break_nothing(self, ring):
        ring.emit(logging.LogRecord('nova', logging.ERROR, '', 0, '%d of', ('a', 2), None))
        assert ring.records[-1]['message'] == '%d of'

    def test_a_full_disk_costs_the_file_alone(self, tmp_path):
        ring = errors.Ring(str(tmp_path / 'missing' / 'nova.errors'))
        ring.handle(logging.LogRecord('nova', logging.ERROR, '', 0, 'x', (), None))
        assert ring.records


class TestStatusFile:
    def make(self, directory, name='nova'):
        daemon = types.SimpleNamespace(name='nova-api', state='up', addresses=['127.0.0.1:8774'])
        return status_file.StatusFile(str(directory), name, 'nova', 'node1', 5, [daemon])

    def test_a_living_process_is_up_and_an_orderly_end_leaves_nothing(self, tmp_path):
        file = self.make(tmp_path)
        vitals.tell('answer', lambda: 42, every=0)
        counters.record('nova-api', 'http', 0.01)
        file.write()
        process, = status_file.processes(tmp_path)
        assert process['alive'] and process['pss_mb'] > 1 and process['facts'] == {'answer': 42}
        assert process['counters']['nova-api']['http']['count'] == 1
        assert status_file.state_of(process, process['daemons'][0], time.time()) == 'up'
        file.remove()
        assert status_file.processes(tmp_path) == []

    def test_a_killed_one_is_dead_at_once_and_its_successor_knows(self, tmp_path):
        script = ('import sys, time; sys.path.insert(0, sys.argv[1]); from essex.vitals import status_file; '
                  'status_file.StatusFile(sys.argv[2], "nova", "nova", "n", 5, []).write(); '
                  'print("written", flush=True); time.sleep(60)')
        child = subprocess.Popen([sys.executable, '-c', script, os.getcwd(), tmp_path], stdout=subprocess.PIPE)
        try:
            assert child.stdout.readline() == b'written\n'
            assert status_file.processes(tmp_path)[0]['alive']
        finally:
            child.kill()
            child.wait(10)
            child.stdout.close()
        process, = status_file.processes(tmp_path)
        assert status_file.state_of(process, {'state': 'up'}, time.time()) == 'dead'
        again = self.make(tmp_path)
        again.write()
        successor, = status_file.processes(tmp_path)
        assert successor['deaths'] == 1 and successor['died'] == pytest.approx(process['heartbeat'])
        again.remove()

    def test_a_process_id_that_came_again_is_not_it(self, tmp_path):
        file = self.make(tmp_path)
        file.write()
        content = orjson.loads((tmp_path / 'nova.json').read_bytes())
        (tmp_path / 'nova.json').write_bytes(orjson.dumps({**content, 'ticks': '1'}))
        assert not status_file.processes(tmp_path)[0]['alive']
        file.remove()

    def test_one_without_a_sign_of_life_is_late(self, tmp_path):
        file = self.make(tmp_path)
        file.write()
        process, = status_file.processes(tmp_path)
        assert status_file.state_of(process, process['daemons'][0], time.time() + 31) == 'late'
        file.remove()

    def test_half_a_file_is_none(self, tmp_path):
        (tmp_path / 'x.json').write_text('{"pid": 1, ')
        (tmp_path / 'y.json').write_text('[]')
        assert status_file.processes(tmp_path) == []


def test_a_fact_that_fails_tells_its_class_alone():
    def fact():
        raise RuntimeError('postgresql://nova:secret@db/nova')
    vitals.tell('database', fact, every=0)
    assert vitals.facts() == {'database': {'unknown': 'RuntimeError'}}
