"""What the controllers of every face share: managers and policy."""
from essex import wsgi
from essex.exception import NotFound


class Controller(wsgi.Controller):
    """A controller over `managers`, allowed what `enforcer` allows."""

    def __init__(self, managers, enforcer):
        self.managers, self.enforcer = managers, enforcer

    def enforce(self, req, rule, **targets):
        """Raise Forbidden unless the caller may do identity:`rule`. `targets` are refs by kind (user, project...)."""
        self.enforcer.enforce(req.context, f'identity:{rule}', target(req, targets))

    def allowed(self, req, rule, **targets):
        """Whether the caller may do identity:`rule`."""
        return self.enforcer.check(req.context, f'identity:{rule}', target(req, targets))

    def load(self, req, rule, kind, getter, *args):
        """`getter(*args)`, checked against the rule. Who may not see it is not told either whether it exists."""
        try:
            found = getter(*args)
        except NotFound:
            self.enforce(req, rule)
            raise
        self.enforce(req, rule, **{kind: found})
        return found


# What rules may compare of a target.
_COMPARED = ('id', 'domain_id', 'name', 'user_id', 'project_id', 'trustor_user_id', 'trustee_user_id')


def target(req, targets):
    """{'target.user.domain_id': ...} of refs by kind. A value of None is left out: it must equal nothing."""
    values = {'target.caller.domain_id': req.context.domain_id}
    for kind, ref in targets.items():
        if isinstance(ref, dict):
            values.update((f'target.{kind}.{name}', ref.get(name)) for name in _COMPARED)
        else:
            values[f'target.{kind}'] = ref
    return {name: value for name, value in values.items() if value is not None}
