"""The copies of an image in several stores: which is read first, what when one cannot be, and giving one up."""
import logging

from oslo_config import cfg

from essex import config, db
from glance.db import images, locations
from glance.exception import (
    DataNotFound,
    ImageNotFound,
    LastCopy,
    NoSuchCopy,
    NotActive,
    NotSeveralStores,
    StoreNotFound,
    StoreUnavailable,
)
from glance.image import status
from glance.store.base import without_secret

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.StrOpt('location_strategy', default='location_order', choices=['location_order', 'store_type'],
               help='Which of several copies of the same weight is read first: the oldest, or that in the first kind '
                    'of store of store_type_preference.'),
]
STORE_TYPE_OPTS = [
    cfg.ListOpt('store_type_preference', default=[], help='Kinds of store (file, swift), the preferred one first.'),
]
CONF = config.register(OPTS)
config.register(STORE_TYPE_OPTS, 'store_type_location_strategy')


def in_order(stores, places, prefer=()):
    """Locations in the order they are to be read: stores of `prefer` first, then heavy ones before light ones."""
    liked = {name: number for number, name in enumerate(prefer)}
    kinds = CONF.store_type_location_strategy.store_type_preference if CONF.location_strategy == 'store_type' else ()

    def key(place):
        kind = place.url.partition(':')[0].partition('+')[0]
        return (liked.get(place.store, len(liked)), -stores.weight_of(place.store),
                kinds.index(kind) if kind in kinds else len(kinds))
    return sorted(places, key=key)


class Reading:
    """An iterator over the data of an image, from the first copy that can be read.

    When one fails under way, it goes on in the next. Raises DataNotFound or StoreUnavailable at once when there is
    none to begin with, later when the last one failed.
    """

    def __init__(self, stores, image, offset=0, length=None, prefer=()):
        self._stores, self._image = stores, image
        self._places = iter(in_order(stores, image.locations, prefer))
        self._position, self._end = offset, None
        if length is not None:
            self._end = offset + length
        elif image.size is not None:
            self._end = image.size
        self._open(DataNotFound(store='none', url=f'image {image.id}'))

    def _open(self, error):
        """Begin with the next copy; raises the last one's error when there is no further one."""
        for place in self._places:
            try:
                length = None if self._end is None else self._end - self._position
                self._chunks = self._stores.get(place.store).read(place.url, self._position, length)
            except (DataNotFound, StoreNotFound, StoreUnavailable) as problem:
                LOG.error('Image %s cannot be read from store %s: %s', self._image.id, place.store, problem)
                # Where exactly it was is not for everybody.
                error = (problem if isinstance(problem, StoreUnavailable)
                         else DataNotFound(store=place.store, url=f'image {self._image.id}'))
            else:
                self._place = place
                return
        raise error

    def __iter__(self):
        return self

    def __next__(self):
        chunk = self._take(lambda: next(self._chunks, b''))
        if not chunk:
            self.close()
            raise StopIteration
        if self._end is not None:
            # Data elsewhere may have grown; whoever reads was told a length.
            chunk = chunk[:self._end - self._position]
        self._position += len(chunk)
        return chunk

    def send_next(self, send):
        """See essex.http_protocol; None where the store has no file to send."""
        count = self._take(lambda: self._chunks.send_next(send) if hasattr(self._chunks, 'send_next') else None)
        self._position += count or 0
        return count

    def _take(self, get):
        """What `get` gives of the copy that is read, else of the next one; what is empty is the end."""
        while True:
            try:
                more = self._end is None or self._position < self._end
                piece = get() if more else 0
                if piece is not None and not piece and more and self._end is not None:
                    raise StoreUnavailable(store=self._place.store, problem=f'the data of image {self._image.id} ended '
                                                                            f'after {self._position} bytes')
                return piece
            except (DataNotFound, StoreUnavailable, OSError) as error:
                LOG.error('Image %s broke off in store %s at byte %d: %s', self._image.id, self._place.store,
                          self._position, error)
                self.close()
                self._open(error)

    def close(self):
        """Let go of the store."""
        self._chunks.close()


def remove(stores, image, name):
    """Give up the copy of `image` in the store `name`: first in the database, then there.

    Raises NotSeveralStores, NoSuchCopy, NotActive, LastCopy. A store that is away gets another chance.
    """
    if not stores.several:
        raise NotSeveralStores()
    try:
        stores.get(name)
    except StoreNotFound as error:
        raise NoSuchCopy(image_id=image.id, store=name[:60]) from error
    if image.status != status.ACTIVE:
        raise NotActive(image_id=image.id, now=image.status)
    _begin(image, name)
    finish_removals(stores, image.id)


@db.retry
def _begin(image, name):
    with db.writer():
        # Held, so that two requests cannot each take the other's copy for the one that stays.
        if not images.hold(image.id):
            raise ImageNotFound(image_id=image.id)
        elsewhere = locations.count_elsewhere(image.id, name)
        if not locations.begin_removal(image.id, name):
            raise NoSuchCopy(image_id=image.id, store=name)
        if not elsewhere:
            raise LastCopy(image_id=image.id, store=name)
        images.change_status(image.id, (status.ACTIVE,), updated_at=db.utcnow())


def finish_removals(stores, image_id):
    """Remove the copies of one image that were given up; returns whether all are gone. Idempotent."""
    done = [_finish(stores, removal) for removal in locations.removals(image_id)]
    return all(done)


def finish_all_removals(stores):
    """Remove the copies given up whose data may still be there; returns how many. Idempotent."""
    return sum(_finish(stores, removal) for removal in locations.removals())


def _finish(stores, removal):
    try:
        store = stores.get(removal.store)
        if not store.read_only:
            store.delete(removal.url)
    except DataNotFound:
        LOG.info('The copy of image %s in store %s was gone already', removal.image_id, removal.store)
    except StoreNotFound:
        LOG.warning('Image %s: store %s is configured no more; the data at %s stays', removal.image_id, removal.store,
                    without_secret(removal.url))
    except Exception:
        # The copy is gone for its users; a store that is away gets another chance in the next round.
        LOG.exception('The copy of image %s in store %s could not be removed', removal.image_id, removal.store)
        return False
    locations.finish_removal(removal)
    return True


def adopt(stores):
    """Have what came while there was one store, named after its kind, belong to that of several that keeps it now."""
    if not stores.several:
        return
    kinds = {kind for store in stores for kind in store.schemes} - set(stores.names)
    for row_id, url in locations.in_stores(sorted(kinds)):
        keepers = [store for store in stores if store.keeps(url)]
        if len(keepers) == 1:
            locations.move(row_id, keepers[0].name)
        else:
            LOG.warning('Which of the stores has the data at %s? %d could: it cannot be read.', without_secret(url),
                        len(keepers))
