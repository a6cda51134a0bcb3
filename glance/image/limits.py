"""How much one image may carry and one project may store."""
from oslo_config import cfg

from essex import config
from glance.db import images
from glance.exception import QuotaExceeded, StorageQuotaExceeded
from glance.image.model import OWN

OPTS = [
    cfg.IntOpt('image_property_quota', default=128, min=-1, help='Properties an image may have; -1: any number.'),
    cfg.IntOpt('image_tag_quota', default=128, min=-1, help='Tags an image may have; -1: any number.'),
    cfg.IntOpt('image_member_quota', default=128, min=-1, help='Members an image may have; -1: any number.'),
    cfg.IntOpt('image_location_quota', default=10, min=-1, help='Locations an image may have; -1: any number.'),
    cfg.IntOpt('image_size_cap', default=1024 ** 4, min=1, max=1024 ** 5, help='Bytes of the largest image.'),
    cfg.StrOpt('user_storage_quota', default='0',
               help='Bytes a project may store in all its images, with KB, MB, GB or TB behind it if wanted; '
                    '0: any amount.'),
]
CONF = config.register(OPTS)

_UNITS = {'KB': 1024, 'MB': 1024 ** 2, 'GB': 1024 ** 3, 'TB': 1024 ** 4, 'B': 1}


def check_count(what, wanted, limit):
    """Raise QuotaExceeded when `wanted` of something is over `limit` (-1: no limit)."""
    if 0 <= limit < wanted:
        raise QuotaExceeded(limit=limit, what=what, wanted=wanted)


def check_details(before, after):
    """Check the counts of an image that has changed; what was over a lowered limit already may stay."""
    for what, name, limit in (('properties', 'properties', CONF.image_property_quota),
                              ('tags', 'tags', CONF.image_tag_quota),
                              ('locations', 'locations', CONF.image_location_quota)):
        wanted = _count(after, name)
        if before is None or wanted > _count(before, name):
            check_count(what, wanted, limit)


def _count(image, name):
    # What the service itself notes at an image takes no room from its owner.
    return sum(not str(each).startswith(OWN) for each in getattr(image, name))


def storage_quota():
    """The bytes a project may store, 0 for any amount. Raises ValueError on a value that is none."""
    text = CONF.user_storage_quota.strip().upper()
    for unit, factor in _UNITS.items():
        if text.endswith(unit) and text[:-len(unit)].strip().isdigit():
            return int(text[:-len(unit)]) * factor
    if not text.isdigit():
        raise ValueError(f'user_storage_quota is {text!r}: give a number of bytes, or one with KB, MB, GB or TB.')
    return int(text)


def room_of(owner):
    """The most bytes that one image of `owner` may have now."""
    quota = storage_quota()
    if not quota:
        return CONF.image_size_cap
    return min(CONF.image_size_cap, max(0, quota - images.stored_bytes(owner)))


def check_storage(owner, more):
    """Raise StorageQuotaExceeded when `more` bytes bring `owner` over its quota. Call inside the writer that adds."""
    quota = storage_quota()
    if quota and images.stored_bytes(owner) + more > quota:
        raise StorageQuotaExceeded(owner=owner, limit=quota)
