"""Who may set up federation: the administrator alone; what there is, a reader on the system sees too."""
from keystone.policies.core import ADMIN, READ, rule


def _managed(name, plural):
    return [*[rule(verb, READ) for verb in (f'get_{name}', f'list_{plural}')],
            *[rule(f'{verb}_{name}', ADMIN) for verb in ('create', 'update', 'delete')]]


RULES = [
    *_managed('identity_provider', 'identity_providers'),
    *_managed('protocol', 'protocols'),
    *_managed('mapping', 'mappings'),
    *_managed('service_provider', 'service_providers'),
]
