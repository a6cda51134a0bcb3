"""Places of an image's data that users name: looked at, added, replaced, removed, where the operator allows it."""
import dataclasses
import hashlib
import re

from oslo_config import cfg

from essex import config
from essex.exception import Conflict, Forbidden
from glance.exception import DataNotFound, InvalidImage, InvalidTransition, StoreUnavailable
from glance.image import rules, sources, status
from glance.image.model import Location

OPTS = [
    cfg.BoolOpt('show_multiple_locations', default=False,
                help='Show the addresses of the data of images to those whom get_image_location allows, and let those '
                     'whom set_image_location allows change them. What they say of the stores is then seen.'),
    cfg.BoolOpt('show_image_direct_url', default=False, help='Show the address of an image\'s data as direct_url.'),
    cfg.BoolOpt('do_secure_hash', default=True,
                help='Read the data of a place that was added to an image in the background, for its hash.'),
    cfg.IntOpt('http_retries', default=3, min=0, help='How often reading it for its hash is tried again.'),
]
CONF = config.register(OPTS)

# The hashes that may be told of data, with the bytes they have. Those of any length are none.
ALGORITHMS = {name: size for name in hashlib.algorithms_guaranteed if (size := hashlib.new(name).digest_size)}


@dataclasses.dataclass
class Place:
    """An address that a user gave, and what was found there."""

    url: str
    store: str
    size: int
    meta: dict
    validation: dict = None

    @property
    def location(self):
        """As images have it."""
        return Location(self.url, self.store, self.meta)


def check_visible():
    """Raise Forbidden unless addresses are shown here."""
    if not CONF.show_multiple_locations:
        raise Forbidden("It's not allowed to add, change or remove locations if locations are invisible "
                        '(show_multiple_locations).')


def look(stores, context, value, trusted=False):
    """The Place that a request names. Asks its store, so nothing may be held meanwhile. Raises InvalidImage.

    Other services are `trusted` with more addresses than users, see sources.check.
    """
    if not isinstance(value, dict) or not isinstance(value.get('url'), str) or not isinstance(
            value.get('metadata', {}), dict):
        raise InvalidImage('A location is an object with a url and metadata, which is an object.')
    url = value['url']
    sources.check(context, url, trusted)
    store = stores.for_url(url)
    try:
        size = store.size(url)
    except (DataNotFound, StoreUnavailable) as error:
        raise InvalidImage(f'Invalid location: {error}') from error
    validation = check_validation(value.get('validation_data'))
    return Place(url, store.name, size, value.get('metadata', {}), validation)


def check_validation(data):
    """What a user says of the data at a place: os_hash_algo, os_hash_value, perhaps checksum; or None.

    Raises InvalidImage.
    """
    if data is None or data == {}:
        return None
    if not isinstance(data, dict) or not set(data) <= {'checksum', 'os_hash_algo', 'os_hash_value'}:
        raise InvalidImage('validation_data is an object with os_hash_algo and os_hash_value, and checksum if wanted.')
    algorithm, value = data.get('os_hash_algo'), data.get('os_hash_value')
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidImage(f'os_hash_algo is one of {", ".join(sorted(ALGORITHMS))}; not {str(algorithm)[:40]!r}.')
    _check_hex('os_hash_value', value)
    if data.get('checksum') is not None:
        _check_hex('checksum', data['checksum'], 16)
    return {name: text.lower() for name, text in data.items() if text is not None}


def check_length(place):
    """Raise InvalidImage when what is said to be the hash of a place cannot be one of its kind."""
    said = place.validation
    if said is not None:
        _check_hex('os_hash_value', said['os_hash_value'], ALGORITHMS[said['os_hash_algo']])


def _check_hex(name, text, size=None):
    digits = '+' if size is None else f'{{{2 * size}}}'
    if not isinstance(text, str) or not re.fullmatch(f'[0-9a-fA-F]{digits}', text):
        raise InvalidImage(f'{name} must have {2 * size if size else "only"} hexadecimal digits.')


def check_status(image, wanted=(status.QUEUED, status.ACTIVE)):
    """Raise InvalidTransition unless the places of `image` may be changed now."""
    if image.status not in wanted:
        raise InvalidTransition(image_id=image.id, now=image.status, wanted='changed in its locations',
                                needed=' or '.join(wanted))


def insert(image, place, index=None):
    """Add a place to a record, in front of number `index` or at the end; the first makes the image active."""
    check_status(image)
    if any(each.url == place.url for each in image.locations):
        raise InvalidImage('The image has a location with this url already.')
    _compare(image, place)
    position = len(image.locations) if index is None else index
    if not 0 <= position <= len(image.locations):
        raise InvalidImage(f'The image has {len(image.locations)} locations: none can be put at {position}.')
    image.locations = [*image.locations[:position], place.location, *image.locations[position:]]
    if image.status == status.QUEUED:
        rules.check_complete(image)
        image.status, image.size = status.ACTIVE, place.size


def _compare(image, place):
    """What is said of the data becomes what the image says, or must be that already."""
    if image.status == status.QUEUED and image.os_hash_value is None:
        check_length(place)
    for name, value in (place.validation or {}).items():
        known = getattr(image, name)
        if image.status == status.QUEUED and known is None:
            setattr(image, name, value)
        elif known != value:
            raise Conflict(f'{name} of the location is not that of image {image.id}.')


def replace(image, places):
    """Give a record its first places, or those it has other metadata."""
    check_status(image)
    if not places:
        raise Forbidden('Cannot set locations to an empty list: the image would have no data.')
    if [place.url for place in places] == [each.url for each in image.locations]:
        image.locations = [dataclasses.replace(each, meta=place.meta) for each, place in zip(image.locations, places)]
        return
    if image.locations:
        raise InvalidImage('Original locations is not empty: add and remove single ones, or give those there are '
                           'other metadata.')
    for place in places:
        insert(image, place)


def remove(image, index):
    """Take a place from a record. The data there stays where it is known to be nobody else's: see its store."""
    check_status(image, (status.ACTIVE,))
    if not 0 <= index < len(image.locations):
        raise InvalidImage(f'The image has {len(image.locations)} locations: there is no number {index}.')
    if len(image.locations) == 1:
        raise Forbidden('Cannot remove the last location of an image.')
    image.locations = [each for number, each in enumerate(image.locations) if number != index]
