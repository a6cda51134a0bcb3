"""Codes, and what swift.conf may say of them."""
import configparser
import itertools
import os

import pytest

from swift import erasure, policies
from swift.cluster import Cluster
from swift.cmd._kinds import KINDS
from swift.exceptions import ConfigurationError
from tests.fixtures.rings import make_ring, make_rings

CODES = [erasure.Code('liberasurecode_rs_vand', 4, 2, 4096), erasure.Code('isa_l_rs_cauchy', 3, 3, 1000)]


@pytest.mark.parametrize('code', CODES, ids=lambda code: code.scheme)
@pytest.mark.parametrize('size', (1, 999, 1000))
def test_any_choice_of_fragments_gives_the_segment_and_each_other_fragment(code, size):
    segment = os.urandom(size)
    made = code.encode(segment)
    assert {len(each) for each in made} == {code.fragment_size(size)} == {code.archive_size(size)}
    assert [code.index_of(each[:erasure.HEADER]) for each in made] == list(range(code.total))
    for chosen in itertools.combinations(range(code.total), code.data):
        held = [made[index] for index in chosen]
        assert code.decode(held) == segment
        lost = next(index for index in range(code.total) if index not in chosen)
        assert code.rebuild(held, lost) == made[lost]


def test_sizes_and_the_quorum():
    code = CODES[0]
    assert (code.total, code.quorum, code.scheme) == (6, 5, 'liberasurecode_rs_vand 4+2')
    assert code.archive_size(0) == code.segments(0) == 0
    assert code.archive_size(4096 * 3 + 5) == 3 * code.fragment_size() + code.fragment_size(5)
    assert code.segments(4096 * 3 + 5) == 4
    assert code.sized(8192).fragment_size() > code.fragment_size()


# Codes that do not decode from every choice of as many fragments as there are of data: (code, quorum)
UNEVEN = [(erasure.Code('flat_xor_hd_3', 3, 3, 1000), 5), (erasure.Code('flat_xor_hd_3', 5, 5, 1000), 9),
          (erasure.Code('flat_xor_hd_4', 5, 5, 1000), 8), (erasure.Code('isa_l_rs_lrc', 4, 4, 1000, local_parity=2), 6)]


@pytest.mark.parametrize(('code', 'quorum'), UNEVEN, ids=lambda value: getattr(value, 'scheme', value))
def test_enough_is_what_decodes_and_after_a_quorum_and_a_loss_there_is_enough(code, quorum):
    assert code.quorum == quorum == code.total - code.tolerance + 1
    segment = os.urandom(1000)
    made = code.encode(segment)
    for count in range(code.data - 1, code.total + 1):
        choices = itertools.combinations(range(code.total), count)
        for indexes in itertools.islice(choices, 0, None, 2 * code.total - 11):     # of many not every one
            enough = code.is_enough(indexes)
            assert enough or count < code.total - code.tolerance
            if enough:
                used = code.chosen(indexes)
                assert code.decode([made[index] for index in used]) == segment
                lost = min({*range(code.total)} - {*used}, default=None)
                assert lost is None or code.rebuild([made[index] for index in used], lost) == made[lost]
            else:
                with pytest.raises(erasure.CodeError):
                    code.decode([made[index] for index in indexes])


def test_fragments_that_are_kept_more_than_once():
    code = erasure.Code('isa_l_rs_cauchy', 4, 2, copies=2)
    assert (code.total, code.replicas, code.quorum) == (6, 12, 10)
    assert [code.index_at(place) for place in range(12)] == [0, 1, 2, 3, 4, 5] * 2
    assert code.owners(list('abcdefghijkl'), 1) == ['b', 'h']
    # Whichever nodes a quorum is: even with one of them less there are enough different fragments.
    worst = sorted(code.index_at(place) for place in range(12))[:code.quorum - 1]
    assert code.is_enough(set(worst))


