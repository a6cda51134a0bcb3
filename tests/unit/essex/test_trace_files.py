"""Finding spans again."""
import os
import time

import orjson
import pytest

from essex import trace_files


def span(request, identity, name='GET /v2.1/servers', start=1000.0, **more):
    return {'request': request, 'global': None, 'id': identity, 'parent': None, 'daemon': 'nova-api', 'host': 'node1',
            'name': name, 'start': start, 'ms': 1.5, 'kind': 'http', 'status': 200, **more}


def write(path, *spans):
    with open(path, 'ab') as file:
        for each in spans:
            file.write(orjson.dumps(each) + b'\n')


def test_a_request_is_found_with_what_it_caused_in_any_file(tmp_path):
    write(tmp_path / 'nova.jsonl', span('req-a', '1', start=1), span('req-x', '2'))
    write(tmp_path / 'glance.jsonl.1', span('req-b', '3', start=2, **{'global': 'req-a', 'parent': '1'}))
    write(tmp_path / 'keystone.jsonl', span('req-c', '4', start=3, **{'global': 'req-b', 'parent': '3'}))
    assert [each['id'] for each in trace_files.find('req-a', tmp_path)] == ['1', '3', '4']
    assert [each['id'] for each in trace_files.find('req-c', tmp_path)] == ['4']
    assert trace_files.find('req-none', tmp_path) == []


def test_an_id_in_a_name_is_not_the_request(tmp_path):
    write(tmp_path / 'nova.jsonl', span('req-b', '1', name='"req-a"'), span('req-a', '2'))
    assert [each['id'] for each in trace_files.find('req-a', tmp_path)] == ['2']


def test_lines_over_the_borders_of_blocks_are_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(trace_files, '_BLOCK', 300)
    monkeypatch.setattr(trace_files, '_STEP', 300)
    write(tmp_path / 'nova.jsonl', *(span('req-a', str(number), name='x' * (number * 7 % 400))
                                     for number in range(100)))
    assert len(trace_files.find('req-a', tmp_path)) == 100
    assert len(trace_files.recent(tmp_path, 500)) == 100


def test_the_line_a_killed_process_was_writing_is_left_out(tmp_path):
    write(tmp_path / 'nova.jsonl', span('req-a', '1'))
    with open(tmp_path / 'nova.jsonl', 'ab') as file:
        file.write(b'{"request":"req-a","parent":null,"kind":"http"')
    assert len(trace_files.find('req-a', tmp_path)) == 1
    assert len(trace_files.recent(tmp_path)) == 1


def test_recent_ones_come_from_outside_and_the_newest_is_first(tmp_path):
    write(tmp_path / 'nova.jsonl', *(span(f'req-{number}', str(number), start=number) for number in range(10)),
          span('req-step', 'a', kind='step'), span('req-inner', 'b', parent='1'))
    write(tmp_path / 'glance.jsonl', span('req-g', 'c', start=7.5, daemon='glance-api'))
    assert [each['request'] for each in trace_files.recent(tmp_path, 3)] == ['req-9', 'req-8', 'req-g']
    only = trace_files.recent(tmp_path, 3, lambda each: each['daemon'] == 'glance-api')
    assert [each['request'] for each in only] == ['req-g']


@pytest.mark.parametrize('directory', ['missing', ''])
def test_no_directory_no_spans(tmp_path, directory):
    assert trace_files.find('req-a', tmp_path / directory) == trace_files.recent(tmp_path / directory) == []


def test_full_files_are_read_in_bounded_time(tmp_path):
    lines = b''.join(orjson.dumps(span(f'req-{number}', f'{number:016x}', start=number)) + b'\n'
                     for number in range(1000))
    for name in ('nova.jsonl', 'nova.jsonl.1', 'glance.jsonl', 'keystone.jsonl'):
        (tmp_path / name).write_bytes(lines * (16 * 1024 * 1024 // len(lines)))
        os.utime(tmp_path / name, (time.time(), time.time()))
    write(tmp_path / 'nova.jsonl', span('req-wanted', 'w'))
    began = time.perf_counter()
    assert len(trace_files.find('req-wanted', tmp_path)) == 1
    found = time.perf_counter()
    assert trace_files.recent(tmp_path, 50)
    # Some 0.05 and 0.02 s on a quiet machine.
    assert found - began < 2 and time.perf_counter() - found < 2
