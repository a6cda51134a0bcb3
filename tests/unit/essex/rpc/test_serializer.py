"""Values to bytes and back."""
import contextlib
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from essex.rpc import errors, serializer

scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.binary(),
                    st.text(), st.uuids(), st.datetimes(), st.dates(), st.decimals(allow_nan=False))
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner) |
                      st.sets(st.integers()), max_leaves=20)


@given(values)
def test_what_goes_in_comes_out(value):
    try:
        data = serializer.dumps(value)
    except errors.SerializationError:
        assert '\\ud' in ascii(value)   # half a surrogate pair has no UTF-8
    else:
        assert serializer.loads(data) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(ValueError):
        serializer.loads(data)


def test_tuples_become_lists_and_frozensets_sets():
    value = {'a': (1, (2,)), 'b': frozenset('x')}
    assert serializer.loads(serializer.dumps(value)) == {'a': [1, [2]], 'b': {'x'}}


def test_data_of_a_user_is_never_taken_for_a_marker():
    value = {'__uuid__': str(uuid.uuid4()), '$datetime': '2012-04-05', 'py/object': 'os.system'}
    assert serializer.loads(serializer.dumps(value)) == value


class Thing:
    pass


def test_the_place_of_a_fault_is_named():
    endless = {}
    endless['self'] = endless
    for value, place in (({'a': [1, {'b': Thing()}]}, r'a\[1\]\.b is a .*Thing'),
                         (Thing(), r'it is a .*Thing'),
                         ({'a': {1, Thing()}}, r'a\[[01]\] is a .*Thing'),
                         ({'deep': {Thing(): 1}}, r'the key <.*Thing object at .*> in deep is a'),
                         ({'text': 'half \ud800'}, r'text has no wire form: .*surrogates not allowed'),
                         ({'x': endless}, r'x\.self contains itself'),
                         (len, r'it is a builtins')):
        with pytest.raises(errors.SerializationError, match=rf'^The thing cannot be sent: {place}'):
            serializer.dumps(value, 'The thing')
