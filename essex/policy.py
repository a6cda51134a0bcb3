"""Policy: who may do what. Defaults are in code, an operator's file overrides them (oslo.policy's language)."""
import functools
import inspect
import logging
import time
import types

from oslo_config import cfg
from oslo_policy import _checks, policy
from oslo_policy import opts as policy_opts

from essex import config
from essex.exception import PolicyNotAuthorized

LOG = logging.getLogger(__name__)

# oslo.policy looks at the signature of every check each time it is made, which took half of a token's validation.
_checks.inspect = types.SimpleNamespace(**{
    **vars(inspect), 'getfullargspec': functools.lru_cache(10000)(inspect.getfullargspec)})

CONF = config.register([
    cfg.StrOpt('policy_file', help='The file of policy rules, as files of the Essex era name it: in place of '
                                   '[oslo_policy] policy_file. JSON or YAML, rules as lists or as sentences.'),
    cfg.StrOpt('policy_default_rule', help='The rule that stands in for an unknown one, in place of [oslo_policy] '
                                           'policy_default_rule.'),
])


@policy.register('is_admin')
class _IsAdmin(policy.Check):
    """is_admin:1, as files of every era have it, and is_admin:True."""

    def __call__(self, target, creds, enforcer, current_rule=None):
        return bool(creds.get('is_admin')) == (self.match.lower() in ('1', 'true'))


class _Rules(policy.Enforcer):
    """oslo.policy's enforcer, but it looks for a changed file once a second, not at every check."""

    _next_look = 0

    def load_rules(self, force_reload=False):
        now = time.monotonic()
        if force_reload or now >= self._next_look:
            super().load_rules(force_reload)
            self._next_look = now + 1


class Enforcer:
    """The rules of one service.

    `defaults` are oslo_policy.policy.RuleDefault objects. An unknown rule is refused: nothing is allowed
    because somebody forgot to say so.
    """

    def __init__(self, defaults, conf=None):
        conf = conf or config.CONF
        policy_opts.set_defaults(conf, policy_file='policy.yaml')
        # Who decides over https has to be who he says: oslo.policy asks for no certificate by itself.
        cfg.set_defaults(policy_opts._options, remote_ssl_verify_server_crt=True)
        self._enforcer = _Rules(conf, policy_file=CONF.policy_file, default_rule=CONF.policy_default_rule)
        self._enforcer.register_defaults(defaults)
        self._enforcer.suppress_deprecation_warnings = True
        self._enforcer.suppress_default_change_warnings = True

    def check(self, context, rule, target=None):
        """Whether `context` may do `rule` to `target` (a dict such as {'project_id': ...})."""
        if rule not in self._enforcer.registered_rules:
            LOG.error('No policy rule is named %s: refused', rule)
            return False
        try:
            # Asked to raise, it tells a token of a wrong scope by the exception, else by a warning to standard error.
            return self._enforcer.enforce(rule, target or {}, context.to_policy_values(), do_raise=True)
        except (policy.InvalidScope, policy.PolicyNotAuthorized):
            return False
        except (OSError, RuntimeError, KeyError) as error:
            # The server of an http: check is away, or its URL asks for what the target has not.
            LOG.error('The policy rule %s cannot be decided, which refuses it: %r', rule, error)
            return False

    def enforce(self, context, rule, target=None):
        """Raise PolicyNotAuthorized unless `context` may do `rule` to `target`."""
        if not self.check(context, rule, target):
            raise PolicyNotAuthorized(action=rule)


def rule(name, check, description='', operations=(), scopes=None):
    """A rule default. `operations` are (method, path) pairs, for the sample file; `scopes` what a token may be for
    ('system', 'domain', 'project'), anything when not told."""
    scopes = list(scopes) if scopes else None
    if not operations:
        return policy.RuleDefault(name, check, description, scope_types=scopes)
    return policy.DocumentedRuleDefault(name, check, description or name,
                                        [{'method': method, 'path': path} for method, path in operations],
                                        scope_types=scopes)
