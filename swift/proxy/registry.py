"""What /info tells: filters and the proxy register the names and limits that clients may ask for."""
import copy

_public, _admin = {}, {}


def register(name, admin=False, **values):
    """Have /info show `values` (JSON-able) below `name`; those with `admin` only to who signs the request."""
    (_admin if admin else _public).setdefault(name, {}).update(values)


def info(disallowed=(), admin=False):
    """All that is registered, without the sections named in `disallowed` (`tempurl`, `swift.policies`)."""
    shown = _without(_public, disallowed)
    if admin:
        shown['admin'] = {**_without(_admin, disallowed), 'disallowed_sections': list(disallowed)}
    return shown


def forget():
    """Start anew (tests)."""
    _public.clear()
    _admin.clear()


def _without(known, disallowed):
    shown = copy.deepcopy(known)
    for section in disallowed:
        *parents, name = section.split('.')
        place = shown
        for parent in parents:
            place = place.get(parent) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(name, None)
    return shown
