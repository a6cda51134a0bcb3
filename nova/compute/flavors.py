"""Flavors: the rules for making and sharing them."""
import math
import re
import uuid

from nova import exception
from nova.db import flavors

_LARGEST = 2 ** 31 - 1
# What the API names as the largest.
_LARGEST_FACTOR = 3.40282e+38
_ID = re.compile(r'[\w. -]*[\w.-][\w. -]*\Z', re.ASCII)


def get(context, flavorid):
    """The row, if the caller may use it. Raises FlavorNotFound."""
    return flavors.get_for(context, flavorid)


def usable(context, flavorid):
    """The row, for a server that shall have it. Raises RequestedFlavorNotFound."""
    try:
        row = get(context, flavorid)
    except exception.FlavorNotFound as error:
        raise exception.RequestedFlavorNotFound(flavor_id=str(flavorid)[:255]) from error
    if row.disabled:
        raise exception.RequestedFlavorNotFound(flavor_id=flavorid)
    return row


def columns(flavor):
    """What a server's row keeps of its flavor."""
    sizes = {name: getattr(flavor, name) for name in ('memory_mb', 'vcpus', 'root_gb', 'ephemeral_gb', 'swap_mb')}
    copy = {**sizes, 'flavorid': flavor.flavorid, 'name': flavor.name, 'rxtx_factor': flavor.rxtx_factor,
            'extra_specs': flavor.extra_specs}
    return {**sizes, 'flavor_id': flavor.id, 'flavor': copy}


def list(context, is_public=True, min_memory=None, min_disk=None, sort_key='flavorid', sort_dir='asc',  # noqa: A001
         limit=None, marker=None):
    """Rows: the public ones and those shared with the caller's project; administrators choose by `is_public` (None:
    all). Raises InvalidMarker, InvalidFilter (unknown sort key)."""
    if sort_key not in flavors.SORT_KEYS:
        raise exception.InvalidFilter(name='sort_key', value=str(sort_key)[:80],
                                      reason=f'it must be one of {", ".join(sorted(flavors.SORT_KEYS))}.')
    return flavors.list_for(context, is_public, min_memory, min_disk, sort_key, sort_dir, limit, marker)


def create(context, name, memory_mb, vcpus, root_gb, flavorid=None, ephemeral_gb=0, swap_mb=0, rxtx_factor=1.0,
           is_public=True, description=None):
    """Make one; returns the row. `flavorid` None or 'auto': a new uuid. Raises InvalidFlavor, FlavorExists,
    FlavorIdExists."""
    flavorid = str(uuid.uuid4()) if flavorid in (None, '', 'auto') else str(flavorid)
    name = _text('name', name)
    if not _ID.match(flavorid) or len(flavorid) > 255:
        raise exception.InvalidFlavor(
            reason='its id may hold letters, digits, periods, hyphens, underscores and blanks, at most 255.')
    values = {'memory_mb': _number('ram', memory_mb, 1), 'vcpus': _number('vcpus', vcpus, 1),
              'root_gb': _number('disk', root_gb), 'ephemeral_gb': _number('ephemeral disk', ephemeral_gb),
              'swap_mb': _number('swap', swap_mb), 'rxtx_factor': _factor(rxtx_factor)}
    return flavors.create({**values, 'flavorid': flavorid, 'name': name, 'is_public': is_public,
                           'description': _description(description), 'extra_specs': {}})


def _text(what, value):
    text = value.strip() if isinstance(value, str) else ''
    if not text or len(text) > 255 or not text.isprintable():
        raise exception.InvalidFlavor(reason=f'its {what} must have 1 to 255 printable characters.')
    return text


def _number(what, value, least=0):
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise exception.InvalidFlavor(reason=f'{what} must be a whole number.') from error
    if not least <= number <= _LARGEST:
        raise exception.InvalidFlavor(reason=f'{what} must be {least} to {_LARGEST}.')
    return number


def _factor(value):
    try:
        factor = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise exception.InvalidFlavor(reason='rxtx_factor must be a number.') from error
    if not (math.isfinite(factor) and 0 < factor <= _LARGEST_FACTOR):
        raise exception.InvalidFlavor(reason='rxtx_factor must be a number greater than 0.')
    return factor


def _description(text):
    if text is not None and (len(text) > 65535 or '\0' in text):
        raise exception.InvalidFlavor(reason='its description may have 65535 characters, none of them NUL.')
    return text


def update(context, flavorid, description):
    """Change the description, the one thing of a flavor that may; returns the row."""
    return flavors.change(get(context, flavorid).id, description=_description(description))


def delete(context, flavorid):
    """Remove one: no new server can have it, old ones keep their sizes."""
    flavors.delete(get(context, flavorid).id)


def access(context, flavorid):
    """Ids of the projects that may use a flavor. Raises FlavorIsPublic."""
    return flavors.access(_shared(context, flavorid).id)


def add_access(context, flavorid, project_id):
    """Let a project use it; returns the projects' ids. Raises FlavorIsPublic, FlavorAccessExists."""
    row = _shared(context, flavorid)
    flavors.add_access(row, _project(project_id))
    return flavors.access(row.id)


def remove_access(context, flavorid, project_id):
    """Take it from a project; returns the projects' ids. Raises FlavorIsPublic, FlavorAccessNotFound."""
    row = _shared(context, flavorid)
    flavors.remove_access(row, _project(project_id))
    return flavors.access(row.id)


def _shared(context, flavorid):
    row = get(context, flavorid)
    if row.is_public:
        raise exception.FlavorIsPublic(flavor_id=flavorid)
    return row


def _project(project_id):
    if not re.fullmatch(r'[A-Za-z0-9_.-]{1,64}', str(project_id), re.ASCII):
        raise exception.InvalidFlavor(reason='a project id has 1 to 64 letters, digits, hyphens.')
    return project_id


def extra_spec(context, flavorid, key):
    """The value of an extra spec. Raises FlavorExtraSpecNotFound."""
    specs = get(context, flavorid).extra_specs
    if key not in specs:
        raise exception.FlavorExtraSpecNotFound(flavor_id=flavorid, key=str(key)[:255])
    return specs[key]


def set_extra_specs(context, flavorid, specs):
    """Add or change extra specs; returns all."""
    checked = {}
    for key, value in specs.items():
        if not re.fullmatch(r'[\w :.-]{1,255}', key, re.ASCII):
            raise exception.InvalidFlavor(
                reason=f'the extra spec {key[:80]!r} must have 1 to 255 letters, digits, blanks, _ : . -')
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > 255:
            raise exception.InvalidFlavor(reason=f'the extra spec {key} must be a text of at most 255 characters.')
        checked[key] = str(value)
    return flavors.merge_extra_specs(get(context, flavorid).id, checked)


def delete_extra_spec(context, flavorid, key):
    """Remove one. Raises FlavorExtraSpecNotFound."""
    flavors.delete_extra_spec(get(context, flavorid).id, key)
