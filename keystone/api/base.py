"""What the controllers of every face share: managers and policy."""
from essex import wsgi
from essex.exception import NotFound


class Controller(wsgi.Controller):
    """A controller over `managers`, allowed what `enforcer` allows."""

    def __init__(self, managers, enforcer):
        self.managers, self.enforcer = managers, enforcer

    def enforce(self, req, rule, **targets):
        """Raise Forbidden unless the caller may do identity:`rule`. `targets` are refs by kind (user, project...)."""
        self.enforcer.enforce(req.context, f'identity:{rule}', target(targets))

    def allowed(self, req, rule, **targets):
        """Whether the caller may do identity:`rule`."""
        return self.enforcer.check(req.context, f'identity:{rule}', target(targets))

    def load(self, req, rule, kind, getter, *args, **more):
        """`getter(*args)`, checked against the rule. Who may not see it is not told either whether it exists.

        `more` are targets beside it.
        """
        try:
            found = getter(*args)
        except NotFound:
            self.enforce(req, rule)
            raise
        self.enforce(req, rule, **{kind: found}, **more)
        return found


# What rules may compare of a target.
_COMPARED = ('id', 'domain_id', 'name', 'user_id', 'project_id', 'trustor_user_id', 'trustee_user_id')


# That a role is global is what rules ask with None:%(...)s.
_OF_ROLE = 'target.role.domain_id'


def target(targets):
    """{'target.user.domain_id': ...} of refs by kind. A value of None is left out: it must equal nothing."""
    values = {}
    for kind, ref in targets.items():
        if isinstance(ref, dict):
            values.update(_flat(f'target.{kind}', ref))
        else:
            values[f'target.{kind}'] = ref
    if 'target.user.id' in values:
        # As a path names him.
        values['user_id'] = values['target.user.id']
    return {name: value for name, value in values.items() if value is not None or name == _OF_ROLE}


def _flat(prefix, ref):
    """Pairs of dotted names and values of a ref and of what it lies in."""
    for name in _COMPARED:
        yield f'{prefix}.{name}', ref.get(name)
    for name in ('domain', 'project'):
        if isinstance(ref.get(name), dict):
            yield from _flat(f'{prefix}.{name}', ref[name])
