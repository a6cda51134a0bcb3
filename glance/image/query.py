"""A question for a list of images: filters, order and page, checked and typed."""
import dataclasses

SORT_KEYS = ('name', 'status', 'container_format', 'disk_format', 'size', 'id', 'created_at', 'updated_at')
OPERATORS = ('eq', 'neq', 'gt', 'gte', 'lt', 'lte')


@dataclasses.dataclass
class ImageQuery:
    """Which images, in which order, which part of them.

    `any_of` maps a column to the values it may have; `ranges` are (column, operator, value). `visibility`
    None means: whatever the caller sees without asking for community images. `member_status` says which of the
    images shared with the caller count. `not_public` leaves the public ones out; `as_project` shows an
    administrator what any caller of its project would see. `os_hidden` and `deleted` None mean
    both kinds. `sort` is a list of (key, direction).
    """

    any_of: dict = dataclasses.field(default_factory=dict)
    ranges: list = dataclasses.field(default_factory=list)
    properties: dict = dataclasses.field(default_factory=dict)
    tags: list = dataclasses.field(default_factory=list)
    visibility: str = None
    not_public: bool = False
    as_project: bool = False
    member_status: str = 'accepted'
    os_hidden: bool = False
    deleted: bool = False
    sort: list = dataclasses.field(default_factory=list)
    limit: int = 25
    marker: str = None

    def order(self):
        """The full order: what was asked, then created_at and id so that no two images are equal."""
        keys = list(self.sort) or [('created_at', 'desc')]
        named = {key for key, _ in keys}
        return keys + [(key, 'desc') for key in ('created_at', 'id') if key not in named]
