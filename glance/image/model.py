"""An image as the rules and the faces know it: a plain record, apart from any database session."""
import copy
import dataclasses
import datetime

from glance.image import status

VISIBILITIES = ('public', 'private', 'shared', 'community')
MEMBER_STATUSES = ('pending', 'accepted', 'rejected')


@dataclasses.dataclass(slots=True)
class Location:
    """One place that holds the data: a store's name and the URL that store understands."""

    url: str
    store: str
    meta: dict = None


@dataclasses.dataclass(slots=True)
class Member:
    """A project an image is shared with."""

    image_id: str
    member: str
    can_share: bool = False
    status: str = 'pending'
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None


@dataclasses.dataclass(slots=True)
class Image:
    """All that is known of one image. `size` is None until there is data."""

    id: str
    owner: str = None
    name: str = None
    status: str = status.QUEUED
    visibility: str = 'shared'
    protected: bool = False
    os_hidden: bool = False
    disk_format: str = None
    container_format: str = None
    size: int = None
    virtual_size: int = None
    checksum: str = None
    os_hash_algo: str = None
    os_hash_value: str = None
    min_disk: int = 0
    min_ram: int = 0
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None
    deleted_at: datetime.datetime = None
    deleted: bool = False
    properties: dict = dataclasses.field(default_factory=dict)
    tags: list = dataclasses.field(default_factory=list)
    locations: list = dataclasses.field(default_factory=list)

    def copy(self):
        """An independent copy, to change."""
        return dataclasses.replace(self, properties=dict(self.properties), tags=list(self.tags),
                                   locations=copy.copy(self.locations))

    @property
    def target(self):
        """What policy rules compare the caller with."""
        # Nobody's image must match no caller, not even one whose token has no project.
        owner = self.owner or ''
        return {'project_id': owner, 'tenant': owner, 'owner': owner, 'visibility': self.visibility,
                'image_id': self.id}


# The columns of an image, as against its properties, tags and locations.
COLUMNS = tuple(field.name for field in dataclasses.fields(Image)
                if field.name not in ('properties', 'tags', 'locations'))
# Names no custom property can have: they are the image's own.
BASE_NAMES = frozenset(COLUMNS) | {'tags', 'locations', 'location', 'self', 'file', 'schema', 'direct_url', 'stores',
                                   'is_public', 'properties'}
# How the names of properties begin that the service itself notes, and no request sets.
OWN = 'os_glance'
