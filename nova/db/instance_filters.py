"""What lists of servers can be filtered and sorted by."""
import datetime

from sqlalchemy import and_, false, func, or_, select

from nova.compute import states
from nova.db import keys, patterns
from nova.db.models import FixedIp, Flavor, FloatingIp, Instance
from nova.exception import InvalidFilter, InvalidSortKey

# Filter names of the APIs and the column each compares with.
TEXTS = {
    'uuid': Instance.uuid, 'image': Instance.image_ref, 'image_ref': Instance.image_ref, 'host': Instance.host,
    'node': Instance.node, 'hypervisor_hostname': Instance.node, 'project_id': Instance.project_id,
    'tenant_id': Instance.project_id, 'user_id': Instance.user_id, 'reservation_id': Instance.reservation_id,
    'vm_state': Instance.vm_state, 'task_state': Instance.task_state, 'key_name': Instance.key_name,
    'availability_zone': Instance.availability_zone, 'kernel_id': Instance.kernel_id,
    'ramdisk_id': Instance.ramdisk_id, 'root_device_name': Instance.root_device_name,
    'access_ip_v4': Instance.access_ip_v4, 'access_ip_v6': Instance.access_ip_v6, 'locked_by': Instance.locked_by}
PATTERNS = {'name': Instance.display_name, 'display_name': Instance.display_name, 'hostname': Instance.hostname,
            'description': Instance.display_description, 'display_description': Instance.display_description}
NUMBERS = {'power_state': Instance.power_state, 'progress': Instance.progress, 'launch_index': Instance.launch_index}
TIMES = {'created_at': Instance.created_at, 'launched_at': Instance.launched_at,
         'terminated_at': Instance.terminated_at}
FLAGS = {'config_drive': lambda wanted: Instance.config_drive.is_(wanted),
         'locked': lambda wanted: Instance.locked_by.is_not(None) if wanted else Instance.locked_by.is_(None)}
# What everyone may filter by; the others are administrators'.
FOR_ALL = frozenset({'name', 'status', 'image', 'flavor', 'changes-since', 'changes-before', 'reservation_id', 'ip',
                     'ip6', 'fixed_ip', 'key_name', 'locked', 'config_drive', 'power_state', 'launch_index',
                     'description', 'hostname', 'uuid', 'user_id', 'availability_zone', 'progress', 'created_at',
                     'launched_at', 'terminated_at', 'vm_state', 'task_state'})
SORT_KEYS = {name: getattr(Instance, name) for name in (
    'access_ip_v4', 'access_ip_v6', 'availability_zone', 'config_drive', 'created_at', 'display_description',
    'display_name', 'host', 'hostname', 'image_ref', 'kernel_id', 'key_name', 'launch_index', 'launched_at',
    'power_state', 'progress', 'project_id', 'ramdisk_id', 'root_device_name', 'task_state', 'terminated_at',
    'updated_at', 'user_id', 'uuid', 'vm_state', 'node')}
SORT_KEYS.update({'name': Instance.display_name, 'instance_type_id': Instance.flavor_id,
                  'description': Instance.display_description})
# Whole rows, in the order they were changed: a server that was never changed was when it was made.
_CHANGED = func.coalesce(Instance.updated_at, Instance.created_at)
_TRUE, _FALSE = ('1', 'true', 'yes', 'on', 't', 'y'), ('0', 'false', 'no', 'off', 'f', 'n')


def order(sort):
    """The columns of [(key, direction)], newest first by default. Raises InvalidSortKey."""
    ordered = []
    for name, direction in sort or [('created_at', 'desc')]:
        if name not in SORT_KEYS:
            raise InvalidSortKey(key=str(name)[:80])
        ordered.append((SORT_KEYS[name], direction))
    return [*ordered, (Instance.id, ordered[-1][1])]


def apply(statement, filters, context):
    """`statement` with what `filters` ask. Unknown names are ignored, an empty list of values finds nothing.

    Values may be lists (any of them). Others than administrators get their own project's servers whatever they ask.
    """
    if not context.is_admin:
        filters = {name: value for name, value in filters.items() if name in FOR_ALL}
        statement = statement.where(Instance.project_id == context.project_id)
    elif not (_flag(filters, 'all_tenants') or filters.get('project_id') or filters.get('tenant_id')):
        statement = statement.where(Instance.project_id == context.project_id)
    statement = statement.where(*_life(filters))
    return statement.where(*(_condition(name, value) for name, value in filters.items() if name in _KNOWN))


