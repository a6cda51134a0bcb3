"""Who may do what in Nova's APIs: defaults, overridden by an operator's policy.yaml.

Reading needs any role in the project, changing needs more than `reader`; the cloud's own parts (hosts, services,
flavors ...) are the administrators'.
"""
from essex.policy import rule

_OWN = 'project_id:%(project_id)s'
_READ = 'rule:project_reader_or_admin'
_WRITE = 'rule:project_member_or_admin'
_ADMIN = 'rule:context_is_admin'

_BASE = (
    rule('context_is_admin', 'role:admin', 'Administrators of the cloud.'),
    rule('project_reader_or_admin', f'rule:context_is_admin or {_OWN}', 'Anyone with a role in the project.'),
    rule('project_member_or_admin',
         f'rule:context_is_admin or ({_OWN} and (role:member or role:Member or role:_member_ or role:manager or '
         'role:service))', 'Those who may change things in the project.'),
    rule('owner_or_admin', 'rule:context_is_admin or user_id:%(user_id)s', 'The user in person.'),
)

_SERVERS = {
    _READ: ('index', 'detail', 'show', 'ips', 'metadata', 'actions', 'console_output', 'security_groups',
            'volume_attachments', 'interfaces'),
    _WRITE: ('create', 'update', 'delete', 'stop', 'start', 'reboot', 'pause', 'unpause', 'suspend', 'resume',
             'create_image', 'change_metadata', 'remote_console', 'lock', 'unlock', 'change_security_groups',
             'floating_ip', 'force_delete', 'change_volumes', 'rebuild', 'resize', 'confirm_resize',
             'revert_resize'),
    _ADMIN: ('index:all_tenants', 'show:host', 'reset_state', 'diagnostics', 'actions:traceback'),
}
_OTHERS = {
    _READ: ('flavors:show', 'limits:show', 'quota_sets:show', 'availability_zones:list', 'extensions:show',
            'networks:show', 'floating_ips:show', 'security_groups:show', 'usage:show', 'images:show'),
    _WRITE: ('floating_ips:change', 'security_groups:change', 'images:change'),
    'rule:owner_or_admin': ('keypairs:show', 'keypairs:change'),
    _ADMIN: ('flavors:change', 'flavors:access', 'flavors:extra_specs', 'quota_sets:change', 'quota_sets:others',
             'availability_zones:detail', 'hosts:show', 'hosts:change', 'hypervisors:show', 'services:show',
             'services:change', 'usage:all', 'aggregates:show', 'aggregates:change', 'networks:change',
             'limits:others', 'operations:show', 'operations:change', 'migrations:show', 'quota_class_sets:show',
             'quota_class_sets:change'),
}
_BLOCK_STORAGE = {
    _READ: ('volumes:show', 'volume_snapshots:show', 'volume_types:show', 'volume_limits:show',
            'volume_quota_sets:show', 'volume_zones:show', 'volume_messages:show',
            'volume_extensions:show', 'volume_transfers:show'),
    _WRITE: ('volumes:create', 'volumes:change', 'volumes:delete', 'volumes:upload', 'volume_snapshots:create',
             'volume_snapshots:change', 'volume_snapshots:delete', 'volume_messages:delete',
             'volume_transfers:change'),
    _ADMIN: ('volumes:all_tenants', 'volumes:host', 'volumes:force', 'volume_snapshots:force', 'volume_types:change',
             'volume_quota_sets:change', 'volume_quota_sets:others', 'volume_services:show',
             'volume_services:change', 'volume_quota_class_sets:show', 'volume_quota_class_sets:change',
             'volume_pools:show'),
}


RULES = [*_BASE,
         *(rule(f'servers:{name}', check) for check, names in _SERVERS.items() for name in names),
         *(rule(name, check) for rules in (_OTHERS, _BLOCK_STORAGE) for check, names in rules.items()
           for name in names)]