def test_fragments_that_do_not_belong_together_are_an_error():
    code = CODES[0]
    made = code.encode(b'x' * 100)
    for wrong in (made[:3], [*made[:3], code.encode(b'y' * 1000)[3]], [b'rubbish' * 30] * 4):
        with pytest.raises(erasure.CodeError):
            code.decode(wrong)
    with pytest.raises(erasure.CodeError):
        code.index_of(b'\1' + made[0][1:erasure.HEADER])


GOOD = {'name': 'coded', 'policy_type': 'erasure_coding', 'ec_type': 'liberasurecode_rs_vand',
        'ec_num_data_fragments': '4', 'ec_num_parity_fragments': '2'}


def parsed(**options):
    parser = configparser.RawConfigParser()
    parser.read_dict({'storage-policy:0': {'name': 'copies', 'default': 'yes'},
                      'storage-policy:1': {name: value for name, value in {**GOOD, **options}.items() if value}})
    return policies.parse(parser)


def test_a_policy_of_fragments():
    first, second = parsed(ec_object_segment_size='65536')
    assert (first.policy_type, first.code) == ('replication', None)
    assert second.policy_type == 'erasure_coding'
    assert second.code == erasure.Code('liberasurecode_rs_vand', 4, 2, 65536)
    _, twice = parsed(ec_duplication_factor='2')
    assert (twice.code.copies, twice.code.replicas) == (2, 12)
    _, lrc = parsed(ec_type='isa_l_rs_lrc', ec_num_parity_fragments='3', ec_local_parity='1')
    assert (lrc.code.local_parity, lrc.code.tolerance) == (1, 3)


BAD = {
    'no type': {'ec_type': None}, 'an unknown type': {'ec_type': 'shoelace'},
    'no data': {'ec_num_data_fragments': None},
    'nothing': {'ec_num_parity_fragments': '0'}, 'no number': {'ec_num_data_fragments': 'four'},
    'too many': {'ec_num_data_fragments': '40'}, 'no segment': {'ec_object_segment_size': '-1'},
    'never': {'ec_duplication_factor': '0'}, 'another policy type': {'policy_type': 'magic'},
    'an XOR code that does not exist': {'ec_type': 'flat_xor_hd_3'},
    'a code of a library that is not here': {'ec_type': 'shss'},
    'local parity of a code without': {'ec_local_parity': '1'},
    'no local parity': {'ec_type': 'isa_l_rs_lrc', 'ec_num_parity_fragments': '3'},
    'only local parity': {'ec_type': 'isa_l_rs_lrc', 'ec_local_parity': '2'},
    'a matrix that cannot always be inverted': {'ec_type': 'isa_l_rs_vand', 'ec_num_parity_fragments': '5'}}


@pytest.mark.parametrize('options', BAD.values(), ids=BAD)
def test_what_cannot_be_is_said_at_the_start(options):
    with pytest.raises(ConfigurationError):
        parsed(**options)


@pytest.mark.parametrize('coded', (False, True))
def test_a_node_rebuilds_only_where_there_are_fragments(tmp_path, coded):
    devices = [{'device': f'd{number}', 'zone': number, 'port': 6200} for number in range(6)]
    make_rings(str(tmp_path), devices, policies=(0, 1), codes={1: CODES[0]} if coded else {})
    conf = {'swift_dir': str(tmp_path)}
    assert [KINDS[name].is_needed(conf) for name in ('object-reconstructor', 'object-updater')] == [coded, True]


def test_a_ring_must_have_a_replica_for_each_fragment(tmp_path):
    devices = [{'device': f'd{number}', 'zone': number, 'port': 6200} for number in range(6)]
    make_rings(str(tmp_path), devices, policies=(0, 1), codes={1: CODES[0]})
    assert Cluster(str(tmp_path)).ring('object', 1).replica_count == 6
    make_ring(str(tmp_path / 'object-1.ring.gz'), [{'region': 1, **each} for each in devices], replicas=3)
    with pytest.raises(ConfigurationError, match='needs 6'):
        Cluster(str(tmp_path)).ring('object', 1)
