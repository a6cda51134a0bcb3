"""A namespace and what is in it."""
import dataclasses
import datetime
from typing import Any

VISIBILITIES = ('public', 'private')
SORT_KEYS = ('created_at', 'updated_at', 'namespace', 'display_name', 'visibility', 'owner')
PROPERTY, OBJECT, TAG = 'property', 'object', 'tag'


@dataclasses.dataclass
class Item:
    """A property, object or tag: `body` is its definition without the name."""

    name: str
    body: Any = None
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None


@dataclasses.dataclass
class Link:
    """A kind of resource a namespace is for."""

    name: str
    prefix: str = None
    properties_target: str = None
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None


@dataclasses.dataclass
class Namespace:
    """`links` are Links by the kind's name."""

    namespace: str
    display_name: str = None
    description: str = None
    visibility: str = 'private'
    protected: bool = False
    owner: str = None
    created_at: datetime.datetime = None
    updated_at: datetime.datetime = None
    id: int = None
    links: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Page:
    """What a list is cut down to. `resource_types`: namespaces for one of these; `order` is (key, direction)."""

    limit: int
    marker: str = None
    order: tuple = ('created_at', 'desc')
    visibility: str = None
    resource_types: tuple = ()
