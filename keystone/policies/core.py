"""Who may do what, unless the operator's policy.yaml says otherwise. What is not named here is refused.

Roles imply one another: admin > manager > member > reader. A reader on the system reads everything, a reader or
manager on a domain what is in that domain; everyone reads what is his own. An `admin` on a project or the system is one
of the whole cloud; with a token for a domain he reaches what lives in domains alone. The names are the original's, so
that an operator's policy.yaml holds here too.
"""
from essex import policy

# What a token may be for. What the cloud has once is out of reach of tokens for a domain.
CLOUD, EVERY, PROJECT = ('system', 'project'), ('system', 'domain', 'project'), ('project',)
ADMIN = 'rule:admin_required'
SYSTEM_READER = '(role:reader and system_scope:all)'
READ = f'{ADMIN} or {SYSTEM_READER}'


def rule(name, check, scopes=CLOUD):
    """The default of identity:`name`."""
    return policy.rule(f'identity:{name}', check, scopes=scopes)


_BASE = [policy.rule(name, check) for name, check in (
    ('admin_required', 'role:admin or is_admin:1'),
    ('service_role', 'role:service'),
    ('service_or_admin', 'rule:admin_required or rule:service_role'),
    ('owner', 'user_id:%(user_id)s'),
    ('admin_or_owner', 'rule:admin_required or rule:owner'),
    ('token_subject', 'user_id:%(target.token.user_id)s'),
    ('admin_or_token_subject', 'rule:admin_required or rule:token_subject'),
    ('service_admin_or_token_subject', 'rule:service_or_admin or rule:token_subject'),
    # What a domain's manager may see and hand out.
    ('domain_managed_target_role',
     "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s"),
)]


def _in_domain(role, kind):
    """The clause "has `role` on the domain of the target `kind`"."""
    return f'(role:{role} and domain_id:%(target.{kind}.domain_id)s)'


def _crud(name, more_get='', listed='target.domain_id'):
    """Rules of something that lives in a domain; the domain whose are to be listed is `listed`."""
    readers = f'{READ} or {_in_domain("reader", name)}'
    writers = f'{ADMIN} or {_in_domain("manager", name)}'
    return [rule(f'get_{name}', readers + more_get, EVERY),
            rule(f'list_{name}s', f'{READ} or (role:reader and domain_id:%({listed})s)', EVERY),
            *[rule(f'{verb}_{name}', writers, EVERY) for verb in ('create', 'update', 'delete')]]


def _admin_only(name):
    """Rules of something the cloud has once."""
    return [rule(f'get_{name}', READ), rule(f'list_{name}s', READ),
            *[rule(f'{verb}_{name}', ADMIN) for verb in ('create', 'update', 'delete')]]


_TOKENS = [
    rule('validate_token', f'{READ} or rule:service_role or rule:token_subject', EVERY),
    rule('check_token', f'{READ} or rule:service_role or rule:token_subject', EVERY),
    rule('revoke_token', f'{ADMIN} or rule:token_subject', EVERY),
    *[rule(name, '@', None) for name in ('get_auth_catalog', 'get_auth_projects', 'get_auth_domains',
                                         'get_auth_system')],
]

_DOMAINS = [
    rule('get_domain', f'{READ} or domain_id:%(target.domain.id)s or user_domain_id:%(target.domain.id)s or '
                       'project_domain_id:%(target.domain.id)s', EVERY),
    rule('list_domains', f'{READ} or (role:reader and domain_id:%(target.domain.id)s)', EVERY),
    *[rule(f'{verb}_domain', ADMIN) for verb in ('create', 'update', 'delete')],
]

_SAME_DOMAIN = 'domain_id:%(target.group.domain_id)s and domain_id:%(target.user.domain_id)s'
_MEMBER_READ = f'{READ} or (role:reader and {_SAME_DOMAIN})'
_MEMBER_WRITE = f'{ADMIN} or (role:manager and {_SAME_DOMAIN})'
_IDENTITY = [
    *_crud('user', more_get=' or rule:owner'),
    *_crud('group', listed='target.group.domain_id'),
    rule('list_user_projects', f'{READ} or {_in_domain("reader", "user")} or rule:owner', EVERY),
    rule('list_groups_for_user', f'{READ} or {_in_domain("reader", "user")} or rule:owner', EVERY),
    rule('list_users_in_group', f'{READ} or {_in_domain("reader", "group")}', EVERY),
    rule('check_user_in_group', f'{_MEMBER_READ} or rule:owner', EVERY),
    rule('add_user_to_group', _MEMBER_WRITE, EVERY),
    rule('remove_user_from_group', _MEMBER_WRITE, EVERY),
]

_PROJECTS = [
    *_crud('project', more_get=' or project_id:%(target.project.id)s'),
    *[rule(name, f'{READ} or {_in_domain("reader", "project")} or project_id:%(target.project.id)s', EVERY)
      for name in ('list_project_tags', 'get_project_tag')],
    *[rule(name, f'{ADMIN} or {_in_domain("manager", "project")}', EVERY)
      for name in ('update_project_tags', 'create_project_tag', 'delete_project_tag', 'delete_project_tags')],
]

_ROLES = [
    rule('get_role', f'{READ} or (role:manager and rule:domain_managed_target_role)', EVERY),
    rule('list_roles', f'{READ} or (role:manager and not domain_id:None)', EVERY),
    *[rule(f'{verb}_role', ADMIN) for verb in ('create', 'update', 'delete')],
    *[rule(name, f'{READ} or {_in_domain("reader", "role")}')
      for name in ('get_domain_role', 'list_domain_roles')],
    *[rule(f'{verb}_domain_role', ADMIN) for verb in ('create', 'update', 'delete')],
    *[rule(name, READ) for name in ('get_implied_role', 'list_implied_roles', 'check_implied_role',
                                         'list_role_inference_rules')],
    *[rule(f'{verb}_implied_role', ADMIN) for verb in ('create', 'delete')],
]


def _grant(role):
    """The clause "has `role` on the domain that both actor and target of the grant belong to"."""
    actors = '(domain_id:%(target.user.domain_id)s or domain_id:%(target.group.domain_id)s)'
    targets = '(domain_id:%(target.project.domain_id)s or domain_id:%(target.domain.id)s)'
    return f'(role:{role} and {actors} and {targets})'


_OWN_ROLE = '(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)'
_GRANTS = [
    rule('check_grant', f'{READ} or ({_grant("reader")} and {_OWN_ROLE})', EVERY),
    rule('list_grants', f'{READ} or {_grant("reader")}', EVERY),
    *[rule(f'{verb}_grant', f'{ADMIN} or ({_grant("manager")} and rule:domain_managed_target_role)', EVERY)
      for verb in ('create', 'revoke')],
    *[rule(f'{verb}_for_{actor}', check) for actor in ('user', 'group') for verb, check in (
        ('check_system_grant', READ), ('list_system_grants', READ), ('create_system_grant', ADMIN),
        ('revoke_system_grant', ADMIN))],
    *[rule(name, f'{READ} or (role:reader and domain_id:%(target.domain_id)s)', EVERY)
      for name in ('list_role_assignments', 'list_role_assignments_for_tree')],
]

_CATALOG = [
    *_admin_only('service'),
    *_admin_only('endpoint'),
    *[rule(name, '@', EVERY) for name in ('get_region', 'list_regions')],
    *[rule(f'{verb}_region', ADMIN) for verb in ('create', 'update', 'delete')],
]

RULES = [*_BASE, *_TOKENS, *_DOMAINS, *_IDENTITY, *_PROJECTS, *_ROLES, *_GRANTS, *_CATALOG]
