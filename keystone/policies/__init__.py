"""Who may do what, unless the operator's policy.yaml says otherwise: a module an area. What is not named is refused."""
from keystone.policies import core, credentials, delegation, federation, resources, tokens

RULES = [*core.RULES, *credentials.RULES, *delegation.RULES, *federation.RULES, *resources.RULES, *tokens.RULES]
