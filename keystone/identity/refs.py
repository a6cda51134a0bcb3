"""Lists of refs cut down to what a request asks for, where no database does it."""
from essex.exception import BadRequest


def cut(found, hints):
    """Those of the refs that pass `hints` (keystone.db.records.Hints), by id; marks the hints when the limit cut."""
    found = [dict(ref) for ref in found if all(_passes(ref.get(name), operator, value)
                                               for name, operator, value in hints.filters)]
    found.sort(key=lambda ref: ref['id'])
    if hints.marker is not None:
        if not any(ref['id'] == hints.marker for ref in found):
            raise BadRequest(f'The marker {hints.marker[:64]} is not in this collection.')
        found = [ref for ref in found if ref['id'] > hints.marker]
    if hints.limit is not None and len(found) > hints.limit:
        hints.truncated = True
        found = found[:hints.limit]
    return found


def _passes(value, operator, wanted):
    if operator == 'equals':
        return value == wanted
    if operator == 'in':
        return value in wanted
    if not isinstance(value, str):
        return False
    if operator.startswith('i'):
        value, wanted, operator = value.lower(), wanted.lower(), operator[1:]
    return {'contains': wanted in value, 'startswith': value.startswith(wanted),
            'endswith': value.endswith(wanted)}.get(operator, True)
