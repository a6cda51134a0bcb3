"""Rules of what tokens are made for, and of what voids them."""
from keystone.policies.core import EVERY, READ, rule

RULES = [
    # A service that received a signed request asks whose it is.
    *[rule(name, 'rule:service_or_admin', EVERY) for name in ('ec2tokens_validate', 's3tokens_validate')],
    rule('list_revoke_events', f'{READ} or rule:service_role'),
]
