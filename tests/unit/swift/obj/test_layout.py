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
    assert layout.parse(name)[2:4] == (when, typed)


@pytest.mark.parametrize('name', ['hashes.pkl', '.1.00000.data.abcdef', 'x.data', 'x.durable', '.1.0.data.xattr',
                                  '1.00000#x.data', '1.00000#1#x.data', '1.00000#1.meta', 'nan.data', '-1.data', ''])
def test_other_files_are_none_of_an_object(name):
    assert layout.parse(name) is None
    assert layout.choose([name]) == layout.NOTHING


FRAGMENTS = {
    'one that is not durable is shown to nobody': (['2#1.data'], None, ['2#1.data'], []),
    'one that is': (['2#1#d.data'], '2#1#d.data', ['2#1#d.data'], []),
    'one makes all of its time durable': (['2#1#d.data', '2#0.data'], '2#0.data', ['2#0.data', '2#1#d.data'], []),
    'older ones count no more': (['2#1#d.data', '1#1#d.data', '1#0.data'], '2#1#d.data', ['2#1#d.data'],
                                 ['1#0.data', '1#1#d.data']),
    'newer ones may still become durable': (['2#1.data', '1#1#d.data'], '1#1#d.data', ['1#1#d.data', '2#1.data'], []),
    'marked twice': (['2#1.data', '2#1#d.data'], '2#1#d.data', ['2#1#d.data'], ['2#1.data']),
    'deleted': (['2.ts', '2#1#d.data', '1#0.data'], None, [], ['1#0.data', '2#1#d.data']),
    'written after a deletion': (['2.ts', '3#1.data'], None, ['3#1.data'], []),
    'a file of old says so': (['2#1.data', '2#0.data', '2.durable'], '2#0.data', ['2#0.data', '2#1.data'], []),
    'a file of old, and one that is marked since': (['2#1#d.data', '2.durable'], '2#1#d.data', ['2#1#d.data'], []),
    'a file of old for what is older': (['2#1#d.data', '1#1.data', '1.durable'], '2#1#d.data', ['2#1#d.data'],
                                        ['1#1.data', '1.durable']),
    'a file of old, and newer ones that may become durable': (
        ['2#1.data', '1#1.data', '1.durable'], '1#1.data', ['1#1.data', '2#1.data'], []),
    'a file of old that is deleted': (['2.ts', '2#1.data', '2.durable'], None, [], ['2#1.data', '2.durable']),
    'a file of old alone': (['2.durable'], None, [], ['2.durable']),
    'durable after a deletion': (['2.ts', '3#1#d.data'], '3#1#d.data', ['3#1#d.data'], ['2.ts']),
}


@pytest.mark.parametrize('names, data, kept, obsolete', FRAGMENTS.values(), ids=FRAGMENTS)
def test_of_fragment_archives_what_is_durable_counts(names, data, kept, obsolete):
    chosen = layout.choose(names)
    assert (chosen.data and chosen.data.name) == data
    assert sorted(each.name for files in chosen.fragments.values() for each in files) == kept
    assert sorted(chosen.obsolete) == obsolete


def test_metadata_of_a_fragment_archive_counts_when_it_is_newer():
    assert layout.choose(['2#1#d.data', '3.meta', '1.meta']).meta.name == '3.meta'
    assert layout.choose(['2#1#d.data', '1.meta']).obsolete == ('1.meta',)
