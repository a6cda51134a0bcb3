"""The contract of an image store, as tests: mixed into a class per store.

That class gives the fixture `store`, checked and empty, `contents(store)`: how many data there are, half-written ones
included, and `die_halfway`.
"""
import uuid

import pytest

from glance.exception import DataNotFound, DuplicateData

CHUNKS = [b'a' * 1000, b'b' * 70000, b'c']
DATA = b''.join(CHUNKS)


def ids():
    """An image's and an upload's id."""
    return str(uuid.uuid4()), str(uuid.uuid4())


def read(store, url, *span):
    """The bytes at a URL."""
    return b''.join(store.read(url, *span))


class Broken(Exception):
    """What the data's source raises."""


def broken(after):
    """Chunks that end in an error."""
    yield from CHUNKS[:after]
    raise Broken


class StoreContract:
    """A store that can be written to."""

    def contents(self, store):
        raise NotImplementedError

    def test_what_goes_in_comes_out(self, store):
        url = store.add(*ids(), iter(CHUNKS), len(DATA))
        assert url.split(':', 1)[0] in store.schemes
        assert read(store, url) == DATA and store.size(url) == len(DATA)
        assert self.contents(store) == 1

    def test_the_size_need_not_be_known(self, store):
        assert read(store, store.add(*ids(), iter(CHUNKS))) == DATA

    def test_no_data_at_all(self, store):
        url = store.add(*ids(), iter(()), 0)
        assert read(store, url) == b'' and store.size(url) == 0

    @pytest.mark.parametrize('offset,length', [(0, 1), (999, 2), (70000, 5000), (5, None), (len(DATA), None)])
    def test_parts(self, store, offset, length):
        url = store.add(*ids(), iter(CHUNKS))
        assert read(store, url, offset, length) == DATA[offset:][:length]

    def test_two_images_are_apart(self, store):
        one, two = store.add(*ids(), iter([b'one'])), store.add(*ids(), iter([b'two']))
        store.delete(one)
        assert read(store, two) == b'two'

    def test_deleted_is_gone(self, store):
        url = store.add(*ids(), iter(CHUNKS))
        store.delete(url)
        assert self.contents(store) == 0
        for call in (store.delete, store.size, store.read):
            with pytest.raises(DataNotFound):
                call(url)

    @pytest.mark.parametrize('after', [0, 1, 2])
    def test_a_source_that_breaks_leaves_nothing(self, store, after):
        with pytest.raises(Broken):
            store.add(*ids(), broken(after))
        assert self.contents(store) == 0 and list(store.leftovers()) == []

    def test_an_image_has_its_data_once(self, store):
        image_id, upload_id = ids()
        url = store.add(image_id, upload_id, iter(CHUNKS))
        with pytest.raises(DuplicateData):
            store.add(image_id, ids()[1], iter([b'other']))
        assert read(store, url) == DATA and self.contents(store) == 1

    def test_after_a_failure_it_can_be_tried_again(self, store):
        image_id, upload_id = ids()
        with pytest.raises(Broken):
            store.add(image_id, upload_id, broken(1))
        assert read(store, store.add(image_id, ids()[1], iter(CHUNKS))) == DATA

    def test_a_half_written_datum_is_found_and_abandoned(self, store):
        image_id, upload_id = ids()
        self.die_halfway(store, image_id, upload_id)
        assert (image_id, upload_id) in list(store.leftovers())
        store.abandon(image_id, upload_id)
        store.abandon(image_id, upload_id)
        assert self.contents(store) == 0

    def test_a_whole_datum_is_abandoned(self, store):
        image_id, upload_id = ids()
        store.add(image_id, upload_id, iter(CHUNKS))
        store.abandon(image_id, upload_id)
        assert self.contents(store) == 0

    def test_discarding_a_leftover_spares_the_whole(self, store):
        image_id, upload_id = ids()
        url = store.add(image_id, upload_id, iter(CHUNKS))
        store.discard_leftover(image_id, upload_id)
        assert read(store, url) == DATA

    def die_halfway(self, store, image_id, upload_id):
        """An add that stopped in the middle, as if the process had died."""
        raise NotImplementedError

    def test_it_describes_itself(self, store):
        described = store.describe()
        assert described['type'] and isinstance(described['properties'], dict)
