"""Who may know how the cloud is doing: administrators."""
import functools

from essex.policy import Enforcer, rule

RULES = [
    rule('context_is_admin', 'role:admin', 'Administrators of the cloud.'),
    rule('operator:host', 'rule:context_is_admin', 'The daemons, queues, databases and stores of a host.',
         [('GET', '/v1/hosts/self')]),
    rule('operator:errors', 'rule:context_is_admin', 'The last warnings and errors of a daemon.',
         [('GET', '/v1/daemons/{name}/errors')]),
    rule('operator:traces', 'rule:context_is_admin', 'The way of any request through the daemons.',
         [('GET', '/v1/traces'), ('GET', '/v1/traces/{request_id}')]),
]


@functools.cache
def enforcer():
    """The rules of this process."""
    return Enforcer(RULES)
