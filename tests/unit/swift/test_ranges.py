"""The Range header, as every part of Swift reads it."""
import pytest

from swift import ranges


@pytest.mark.parametrize(('header', 'wanted'), [
    (None, None), ('', None), ('bytes', None), ('bytes=', None), ('bytes=-', None), ('bytes=5-2', None),
    ('bytes=a-b', None), ('lines=1-2', None), ('bytes=0-1,', None), ('bytes=1-2-3', None),
    ('bytes=0-3', [(0, 4)]), ('BYTES = 8-', [(8, 10)]), ('bytes=-3', [(7, 10)]), ('bytes=-0', []), ('bytes=10-', []),
    ('bytes= 0-1 ,\t5 - 6', [(0, 2), (5, 7)]), ('bytes=99-,0-1', [(0, 2)]),
    ('bytes=' + ','.join(['99-'] * 60 + ['0-1']), [(0, 2)]),
])
def test_ranges_of_ten_bytes(header, wanted):
    assert ranges.parse(header, 10) == wanted


@pytest.mark.parametrize('header', [
    'bytes=' + '9' * 5000 + '-', 'bytes=-' + '9' * 5000, 'bytes=0-' + '0' * 100 + '1', 'bytes=\xb2-\xb3',
    'bytes=' + ','.join(f'{number * 2}-{number * 2}' for number in range(51)), 'bytes=0-5,1-6,2-7,3-8',
    'bytes=' + ','.join(f'{number}-{number}' for number in range(9, -1, -1)),
])
def test_what_nobody_needs_is_ignored(header):
    assert ranges.parse(header, 1000) is None
