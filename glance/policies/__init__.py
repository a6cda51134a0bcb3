"""Who may do what, unless the operator's policy.yaml says otherwise: a module an area. What is not named is refused."""
from glance.policies import cache, discovery, images, metadefs, tasks

RULES = [*images.RULES, *tasks.RULES, *cache.RULES, *discovery.RULES, *metadefs.RULES]
