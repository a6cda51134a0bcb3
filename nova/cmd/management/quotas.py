"""nova-manage project (account) quota, also as user quota."""
from nova import exception
from nova.cmd.management import argument, command, table
from nova.compute import quota as quotas


@command('project', 'account', 'user')
@argument('project', "the project's id", required=True)
@argument('key', 'a resource, to set its limit')
@argument('value', 'the limit; unlimited or -1: none')
def quota(project, key, value):
    """Print the limits of a project and what it uses. With a key and a value, set that limit first."""
    if (key is None) != (value is None):
        raise exception.QuotaInvalid(resource=key, limit=value, reason='give a key and a value, or neither.')
    if key is not None:
        quotas.set_limits(project, {key: _limit(key, value)}, force=True)
    limits, used = quotas.limits(project), quotas.usage(project)
    table(('Resource', 'Limit', 'In use'),
          [(name, 'unlimited' if limits[name] == -1 else limits[name], used[name]) for name in quotas.RESOURCES])


def _limit(key, text):
    if text.strip().lower() == 'unlimited':
        return -1
    try:
        return int(text)
    except ValueError as error:
        raise exception.QuotaInvalid(resource=key, limit=text[:40], reason='it is no whole number.') from error
