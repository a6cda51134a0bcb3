"""What the controllers of every face share: managers and policy."""
import functools

from essex import wsgi
from essex.exception import NotFound

# Rules that look at what they are asked about, as the original has them: what is not there is 404 to whoever asks. With
# all others who may not do a thing gets 403 whether it is there or not.
_TOLD = {
    'update_domain', 'delete_domain', 'delete_group', 'get_role', 'update_role', 'delete_role', 'update_limit',
    'delete_limit', 'list_implied_roles', *[f'{verb}_implied_role' for verb in ('get', 'check', 'create', 'delete')],
    'ec2_get_credential', 'ec2_delete_credential',
    'list_grants', *[f'{verb}_grant' for verb in ('check', 'create', 'revoke')],
    *[f'{verb}_for_{actor}' for actor in ('user', 'group') for verb in (
        'list_system_grants', 'check_system_grant', 'create_system_grant', 'revoke_system_grant')],
}


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
        """`getter(*args)`, checked against the rule; `more` are targets beside it. Raises NotFound, Forbidden."""
        return self.load_all(req, rule, {kind: functools.partial(getter, *args)}, **more)[kind]

    def load_all(self, req, rule, getters, **more):
        """What the `getters` return by kind, checked against the rule. Raises NotFound, Forbidden."""
        try:
            found = {kind: getter() for kind, getter in getters.items()}
        except NotFound:
            if rule not in _TOLD:
                self.enforce(req, rule)
            raise
        self.enforce(req, rule, **found, **more)
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
