import random

import pytest

from swift.db.listing import Query, Subdir, after

AT = '0000000002.00000'
NAMES = ['a', 'a/', 'a/b', 'a/b/c', 'b', 'b-1', 'b/1', 'b/2/x', 'ba', 'c//d', 'd', 'd\ufffd', 'd\U00010000', 'é', 'z/']


@pytest.fixture
def listed(make):
    broker = make('container')

    def run(names=NAMES, **named):
        broker.append_all([broker.record(name, AT, 1, 'text/plain', 'e') for name in names])
        broker.commit_pending()
        found = broker.list_objects(Query(**named))
        return [row if isinstance(row, Subdir) else row[0] for row in found]
    return run


def expected(names, query):
    """The same by plain means."""
    found, seen = [], set()
    for name in sorted(names, key=str.encode, reverse=query.reverse):
        low, high = (query.end_marker, query.marker) if query.reverse else (query.marker, query.end_marker)
        if low and name <= low or high and name >= high or not name.startswith(query.prefix):
            continue
        end = name.find(query.delimiter, len(query.prefix)) if query.delimiter else -1
        if end < 0:
            found.append(name)
        else:
            inside = name[:end + len(query.delimiter)]
            if inside not in seen and inside != low:
                found.append(Subdir(inside))
            seen.add(inside)
    return found[:query.limit]


def test_names_come_in_the_order_of_their_bytes(listed):
    assert listed() == sorted(NAMES, key=str.encode)


def test_a_listing_agrees_with_its_plain_definition_for_any_question(listed):
    chance = random.Random(7)
    alphabet = ['a', 'b', '/', '-', 'é', '\U00010000', '\ud7ff', '\ue000']
    names = list({''.join(chance.choices(alphabet, k=chance.randint(1, 5))) for _ in range(150)})
    listed(names)
    for _ in range(400):
        query = {'limit': chance.choice([1, 2, 5, 1000]), 'marker': chance.choice(['', *names, 'b', '/']),
                 'end_marker': chance.choice(['', '', *names]), 'prefix': chance.choice(['', '', 'a', 'a/', 'é']),
                 'delimiter': chance.choice(['', '/', '-', 'a/', '\ud7ff']), 'reverse': chance.random() < .5}
        assert listed([], **query) == expected(names, Query(**query)), query


@pytest.mark.parametrize('prefix, following', [('a', 'b'), ('a/', 'a0'), ('\ud7ff', '\ue000'), ('a\U0010ffff', 'b'),
                                               ('\U0010ffff', None), ('', None)])
def test_what_comes_after_a_prefix(prefix, following):
    assert after(prefix) == following


@pytest.mark.parametrize('path, names', [('', ['a', 'b', 'b-1', 'ba', 'd', 'd\ufffd', 'd\U00010000', 'é', 'z/']),
                                         ('a', ['a/b']), ('a/', ['a/b']), ('b', ['b/1']), ('nope', []),
                                         ('c/', [])])
def test_path_lists_one_pseudo_directory(listed, path, names):
    found = listed(path=path)
    assert sorted(found) == sorted(names if path else [*names, 'a/'])


def test_path_goes_on_behind_what_it_leaves_out(listed):
    assert listed(path='a', limit=1) == ['a/b']


def test_a_page_of_subdirs_goes_on_at_the_next(listed):
    first = listed(delimiter='/', limit=2)
    assert first == ['a', Subdir('a/')]
    assert listed(delimiter='/', limit=2, marker='a/') == ['b', 'b-1']


def test_reserved_names_are_hidden(listed):
    names = ['\0v\0o', 'x']
    assert listed(names) == ['x']
    assert listed(names, reserved=True) == ['\0v\0o', 'x']
    assert listed(names, prefix='\0v') == ['\0v\0o']


def test_deleted_names_and_those_of_other_policies_are_not_listed(make):
    broker = make('container')
    broker.put_object('x', AT, 1, 't', 'e')
    broker.put_object('y', AT, 1, 't', 'e', 0, 3)
    broker.put_object('z', AT, 1, 't', 'e')
    broker.delete_object('z', '0000000003.00000')
    broker.commit_pending()
    assert [row[0] for row in broker.list_objects(Query())] == ['x']
    assert [row[0] for row in broker.list_objects(Query(), 3)] == ['y']


def test_a_limit_of_nothing_is_nothing(listed):
    assert listed(limit=0) == [] and listed(limit=0, delimiter='/') == []


def test_a_subdir_of_many_names_costs_one_step(make):
    broker = make('container')
    broker.merge_items([{'name': f'{folder}/{number}', 'created_at': AT, 'size': 1, 'content_type': 't', 'etag': 'e',
                         'deleted': 0} for folder in 'abc' for number in range(2000)])
    steps = []
    with broker.connection() as opened:
        opened.set_progress_handler(lambda: steps.append(1) and None, 100)
        # A thousand instructions of SQLite, where reading the names takes more than fifty thousand.
        found = broker.list_objects(Query(delimiter='/'))
        opened.set_progress_handler(None, 0)
    assert found == [Subdir('a/'), Subdir('b/'), Subdir('c/')] and len(steps) < 10
