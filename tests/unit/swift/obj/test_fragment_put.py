"""PUT, GET and the auditing of fragment archives on one node."""
import hashlib
import json
import os

import pytest

from swift import erasure
from swift.erasure import Code
from swift.obj import fragments, hashes
from swift.obj.auditor import ObjectAuditor
from swift.obj.errors import NotExist
from swift.obj.mime import BadMime, Parts
from swift.timestamp import Timestamp
from tests.unit.swift.obj.node import Node

CODE = Code('liberasurecode_rs_vand', 2, 1, 1000)
BODY = bytes(range(250)) * 10
ARCHIVES = [b''.join(CODE.encode(BODY[start:start + 1000])[index] for start in (0, 1000, 2000)) for index in range(3)]


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path, codes={0: CODE}, policies=[0])


def footers(index=0, **more):
    made = {'Etag': hashlib.md5(ARCHIVES[index]).hexdigest(), erasure.ETAG: hashlib.md5(BODY).hexdigest(),
            erasure.LENGTH: str(len(BODY)), erasure.SCHEME: CODE.scheme, erasure.SEGMENT_SIZE: '1000',
            erasure.INDEX: str(index)}
    return {name: value for name, value in {**made, **more}.items() if value is not None}


def document(index=0, check=None, text=None, commit=True, data=None, **more):
    """The body of a PUT in two phases, all at once."""
    text = json.dumps(footers(index, **more)).encode() if text is None else text
    check = check or hashlib.md5(text).hexdigest()
    return (b'--B\r\nX-Document: object body\r\n\r\n' + (ARCHIVES[index] if data is None else data)
            + f'\r\n--B\r\nX-Document: object metadata\r\nContent-MD5: {check}\r\n\r\n'.encode() + text + b'\r\n--B\r\n'
            + (b'X-Document: put commit\r\n\r\ncommit\r\n--B--' if commit else b''))


PHASES = {'X_Backend_Obj_Multiphase_Commit': 'yes', 'X_Backend_Obj_Metadata_Footer': 'yes',
          'X_Backend_Obj_Multipart_Mime_Boundary': 'B', 'Transfer_Encoding': 'chunked'}


def put(node, *args, headers=None, **more):
    return node.put(body=document(*args, **more), **{**PHASES, **(headers or {})})


def names(node):
    return [os.path.basename(each) for each in node.files()]


def test_an_archive_is_kept_and_read_as_it_was_sent(node):
    assert put(node, 1).status_int == 201
    assert [name.partition('#')[2] for name in names(node)] == ['1#d.data']
    answer = node.get()
    assert (answer.body, answer.headers[erasure.INDEX]) == (ARCHIVES[1], '1')
    when = answer.headers['X-Backend-Data-Timestamp']
    assert answer.headers['X-Backend-Durable-Timestamp'] == when
    assert json.loads(answer.headers['X-Backend-Fragments']) == {when: [1]}


def test_without_the_word_it_is_kept_and_shown_to_those_alone_who_ask_for_it(node):
    put(node, 0, commit=True)
    assert put(node, 2, commit=False).status_int == 499
    assert [name.partition('#')[2] for name in names(node)] == ['0#d.data', '2.data']
    assert node.get().headers[erasure.INDEX] == '0'
    asked = node.get(X_Backend_Fragment_Preferences='[]')
    assert (asked.body, asked.headers[erasure.INDEX]) == (ARCHIVES[2], '2')
    assert asked.headers['X-Backend-Durable-Timestamp'] == node.get().headers['X-Backend-Data-Timestamp']
    when = asked.headers['X-Backend-Data-Timestamp']
    named = json.dumps([{'timestamp': when, 'exclude': [2]}])
    assert node.get(X_Backend_Fragment_Preferences=named).headers[erasure.INDEX] == '0'
    assert node.get(X_Backend_Fragment_Preferences='nonsense').status_int == 400


BAD = {'an archive that is damaged on the way': ({'data': b'other'}, 422),
       'metadata that is damaged on the way': ({'check': '0' * 32}, 422),
       'metadata that is none': ({'text': b'[1'}, 400), 'no index': ({erasure.INDEX: None}, 400),
       'an index beyond all': ({erasure.INDEX: '3'}, 400), 'no length of the object': ({erasure.LENGTH: None}, 400)}


@pytest.mark.parametrize('more, status', BAD.values(), ids=BAD)
def test_what_is_wrong_leaves_nothing(node, more, status):
    assert put(node, 0, **more).status_int == status
    assert names(node) == []


@pytest.mark.parametrize('cut', [5, 40, 900, -200, -45])
def test_a_body_that_ends_early_is_not_kept(node, cut):
    answer = node.put(body=document()[:cut], **PHASES)
    assert answer.status_int == 499 and not [name for name in names(node) if '#d' in name]


def test_older_archives_are_refused_and_another_index_of_the_same_time_is_welcome(node):
    now = node.now
    assert put(node, 0, headers={'X_Timestamp': now}).status_int == 201
    again = {'X_Timestamp': now}
    assert put(node, 0, headers={**again, 'X_Object_Sysmeta_Ec_Frag_Index': '0'}).status_int == 409
    assert put(node, 1, headers={**again, 'X_Object_Sysmeta_Ec_Frag_Index': '1'}).status_int == 201
    assert len(names(node)) == 2
    assert put(node, 2, headers={'X_Timestamp': '1.00000'}).status_int == 409


