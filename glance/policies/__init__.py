"""Who may do what, unless the operator's policy.yaml says otherwise: a module an area. What is not named is refused."""
from glance.policies import discovery, images, tasks

RULES = [*images.RULES, *tasks.RULES, *discovery.RULES]
