"""Who may delegate, and see what was delegated."""
from keystone.policies.core import ADMIN, PROJECT, READ, SYSTEM_READER, rule

_TRUSTOR = 'user_id:%(target.trust.trustor_user_id)s'
_TRUSTEE = 'user_id:%(target.trust.trustee_user_id)s'
_TRUSTS = [
    rule('create_trust', _TRUSTOR, PROJECT),
    rule('list_trusts', READ),
    rule('list_trusts_for_trustor', f'{READ} or {_TRUSTOR}'),
    rule('list_trusts_for_trustee', f'{READ} or {_TRUSTEE}'),
    rule('delete_trust', f'{ADMIN} or {_TRUSTOR}'),
    *[rule(name, f'{READ} or {_TRUSTOR} or {_TRUSTEE}')
      for name in ('get_trust', 'list_roles_for_trust', 'get_role_for_trust')],
]

_OWNER = 'user_id:%(target.user.id)s'
_OWN = [
    rule('create_application_credential', 'rule:owner', PROJECT),
    *[rule(name, f'{READ} or rule:owner') for name in ('get_application_credential', 'list_application_credentials')],
    rule('delete_application_credential', f'{ADMIN} or rule:owner'),
    *[rule(name, f'{SYSTEM_READER} or {_OWNER}') for name in ('get_access_rule', 'list_access_rules')],
    rule('delete_access_rule', f'(role:admin and system_scope:all) or {_OWNER}'),
]

_OAUTH1 = [
    *[rule(name, READ) for name in ('get_consumer', 'list_consumers')],
    *[rule(f'{verb}_consumer', ADMIN) for verb in ('create', 'update', 'delete')],
    # Everyone hands on his own roles alone.
    rule('authorize_request_token', '@', PROJECT),
    *[rule(name, f'{READ} or rule:owner')
      for name in ('get_access_token', 'list_access_tokens', 'get_access_token_role', 'list_access_token_roles')],
    rule('delete_access_token', f'{ADMIN} or rule:owner'),
]

RULES = [*_TRUSTS, *_OWN, *_OAUTH1]