def test_a_peer_brings_one_whole_and_may_say_that_it_is_not_durable(node):
    values = {name.replace('-', '_'): value for name, value in footers(2).items() if name != 'Etag'}
    for more, kept in (({}, '2#d.data'), ({'X_Backend_No_Commit': 'True'}, '2.data')):
        answer = node.put('o', ARCHIVES[2], X_Backend_Replication='True', **values, **more)
        assert (answer.status_int, answer.headers['ETag']) == (201, f'"{hashlib.md5(ARCHIVES[2]).hexdigest()}"')
        assert names(node)[-1].endswith(f'#{kept}')


def test_making_durable_what_is_gone_is_an_error_unless_something_newer_came(node):
    with pytest.raises(NotExist):
        fragments.make_durable(node.file(), Timestamp(1), 0)
    put(node, 0)
    fragments.make_durable(node.file(), Timestamp(1), 0)


def test_hashes_are_by_index_and_alike_on_nodes_of_other_indexes(node):
    now = node.now
    put(node, 0, headers={'X_Timestamp': now})
    first = node.manager.hashes('sda', node.part(), (), node.policy)
    put(node, 1, headers={'X_Timestamp': now, 'X_Object_Sysmeta_Ec_Frag_Index': '1'})
    suffix, = first
    both = node.manager.hashes('sda', node.part(), (), node.policy)[suffix]
    assert both.keys() == {None, 0, 1} and both[0] == both[1] == first[suffix][0] and both[None] == first[suffix][None]


def test_what_never_became_durable_is_forgotten_in_the_end(node):
    put(node, 0, commit=False, headers={'X_Timestamp': '1000.00000'})
    path = f'{node.devices}/sda/objects/{node.files()[0]}'
    node.manager.hashes('sda', node.part(), (), node.policy, rehash=True)
    assert names(node) == ['0000001000.00000#0.data']   # perhaps somebody is at it
    os.utime(path, (1, 1))
    node.manager.hashes('sda', node.part(), (), node.policy, rehash=True)
    assert names(node) == []


@pytest.mark.parametrize('wrong', ['header', 'index', 'size'])
def test_the_auditor_looks_at_each_fragment(node, wrong):
    data = bytearray(ARCHIVES[0])
    if wrong == 'header':
        data[CODE.fragment_size() + 3] ^= 1
    elif wrong == 'index':
        data = bytearray(ARCHIVES[1])
    else:
        data = data[:-CODE.fragment_size(500)]
    assert put(node, 0, data=bytes(data), Etag=hashlib.md5(data).hexdigest()).status_int == 201
    put(node, 1, headers={'X_Timestamp': node.get().headers['X-Backend-Data-Timestamp'],
                          'X_Object_Sysmeta_Ec_Frag_Index': '1'})
    figures = ObjectAuditor({**node.conf, 'files_per_second': '0', 'bytes_per_second': '0'}).run_once()
    assert figures['ALL']['quarantined'] == 1 and names(node) == []


def test_the_auditor_leaves_good_ones(node):
    put(node, 0)
    put(node, 1, commit=False)
    figures = ObjectAuditor({**node.conf, 'files_per_second': '0', 'bytes_per_second': '0'}).run_once()
    assert (figures['ALL']['audited'], figures['ALL']['quarantined']) == (2, 0)


@pytest.mark.parametrize('size', [1, 2, 3, 7, 1000])
def test_parts_are_found_however_the_body_is_cut(size):
    body = document(data=b'one\r\n--\r\n-B\r\n--')
    pieces = iter([body[start:start + size] for start in range(0, len(body), size)])
    parts = Parts(lambda: next(pieces, b''), b'B')
    assert parts.begin() == {'x-document': 'object body'} and parts.text(100) == b'one\r\n--\r\n-B\r\n--'
    assert parts.begin()['x-document'] == 'object metadata' and json.loads(parts.text(1000)) == footers()
    assert parts.begin() == {'x-document': 'put commit'} and parts.read()
    assert parts.begin() is None


def test_a_body_without_parts_is_an_error():
    for body in (b'', b'nothing', b'--B', b'--B\r\nno header\r\n\r\n'):
        pieces = iter([body])
        with pytest.raises(BadMime):
            Parts(lambda pieces=pieces: next(pieces, b''), b'B').begin()


@pytest.mark.parametrize('names, known', [
    (('1795876044.91842+0.meta', '1795876044.85781#2#d.data'), {None: '574eb1fe3d3428682ce3ac160628c459',
                                                               2: '7a89566bda749940b854234ef50d9cc3'}),
    (('1795876044.90461.meta', '1795876044.80035#5.data'), {5: 'df8741a9b819b1258d2de1ac28b861e7'})])
def test_hashes_are_those_of_the_original(tmp_path, names, known):
    directory = tmp_path / 'd5d' / ('0' * 29 + 'd5d')
    directory.mkdir(parents=True)
    for name in names:
        (directory / name).write_bytes(b'')
    assert hashes.hash_suffix(str(tmp_path / 'd5d'), by_index=True, reclaim_age=1 << 40) == known
