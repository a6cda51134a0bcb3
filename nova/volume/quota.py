"""Quotas of block storage: checked against what exists, inside the transaction that adds to it."""
from oslo_config import cfg

from essex import config, db
from nova.db import quotas
from nova.exception import QuotaInvalid
from nova.volume.exception import VolumeQuotaExceeded, VolumeTooLarge


def _limit(name, default, text):
    return cfg.IntOpt(name, default=default, min=-1, mutable=True, help=f'{text} -1: no limit.',
                      deprecated_opts=[cfg.DeprecatedOpt(f'quota_{name}', group='DEFAULT')])


OPTS = [
    _limit('volumes', 10, 'Volumes of a project.'),
    _limit('snapshots', 10, 'Snapshots of volumes of a project.'),
    _limit('gigabytes', 1000, 'Gigabytes of all volumes and their snapshots of a project.'),
    cfg.IntOpt('per_volume_gigabytes', default=-1, min=-1, mutable=True,
               deprecated_opts=[cfg.DeprecatedOpt('per_volume_size_limit', group='DEFAULT')],
               help='Gigabytes of one volume. -1: no limit.'),
]
CONF = config.register(OPTS, 'quota')

RESOURCES = ('volumes', 'snapshots', 'gigabytes', 'per_volume_gigabytes')
_LARGEST = 2 ** 31 - 1


def defaults():
    """{resource: limit} of a project without limits of its own."""
    return limits(quotas.DEFAULT_CLASS)


def set_defaults(wanted):
    """Change the limits of all projects without their own, above the configuration's; returns all. Raises
    QuotaInvalid."""
    return set_limits(quotas.DEFAULT_CLASS, wanted)


def limits(project_id):
    """{resource: limit} of a project; -1: none."""
    own = quotas.of_project(project_id)
    return {name: own.get(name, CONF.quota[name]) for name in RESOURCES}


def usage(project_id):
    """{resource: what there is} of a project: one statement."""
    found = quotas.usage(dict.fromkeys(quotas.OF_VOLUMES, project_id))
    return {'volumes': found['volumes'], 'snapshots': found['snapshots'], 'per_volume_gigabytes': 0,
            'gigabytes': found['volume_gigabytes'] + found['snapshot_gigabytes']}


def set_limits(project_id, wanted):
    """Give a project its own limits; returns all. Raises QuotaInvalid."""
    for resource, limit in wanted.items():
        if not -1 <= limit <= _LARGEST:
            raise QuotaInvalid(resource=resource, limit=limit, reason=f'it must be -1 to {_LARGEST}.')
    quotas.set_limits(project_id, wanted)
    return limits(project_id)


def delete_limits(project_id):
    """Give a project the default limits again."""
    quotas.delete_limits(project_id, RESOURCES)


def check(project_id, size=None, **asked):
    """Raise VolumeQuotaExceeded unless `asked` ({resource: how many more}) fits, VolumeTooLarge when a volume of
    `size` GB may not be.

    Call it in the transaction that adds: until its end nobody else adds to the project.
    """
    allowed = limits(project_id)
    largest = allowed['per_volume_gigabytes']
    if size is not None and -1 < largest < size:
        raise VolumeTooLarge(asked=size, limit=largest)
    if all(allowed[resource] == -1 for resource in asked):
        return
    with db.writer():
        quotas.lock(f'volumes:{project_id}'[:80])
        # On the other side of the lock this sees whatever those before it have committed.
        used = usage(project_id)
    for resource, more in asked.items():
        if allowed[resource] != -1 and used[resource] + more > allowed[resource]:
            raise VolumeQuotaExceeded(resource=resource, asked=more, used=used[resource], limit=allowed[resource])
