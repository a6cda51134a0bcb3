"""What voids tokens of each kind, at once, here and in another process; and how long events are kept."""
import datetime
import time

import pytest

from essex import db
from keystone.assignment.grants import Grant
from keystone.db.models import RevocationEvent
from keystone.exception import TokenNotFound
from keystone.managers import Managers
from tests.unit.keystone.conftest import PASSWORD
from tests.unit.keystone.test_v3_oauth1 import Kit as Oauth1Kit

ON_PROJECT = {'project', 'trust', 'application_credential', 'oauth1'}
ALL = {'unscoped', 'domain', 'system', *ON_PROJECT}


class Kit:
    """Ann of a domain of her own, with tokens of every kind; `other` is another process that knows them all."""

    def __init__(self, cloud, api, conf):
        conf.set('revision_interval', 0, 'cache')
        self.cloud, self.managers, self.other = cloud, cloud.managers, Managers()
        self.oauth1 = Oauth1Kit(cloud, api)
        self.domain = self.managers.domains.create_domain({'name': 'd'})
        self.home = {'domain_id': self.domain['id']}
        self.project = cloud.new_project('p', **self.home)
        self.user = cloud.new_user('ann', **self.home)
        self.grant()

    def grant(self):
        self.cloud.grant(self.user, 'member', project=self.project)
        self.cloud.grant(self.user, 'member', domain_id=self.domain['id'])
        self.cloud.grant(self.user, 'member')

    def make(self):
        """Fresh tokens {kind: id} and what they rest on."""
        cloud, managers, user, project = self.cloud, self.managers, self.user, self.project
        made = {'unscoped': cloud.token(user), 'project': cloud.token(user, project),
                'domain': cloud.token(user, domain_id=self.domain['id']), 'system': cloud.token(user, system=True)}
        self.trust = managers.trusts.create(
            {'trustor_user_id': user['id'], 'trustee_user_id': cloud.stranger['id'], 'impersonation': True,
             'project_id': project['id']}, [{'name': 'member'}])
        made['trust'] = cloud.issue(cloud.stranger, {'OS-TRUST:trust': {'id': self.trust['id']}}).id
        roles = managers.tokens.validate(made['project']).roles
        self.cred = managers.app_creds.create({'name': f'n{made["project"]}'[-60:], 'user_id': user['id'],
                                               'project_id': project['id']}, roles)
        made['application_credential'] = managers.auth.authenticate({
            'methods': ['application_credential'],
            'application_credential': {'id': self.cred['id'], 'secret': self.cred['secret']}}).id
        kit = self.oauth1
        kit.consumer = kit.new_consumer()
        asked = kit.ask(project_id=project['id'])
        self.access = kit.exchange(asked, kit.authorize(asked, token=made['project']))
        made['oauth1'] = kit.log_in(self.access).headers['X-Subject-Token']
        for token_id in made.values():
            assert self.other.tokens.validate(token_id)
        return made

    @staticmethod
    def dead(managers, made):
        dead = set()
        for kind, token_id in made.items():
            try:
                managers.tokens.validate(token_id)
            except TokenNotFound:
                dead.add(kind)
        return dead

    def kills(self, cause, expected):
        made = self.make()
        cause()
        for process in (self.managers, self.other, Managers()):
            assert self.dead(process, made) == expected
        return made


@pytest.fixture
def kit(cloud, api, conf):
    return Kit(cloud, api, conf)


def test_what_voids_which(kit):
    managers, user, project, cloud = kit.managers, kit.user, kit.project, kit.cloud
    domain_id = kit.domain['id']
    kit.kills(lambda: managers.trusts.delete(kit.trust['id']), {'trust'})
    kit.kills(lambda: managers.app_creds.delete(user['id'], kit.cred['id']), {'application_credential'})
    kit.kills(lambda: managers.oauth1.delete_access_token(user['id'], kit.access['oauth_token']), {'oauth1'})
    kit.kills(lambda: managers.oauth1.delete_consumer(kit.oauth1.consumer['id']), {'oauth1'})
    kit.kills(lambda: cloud.ungrant(user, 'member', project), ON_PROJECT)
    kit.grant()
    made = kit.kills(lambda: managers.resource.update_project(project['id'], {'enabled': False}), ON_PROJECT)
    managers.resource.update_project(project['id'], {'enabled': True})
    assert kit.dead(kit.other, made) == ON_PROJECT
    made = kit.kills(lambda: managers.identity.update_user(user['id'], {'enabled': False}), ALL)
    managers.identity.update_user(user['id'], {'enabled': True})
    assert kit.dead(kit.other, made) == ALL
    kit.kills(lambda: managers.identity.update_user(user['id'], {'password': PASSWORD}), ALL)
    made = kit.kills(lambda: managers.domains.update_domain(domain_id, {'enabled': False}), ALL)
    managers.domains.update_domain(domain_id, {'enabled': True})
    assert kit.dead(kit.other, made) == ALL


