"""The policy engine: what it costs."""
from oslo_policy import _checks

from essex import policy
from essex.context import RequestContext


def test_signatures_of_checks_are_looked_at_once(conf):
    enforcer = policy.Enforcer([policy.rule('reads', 'role:admin or (role:reader and user_id:%(user_id)s)')])
    context = RequestContext(user_id='1', roles=['reader'])
    assert enforcer.check(context, 'reads', {'user_id': '1'}) and not enforcer.check(context, 'reads', {'user_id': '2'})
    before = _checks.inspect.getfullargspec.cache_info()
    assert enforcer.check(context, 'reads', {'user_id': '1'})
    after = _checks.inspect.getfullargspec.cache_info()
    assert after.hits > before.hits and after.misses == before.misses
