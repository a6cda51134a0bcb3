"""Who may delegate, and see what was delegated."""
from essex.policy import rule
from keystone.policies.core import ADMIN, READ

_TRUSTOR = 'user_id:%(target.trust.trustor_user_id)s'
_TRUSTEE = 'user_id:%(target.trust.trustee_user_id)s'
_TRUSTS = [
    rule('identity:create_trust', _TRUSTOR),
    rule('identity:list_trusts', READ),
    rule('identity:list_trusts_for_trustor', f'{READ} or {_TRUSTOR}'),
    rule('identity:list_trusts_for_trustee', f'{READ} or {_TRUSTEE}'),
    rule('identity:delete_trust', f'{ADMIN} or {_TRUSTOR}'),
    *[rule(f'identity:{name}', f'{READ} or {_TRUSTOR} or {_TRUSTEE}')
      for name in ('get_trust', 'list_roles_for_trust', 'get_role_for_trust')],
]

_OWN = [
    rule('identity:create_application_credential', 'rule:owner'),
    *[rule(f'identity:{name}', f'{READ} or rule:owner')
      for name in ('get_application_credential', 'list_application_credentials', 'get_access_rule',
                   'list_access_rules')],
    *[rule(f'identity:{name}', f'{ADMIN} or rule:owner')
      for name in ('delete_application_credential', 'delete_access_rule')],
]

_OAUTH1 = [
    *[rule(f'identity:{name}', READ) for name in ('get_consumer', 'list_consumers')],
    *[rule(f'identity:{verb}_consumer', ADMIN) for verb in ('create', 'update', 'delete')],
    # Everyone hands on his own roles alone.
    rule('identity:authorize_request_token', '@'),
    *[rule(f'identity:{name}', f'{READ} or rule:owner')
      for name in ('get_access_token', 'list_access_tokens', 'get_access_token_role', 'list_access_token_roles')],
    rule('identity:delete_access_token', f'{ADMIN} or rule:owner'),
]

RULES = [*_TRUSTS, *_OWN, *_OAUTH1]