@pytest.mark.parametrize('what, expected', [('project', ON_PROJECT), ('user', ALL), ('domain', ALL)])
def test_a_deletion_voids_for_good(kit, what, expected):
    managers, domain_id = kit.managers, kit.domain['id']

    def domain():
        managers.domains.update_domain(domain_id, {'enabled': False})
        managers.domains.delete_domain(domain_id)
    made = kit.kills({'domain': domain, 'user': lambda: managers.identity.delete_user(kit.user['id']),
                      'project': lambda: managers.resource.delete_project(kit.project['id'])}[what], expected)
    # The same ids again, as v2.0 lets an administrator choose them.
    if what == 'project':
        kit.cloud.new_project('p', id=kit.project['id'], **kit.home)
        kit.grant()
    elif what == 'user':
        kit.cloud.new_user('ann', id=kit.user['id'], **kit.home)
        kit.grant()
    assert kit.dead(kit.other, made) == expected


def test_roles_on_domain_and_system(kit):
    cloud, user = kit.cloud, kit.user
    made = kit.make()
    kit.managers.grants.remove(Grant('user', user['id'], 'domain', kit.domain['id']), cloud.roles['member'])
    assert kit.dead(kit.other, made) == {'domain'}
    kit.managers.grants.remove(Grant('user', user['id'], 'system'), cloud.roles['member'])
    assert kit.dead(kit.other, made) == {'domain', 'system'}


@pytest.mark.parametrize('buffer,window', [(50, 0), (10, 50)])
def test_events_are_kept_as_long_as_a_token_can_be_taken(kit, conf, buffer, window):
    revocation, old = kit.managers.revocation, kit.cloud.token(kit.user)
    kit.managers.tokens.revoke(kit.managers.tokens.validate(old))
    (event,) = [each for each in revocation.events() if each['audit_id']]

    def age(seconds):
        with db.writer() as session:
            moment = db.utcnow() - datetime.timedelta(seconds=seconds)
            session.query(RevocationEvent).filter_by(id=event['id']).update({'revoked_at': moment})
    conf.set('expiration', 100, 'token')
    conf.set('expiration_buffer', buffer, 'revoke')
    conf.set('allow_expired_window', window, 'token')
    age(140)
    revocation.revoke(user_id='somebody')
    assert event['id'] in [each['id'] for each in revocation.events()]
    age(160)
    revocation.revoke(user_id='somebody else')
    assert event['id'] not in [each['id'] for each in revocation.events()]


def test_a_revoked_token_is_not_taken_after_its_end_either(kit, api, monkeypatch):
    cloud, managers = kit.cloud, kit.managers
    revoked, other = cloud.token(kit.user), cloud.token(cloud.member, cloud.project)
    managers.tokens.revoke(managers.tokens.validate(revoked))
    moment, later = db.utcnow() + datetime.timedelta(hours=40), time.time() + 40 * 3600
    monkeypatch.setattr('keystone.token.manager.time.time', lambda: later)
    monkeypatch.setattr('keystone.revocation.manager.db.utcnow', lambda: moment)
    managers.revocation.revoke(user_id='somebody')
    managers.changes.check()
    for subject, status in ((revoked, 404), (other, 200)):
        answer = api('GET', '/v3/auth/tokens?allow_expired=1', token=cloud.admin_token, subject=subject)
        assert answer.status_int == status


def test_the_list_of_events_shows_each_kind(kit, api):
    managers = kit.managers
    start = db.utcnow().isoformat()
    kit.make()
    managers.trusts.delete(kit.trust['id'])
    managers.oauth1.delete_access_token(kit.user['id'], kit.access['oauth_token'])
    managers.oauth1.delete_consumer(kit.oauth1.consumer['id'])
    events = api('GET', f'/v3/OS-REVOKE/events?since={start}', token=kit.cloud.admin_token).json['events']
    assert [sorted(set(event) - {'issued_before', 'revoked_at'}) for event in events] == [
        ['OS-TRUST:trust_id'], ['OS-OAUTH1:access_token_id'], ['OS-OAUTH1:consumer_id']]
    assert events[0]['OS-TRUST:trust_id'] == kit.trust['id'] and events[0]['issued_before'].endswith('.000000Z')
