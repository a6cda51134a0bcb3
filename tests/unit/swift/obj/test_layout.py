import pytest

from swift.obj import layout


def kept(*names):
    chosen = layout.choose(names)
    return [each.name if each else None for each in chosen[:4]], sorted(chosen.obsolete)


@pytest.mark.parametrize(('names', 'data', 'meta', 'tombstone'), [
    (['1.00000.data'], '1.00000.data', None, None),
    (['1.00000.data', '2.00000.data'], '2.00000.data', None, None),
    (['2.00000.data', '1.00000.ts'], '2.00000.data', None, None),
    (['1.00000.data', '2.00000.ts'], None, None, '2.00000.ts'),
    (['2.00000.data', '2.00000.ts'], None, None, '2.00000.ts'),
    (['1.00000.data', '2.00000.meta'], '1.00000.data', '2.00000.meta', None),
    (['2.00000.data', '1.00000.meta'], '2.00000.data', None, None),
    (['2.00000.data', '2.00000.meta'], '2.00000.data', None, None),
    (['1.00000.ts'], None, None, '1.00000.ts'),
    (['1.00000.data', '1.00000_0000000000000001.data'], '1.00000_0000000000000001.data', None, None),
])
def test_the_newest_counts_and_a_deletion_wins_a_tie(names, data, meta, tombstone):
    (found_data, found_meta, _, found_tombstone), obsolete = kept(*names)
    assert (found_data, found_meta, found_tombstone) == (data, meta, tombstone)
    assert obsolete == sorted(set(names) - {data, meta, tombstone})


def test_an_older_meta_stays_while_its_content_type_is_the_newest():
    names = '1.00000.data', '2.00000+0.meta', '3.00000.meta'
    assert kept(*names) == (['1.00000.data', '3.00000.meta', '2.00000+0.meta', None], [])


def test_a_meta_whose_content_type_is_older_than_another_goes():
    names = '1.00000.data', '2.00000+0.meta', '3.00000-186a0.meta', '4.00000+0.meta'
    assert kept(*names)[0][1:3] == ['4.00000+0.meta', '4.00000+0.meta']
    assert kept(*names)[1] == ['2.00000+0.meta', '3.00000-186a0.meta']


def test_content_type_time_is_in_the_name():
    when, typed = layout.Timestamp('5.00000'), layout.Timestamp('4.00000')
    name = layout.file_name(when, '.meta', typed)
    assert name == '0000000005.00000-186a0.meta'
    assert layout.parse(name)[2:] == (when, typed)


@pytest.mark.parametrize('name', ['hashes.pkl', '.1.00000.data.abcdef', 'x.data', '1.00000.durable', '.1.0.data.xattr',
                                  '1.00000#2#d.data', 'nan.data', '-1.data', ''])
def test_other_files_are_none_of_an_object(name):
    assert layout.parse(name) is None
    assert layout.choose([name]) == (None, None, None, None, ())
