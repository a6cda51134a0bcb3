"""Who may do what with credentials: an administrator with all, everybody with his own."""
from essex.policy import rule
from keystone.policies.core import ADMIN, READ

_OWNER = 'user_id:%(target.credential.user_id)s'
RULES = [
    rule('identity:get_credential', f'{READ} or {_OWNER}'),
    rule('identity:list_credentials', f'{READ} or {_OWNER}'),
    *[rule(f'identity:{verb}_credential', f'{ADMIN} or {_OWNER}') for verb in ('create', 'update', 'delete')],
]
