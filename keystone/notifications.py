"""What happens in the identity service, as notifications: identity.<resource>.<verb>, basic or as CADF events.

Managers say `changes.tell('created', 'user', user_id)`; see keystone.changes.
"""
import datetime
import uuid

from oslo_config import cfg

from essex import config, context, notifications
from keystone import origin
from keystone.password_hash import PasswordHash

OPTS = [
    cfg.StrOpt('notification_format', default='cadf', choices=['basic', 'cadf'],
               help='What notifications hold: the id of the resource alone, or a CADF event with who and from where.'),
    cfg.MultiStrOpt('notification_opt_out', default=['identity.authenticate.success', 'identity.authenticate.pending'],
                    help='What is not notified: identity.RESOURCE.VERB or identity.authenticate.OUTCOME. May be given '
                         'several times.'),
]
CONF = config.register(OPTS)

ACCOUNT = 'service/security/account/user'
# typeURI of the resources that CADF has a name for.
_TYPES = {'user': 'data/security/account/user', 'group': 'data/security/group', 'project': 'data/security/project',
          'domain': 'data/security/domain', 'role': 'data/security/role', 'OS-TRUST:trust': 'data/security/trust',
          'credential': 'data/security/credential', 'policy': 'data/security/policy',
          'service': 'data/security/service', 'endpoint': 'data/security/endpoint',
          'region': 'data/security/region', 'OS-OAUTH1:consumer': 'data/security/oauth/consumer',
          'OS-OAUTH1:access_token': 'data/security/oauth/access_token',
          'OS-OAUTH1:request_token': 'data/security/oauth/request_token'}


class Notifications:
    """Tells of what was committed. Does nothing, at no cost, while notifications are off."""

    def __init__(self):
        self.sender = notifications.Notifier('identity', 'keystone')
        self._observer = uuid.uuid4().hex
        self._hash = PasswordHash()

    @property
    def enabled(self):
        """Whether anything is sent."""
        return self.sender.enabled

    def resource(self, verb, kind, key):
        """`kind` (user, project...) with id `key` was created, updated, deleted or disabled."""
        payload = {'resource_info': key}
        if CONF.notification_format == 'cadf':
            target = {'typeURI': _TYPES.get(kind, f'data/security/{kind}'), 'id': key}
            payload |= self._event(f'{verb}.{kind}', target, 'success')
        self._emit(f'identity.{kind}.{verb}', payload)

    def role_assignment(self, verb, grant, role_id):
        """A grant (keystone.assignment.grants.Grant) was created or deleted."""
        details = {'role': role_id, grant.actor_type: grant.actor_id, grant.target_type: grant.target_id,
                   'inherited_to_projects': grant.inherited}
        event = self._event(f'{verb}.role_assignment', {'typeURI': ACCOUNT, 'id': grant.actor_id}, 'success')
        self._emit(f'identity.role_assignment.{verb}', {**event, **details})

    def authenticated(self, outcome, user_id=None, wrong_password=None):
        """Somebody authenticated: `outcome` is success, failure or pending (more factors are asked for).

        Of `wrong_password`, tried for a user there is, a hash may be told (keystone.password_hash).
        """
        if not self.enabled or f'identity.authenticate.{outcome}' in CONF.notification_opt_out:
            return
        event = self._event('authenticate', {'typeURI': ACCOUNT, 'id': user_id or 'unknown'}, outcome, user_id)
        if wrong_password is not None and self._hash.wanted:
            event['attachments'] = [{'typeURI': 'mime:text/plain', 'name': 'partial_password_hash',
                                     'content': self._hash.of(wrong_password)}]
        self._emit('identity.authenticate', event)

    def _event(self, action, target, outcome, user_id=None):
        return {'typeURI': 'http://schemas.dmtf.org/cloud/audit/1.0/event', 'eventType': 'activity',
                'id': str(uuid.uuid4()), 'eventTime': datetime.datetime.now(datetime.UTC).isoformat(),
                'action': action, 'outcome': outcome, 'initiator': _initiator(user_id), 'target': target,
                'observer': {'typeURI': 'service/security', 'id': self._observer}}

    def _emit(self, event_type, payload):
        if event_type not in CONF.notification_opt_out:
            self.sender.emit(event_type, payload)


def _initiator(user_id):
    """Who did it: the caller of the request, or `user_id` when he is only now becoming one."""
    client, caller = origin.current(), context.current()
    who = {'typeURI': ACCOUNT, 'id': user_id or (caller and caller.user_id) or 'unknown',
           'host': _known(address=client.address, agent=client.agent), 'request_id': client.request_id}
    if caller is not None:
        who |= {'user_id': caller.user_id, 'username': caller.user_name, 'project_id': caller.project_id,
                'domain_id': caller.domain_id, 'global_request_id': caller.global_request_id}
    elif user_id is not None:
        who['user_id'] = user_id
    return _known(**who)


def _known(**values):
    return {name: value for name, value in values.items() if value is not None}