def _life(filters):
    if 'deleted' in filters:
        return [Instance.deleted_at.is_not(None) if _flag(filters, 'deleted') else Instance.deleted_at.is_(None)]
    # Who follows changes must hear of deletions.
    return [] if 'changes-since' in filters or 'changes-before' in filters else [Instance.deleted_at.is_(None)]


def _condition(name, value):
    return _KNOWN[name](name, value if isinstance(value, (list, tuple, set)) else [value])


def _text(name, values):
    column = TEXTS[name]
    known = [keys.text(value) for value in values]
    return column.in_([value for value in known if value is not None])


def _pattern(name, values):
    return or_(false(), *(PATTERNS[name].regexp_match(patterns.checked(name, value)) for value in values))


def _number(name, values):
    try:
        return NUMBERS[name].in_([max(-1, min(int(value), 2 ** 31 - 1)) for value in values])
    except (TypeError, ValueError) as error:
        raise InvalidFilter(name=name, value=values[0], reason='a whole number is needed.') from error


def _time(name, values):
    return TIMES[name].in_([_instant(name, value) for value in values])


def _instant(name, value):
    """A naive UTC time of a datetime, or of ISO text. Raises InvalidFilter."""
    try:
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        if value.tzinfo is not None:
            value = value.astimezone(datetime.UTC).replace(tzinfo=None)
        return value
    except (ValueError, OverflowError, AttributeError) as error:
        raise InvalidFilter(name=name, value=str(value)[:80], reason='a time such as 2012-04-05T12:00:00Z is needed.'
                            ) from error


def _since(name, values):
    since = _instant(name, values[-1])
    return _CHANGED >= since  # noqa: SIM300  (a column, not a constant)


def _before(name, values):
    before = _instant(name, values[-1])
    return _CHANGED <= before  # noqa: SIM300


def _boolean(name, values):
    return FLAGS[name](_flag({name: values[-1]}, name))


def _flag(filters, name):
    value = filters.get(name, False)
    if isinstance(value, (list, tuple)):
        value = value[-1]
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if name == 'all_tenants' and text == '':
        return True    # ?all_tenants without a value
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise InvalidFilter(name=name, value=str(value)[:80], reason='true or false is needed.')


def _status(name, values):
    found = []
    for value in values:
        for vm_state, task_state in states.vm_states_of(str(value)):
            task = Instance.task_state == task_state
            if task_state is None:
                others = states.shown_tasks(vm_state)
                task = or_(Instance.task_state.is_(None), Instance.task_state.not_in(others)) if others else None
            found.append(and_(*(part for part in (Instance.vm_state == vm_state, task) if part is not None)))
    return or_(false(), *found)


def _flavor(name, values):
    wanted = [value for value in map(keys.text, map(str, values)) if value is not None]
    return Instance.flavor_id.in_(select(Flavor.id).where(Flavor.flavorid.in_(wanted)))


def _address(name, values):
    checked = [patterns.checked(name, value) for value in values]
    fixed = select(FixedIp.instance_uuid).where(
        FixedIp.instance_uuid.is_not(None), or_(false(), *(FixedIp.address.regexp_match(each) for each in checked)))
    if name == 'fixed_ip':
        return Instance.uuid.in_(fixed)
    floating = select(FixedIp.instance_uuid).join(FloatingIp, FloatingIp.fixed_ip_id == FixedIp.id).where(
        FixedIp.instance_uuid.is_not(None), or_(false(), *(FloatingIp.address.regexp_match(each) for each in checked)))
    return or_(Instance.uuid.in_(fixed), Instance.uuid.in_(floating))


_KNOWN = {**dict.fromkeys(TEXTS, _text), **dict.fromkeys(PATTERNS, _pattern), **dict.fromkeys(NUMBERS, _number),
          **dict.fromkeys(TIMES, _time), **dict.fromkeys(FLAGS, _boolean),
          'changes-since': _since, 'changes-before': _before, 'status': _status, 'flavor': _flavor,
          **dict.fromkeys(('ip', 'ip6', 'fixed_ip'), _address)}
FILTERS = frozenset({*_KNOWN, 'all_tenants', 'deleted'})
