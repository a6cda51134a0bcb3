"""Who may do what, unless the operator's policy.yaml says otherwise. What is not named here is refused.

Roles imply one another: admin > manager > member > reader. A reader on the system reads everything, a reader or
manager on a domain what is in that domain; everyone reads what is his own. An `admin` is one of the whole cloud.
"""
from essex.policy import rule

ADMIN = 'rule:admin_required'
SYSTEM_READER = '(role:reader and system_scope:all)'
READ = f'{ADMIN} or {SYSTEM_READER}'

_BASE = [
    rule('admin_required', 'role:admin or is_admin:1'),
    rule('service_role', 'role:service'),
    rule('owner', 'user_id:%(target.user.id)s'),
    rule('token_subject', 'user_id:%(target.token.user_id)s'),
]


def _in_domain(role, kind):
    """The clause "has `role` on the domain of the target `kind`"."""
    return f'(role:{role} and domain_id:%(target.{kind}.domain_id)s)'


def _crud(name, kind, plural=None, more_get=''):
    """Rules of something that lives in a domain."""
    readers = f'{READ} or {_in_domain("reader", kind)}'
    writers = f'{ADMIN} or {_in_domain("manager", kind)}'
    return [rule(f'identity:get_{name}', readers + more_get),
            rule(f'identity:list_{plural or name + "s"}',
                 f'{READ} or (role:reader and domain_id:%(target.domain_id)s)'),
            *[rule(f'identity:{verb}_{name}', writers) for verb in ('create', 'update', 'delete')]]


def _admin_only(name, plural=None, read=READ):
    """Rules of something the cloud has once."""
    return [rule(f'identity:get_{name}', read), rule(f'identity:list_{plural or name + "s"}', read),
            *[rule(f'identity:{verb}_{name}', ADMIN) for verb in ('create', 'update', 'delete')]]


_TOKENS = [
    rule('identity:validate_token', f'{READ} or rule:service_role or rule:token_subject'),
    rule('identity:check_token', f'{READ} or rule:service_role or rule:token_subject'),
    rule('identity:revoke_token', f'{ADMIN} or rule:token_subject'),
    rule('identity:get_auth_catalog', '@'),
    rule('identity:get_auth_projects', '@'),
    rule('identity:get_auth_domains', '@'),
    rule('identity:get_auth_system', '@'),
]

_DOMAINS = [
    rule('identity:get_domain', f'{READ} or domain_id:%(target.domain.id)s or user_domain_id:%(target.domain.id)s or '
                                'project_domain_id:%(target.domain.id)s'),
    rule('identity:list_domains', f'{READ} or (role:reader and domain_id:%(target.caller.domain_id)s)'),
    *[rule(f'identity:{verb}_domain', ADMIN) for verb in ('create', 'update', 'delete')],
]

_SAME_DOMAIN = 'domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s'
_MEMBER_READ = f'{READ} or (role:reader and {_SAME_DOMAIN})'
_MEMBER_WRITE = f'{ADMIN} or (role:manager and {_SAME_DOMAIN})'
_IDENTITY = [
    *_crud('user', 'user', more_get=' or rule:owner'),
    *_crud('group', 'group'),
    rule('identity:list_user_projects', f'{READ} or {_in_domain("reader", "user")} or rule:owner'),
    rule('identity:list_groups_for_user', f'{READ} or {_in_domain("reader", "user")} or rule:owner'),
    rule('identity:list_users_in_group', f'{READ} or {_in_domain("reader", "group")}'),
    rule('identity:check_user_in_group', f'{_MEMBER_READ} or rule:owner'),
    rule('identity:add_user_to_group', _MEMBER_WRITE),
    rule('identity:remove_user_from_group', _MEMBER_WRITE),
]

_PROJECTS = [
    *_crud('project', 'project', more_get=' or project_id:%(target.project.id)s'),
    *[rule(f'identity:{name}', f'{READ} or {_in_domain("reader", "project")} or project_id:%(target.project.id)s')
      for name in ('list_project_tags', 'get_project_tag')],
    *[rule(f'identity:{name}', f'{ADMIN} or {_in_domain("manager", "project")}')
      for name in ('update_project_tags', 'create_project_tag', 'delete_project_tag', 'delete_project_tags')],
]

_ROLE_READ = f'{READ} or (role:manager and domain_id:%(target.caller.domain_id)s)'
_ROLES = [
    *_admin_only('role', read=_ROLE_READ),
    *[rule(f'identity:{name}', f'{READ} or {_in_domain("reader", "role")}')
      for name in ('get_domain_role', 'list_domain_roles')],
    *[rule(f'identity:{verb}_domain_role', ADMIN) for verb in ('create', 'update', 'delete')],
    *[rule(f'identity:{name}', READ) for name in ('get_implied_role', 'list_implied_roles', 'check_implied_role',
                                                  'list_role_inference_rules')],
    *[rule(f'identity:{verb}_implied_role', ADMIN) for verb in ('create', 'delete')],
]


def _grant(role):
    """The clause "has `role` on the domain that both actor and target of the grant belong to"."""
    actors = '(domain_id:%(target.user.domain_id)s or domain_id:%(target.group.domain_id)s)'
    targets = '(domain_id:%(target.project.domain_id)s or domain_id:%(target.domain.id)s)'
    return f'(role:{role} and {actors} and {targets})'


# What a domain's manager may hand out.
_ASSIGNABLE = "('manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s)"
_GRANTS = [
    *[rule(f'identity:{verb}_grant{s}', f'{READ} or {_grant("reader")}') for verb, s in (('check', ''), ('list', 's'))],
    *[rule(f'identity:{verb}_grant', f'{ADMIN} or ({_grant("manager")} and {_ASSIGNABLE})')
      for verb in ('create', 'revoke')],
    *[rule(f'identity:{name}', READ) for name in ('check_system_grant', 'list_system_grants')],
    *[rule(f'identity:{verb}_system_grant', ADMIN) for verb in ('create', 'revoke')],
    rule('identity:list_role_assignments', f'{READ} or (role:reader and domain_id:%(target.caller.domain_id)s)'),
    rule('identity:list_role_assignments_for_tree',
         f'{READ} or (role:reader and domain_id:%(target.project.domain_id)s)'),
]

_CATALOG = [*_admin_only('service'), *_admin_only('endpoint'), *_admin_only('region', read='@')]

_CREDENTIALS = [
    *[rule(f'identity:ec2_{verb}_credential{s}', f'{READ} or rule:owner') for verb, s in (('get', ''), ('list', 's'))],
    *[rule(f'identity:ec2_{verb}_credential', f'{ADMIN} or rule:owner') for verb in ('create', 'delete')],
]

RULES = [*_BASE, *_TOKENS, *_DOMAINS, *_IDENTITY, *_PROJECTS, *_ROLES, *_GRANTS, *_CATALOG, *_CREDENTIALS]
