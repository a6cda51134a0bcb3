"""Quotas: what a project may have, checked against what exists inside the transaction that adds to it."""
from oslo_config import cfg

from essex import config, db
from nova import exception
from nova.db import quotas


def _limit(name, default, essex_name=None, text=''):
    """An option in [quota], known by Essex's name in [DEFAULT] too."""
    return cfg.IntOpt(name, default=default, min=-1, mutable=True, help=f'{text} -1: no limit.',
                      deprecated_opts=[cfg.DeprecatedOpt(essex_name or f'quota_{name}', group='DEFAULT')])


OPTS = [
    _limit('instances', 10, text='Servers of a project.'),
    _limit('cores', 20, text='Virtual processors of all servers of a project.'),
    _limit('ram', 51200, text='Memory in MB of all servers of a project.'),
    _limit('metadata_items', 128, text='Metadata items of a server.'),
    _limit('injected_files', 5, 'quota_max_injected_files', 'Personality files of a server.'),
    _limit('injected_file_content_bytes', 10240, 'quota_max_injected_file_content_bytes', 'Bytes in one of them.'),
    _limit('injected_file_path_length', 255, 'quota_max_injected_file_path_bytes', 'Bytes of the path of one of them.'),
    _limit('key_pairs', 100, text='Key pairs of a user.'),
    _limit('floating_ips', 10, text='Floating addresses of a project.'),
    _limit('fixed_ips', -1, text='Fixed addresses of a project.'),
    _limit('security_groups', 10, text='Security groups of a project.'),
    _limit('security_group_rules', 20, text='Rules of a security group.'),
    _limit('server_groups', 10, text='Server groups of a project.'),
    _limit('server_group_members', 10, text='Servers of a server group.'),
]
CONF = config.register(OPTS, 'quota')

# Names in the APIs; those of the options, but for one.
RESOURCES = ('instances', 'cores', 'ram', 'metadata_items', 'injected_files', 'injected_file_content_bytes',
             'injected_file_path_bytes', 'key_pairs', 'floating_ips', 'fixed_ips', 'security_groups',
             'security_group_rules', 'server_groups', 'server_group_members')
_LARGEST = 2 ** 31 - 1


def defaults():
    """{resource: limit} of a project without limits of its own."""
    return limits(quotas.DEFAULT_CLASS)


def set_defaults(wanted):
    """Change the limits of all projects without their own, above the configuration's; returns all. Raises
    QuotaInvalid."""
    _check_limits(wanted)
    quotas.set_limits(quotas.DEFAULT_CLASS, wanted)
    return defaults()


def _configured():
    return {name: CONF.quota[{'injected_file_path_bytes': 'injected_file_path_length'}.get(name, name)]
            for name in RESOURCES}


def limits(project_id):
    """{resource: limit} of a project; -1: none."""
    own = quotas.of_project(project_id)
    return {name: own.get(name, default) for name, default in _configured().items()}


def usage(project_id, user_id=None):
    """{resource: number there is} of a project, with the key pairs of a user: one statement.

    Limits of what one server or group may have are never used up: 0.
    """
    owners = dict.fromkeys(quotas.OF_PROJECT, project_id)
    if user_id is not None:
        owners['key_pairs'] = user_id
    return {**dict.fromkeys(RESOURCES, 0), **quotas.usage(owners)}


def set_limits(project_id, wanted, force=False):
    """Give a project its own limits; returns all. Below what it has already only with `force`. Raises QuotaInvalid."""
    _check_limits(wanted)
    used = usage(project_id)
    for resource, limit in wanted.items():
        if not force and limit != -1 and limit < used[resource]:
            raise exception.QuotaInvalid(resource=resource, limit=limit,
                                         reason=f'the project has {used[resource]} already.')
    quotas.set_limits(project_id, wanted)
    return limits(project_id)


def _check_limits(wanted):
    for resource, limit in wanted.items():
        if resource not in RESOURCES:
            raise exception.QuotaInvalid(resource=resource, limit=limit, reason='there is no such resource.')
        if not -1 <= limit <= _LARGEST:
            raise exception.QuotaInvalid(resource=resource, limit=limit, reason=f'it must be -1 to {_LARGEST}.')


def delete_limits(project_id):
    """Give a project the default limits again."""
    quotas.delete_limits(project_id, RESOURCES)


def check(project_id, user_id=None, group_id=None, **asked):
    """Raise QuotaExceeded unless `asked` ({resource: how many more}) fits. Call it in the transaction that adds.

    Until that transaction ends nobody else adds to the same project (user for key_pairs, group for
    security_group_rules).
    """
    owners = {resource: _owner(resource, project_id, user_id, group_id) for resource in asked}
    allowed = limits(project_id)
    bounded = {resource: owner for resource, owner in owners.items() if allowed[resource] != -1}
    if not bounded:
        return
    used = _locked_usage(bounded)
    for resource in bounded:
        if used[resource] + asked[resource] > allowed[resource]:
            raise exception.QuotaExceeded(resource=resource, asked=asked[resource], used=used[resource],
                                          limit=allowed[resource])


def _owner(resource, project_id, user_id, group_id):
    return user_id if resource in quotas.OF_USER else group_id if resource in quotas.OF_GROUP else project_id


def _locked_usage(owners):
    with db.writer():
        for owner in sorted({str(owner) for owner in owners.values()}):
            quotas.lock(owner)
        # On the other side of the lock this sees whatever those before it have committed.
        return quotas.usage(owners)


def grant(project_id, vcpus, memory_mb, min_count, max_count, allowed=None):
    """How many servers of a size the project may have now, between the two counts. Call it in the transaction that
    adds them. Raises QuotaExceeded when not even `min_count` fit. `allowed`: its limits, if they are known."""
    each = {'instances': 1, 'cores': vcpus, 'ram': memory_mb}
    allowed = allowed or limits(project_id)
    bounded = {resource: project_id for resource in each if allowed[resource] != -1}
    if not bounded:
        return max_count
    used = _locked_usage(bounded)
    fits = {resource: max(0, allowed[resource] - used[resource]) // each[resource]
            for resource in bounded if each[resource]}
    count = min([max_count, *fits.values()])
    if count < min_count:
        tightest = min(fits, key=fits.get)
        raise exception.QuotaExceeded(resource=tightest, asked=min_count * each[tightest], used=used[tightest],
                                      limit=allowed[tightest])
    return count


def check_items(project_id, resource, asked, allowed=None):
    """Raise ItemLimitExceeded when one server (or body) has more of `resource` than the project's servers may."""
    limit = (allowed or limits(project_id))[resource]
    if limit != -1 and asked > limit:
        raise exception.ItemLimitExceeded(resource=resource, asked=asked, limit=limit)
