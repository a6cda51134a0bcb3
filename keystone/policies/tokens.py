"""Rules of what tokens are made for, and of what voids them."""
from essex.policy import rule
from keystone.policies.core import ADMIN, READ

# A service that received a signed request asks whose it is.
_ASKS = f'{ADMIN} or rule:service_role'

RULES = [
    rule('identity:ec2_tokens', _ASKS),
    rule('identity:s3_tokens', _ASKS),
    rule('identity:list_revoke_events', f'{READ} or rule:service_role'),
]
