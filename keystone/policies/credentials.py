"""Who may do what with credentials: an administrator with all, everybody with his own."""
from keystone.policies.core import ADMIN, EVERY, READ, rule

_OWNER = 'user_id:%(target.credential.user_id)s'
RULES = [
    *[rule(name, f'{READ} or {_OWNER}', EVERY) for name in ('get_credential', 'list_credentials')],
    *[rule(f'{verb}_credential', f'{ADMIN} or {_OWNER}', EVERY) for verb in ('create', 'update', 'delete')],
    rule('ec2_get_credential', f'{READ} or {_OWNER}'),
    rule('ec2_list_credentials', f'{READ} or rule:owner'),
    *[rule(f'ec2_{verb}_credential', f'{ADMIN} or (role:member and {_OWNER})') for verb in ('create', 'delete')],
]
