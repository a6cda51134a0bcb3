"""Trusts: making, reading and ending them, tokens by them, and handing them on."""
import datetime

import pytest

from essex import db
from keystone.db.models import Trust
from keystone.managers import Managers
from tests.unit.keystone.conftest import PASSWORD
from tests.unit.keystone.token_watch import TokenWatch

BASE = '/v3/OS-TRUST/trusts'


class Kit(TokenWatch):
    """Owner is the trustor of his project's role member, stranger the trustee."""

    def __init__(self, cloud, api):
        self.cloud, self.api = cloud, api
        self.trustor, self.trustee = cloud.owner, cloud.stranger
        self.owner = cloud.token(cloud.owner, cloud.project)
        self.stranger = cloud.token(cloud.stranger, cloud.elsewhere)

    def body(self, **values):
        made = {'trustor_user_id': self.trustor['id'], 'trustee_user_id': self.trustee['id'], 'impersonation': False,
                'project_id': self.cloud.project['id'], 'roles': [{'name': 'member'}], **values}
        return {'trust': {name: value for name, value in made.items() if value is not ...}}

    def create(self, token=None, status=201, **values):
        answer = self.api('POST', BASE, self.body(**values), token=token or self.owner)
        assert answer.status_int == status, answer.body
        return answer.json['trust'] if status == 201 else answer.json['error']['message']

    def token(self, trust, status=201, user=None, identity=None):
        user = user or self.trustee
        password = {'methods': ['password'], 'password': {'user': {'id': user['id'], 'password': PASSWORD}}}
        answer = self.api('POST', '/v3/auth/tokens', {'auth': {
            'identity': identity or password, 'scope': {'OS-TRUST:trust': {'id': trust['id']}}}})
        assert answer.status_int == status, answer.body
        return answer.headers['X-Subject-Token'] if status == 201 else answer.json['error']['message']

    def document(self, token_id):
        answer = self.validate(token_id)
        return answer.json['token'] if answer.status_int == 200 else answer.status_int



@pytest.fixture
def kit(cloud, api):
    return Kit(cloud, api)


def test_a_trust_as_the_api_shows_it(kit, cloud):
    trust = kit.create(expires_at='2099-12-31T23:59:59.123456Z', remaining_uses=2, extra='dropped')
    links = trust['links']['self']
    assert links == f'http://keystone.test:5000{BASE}/{trust["id"]}'
    (role,) = trust['roles']
    assert role['id'] == cloud.roles['member'] and role['name'] == 'member'
    assert role['links']['self'].endswith(f'/v3/roles/{role["id"]}')
    assert trust['roles_links'] == {'self': f'{links}/roles', 'next': None, 'previous': None}
    assert {name: trust[name] for name in trust if name not in ('id', 'links', 'roles', 'roles_links')} == {
        'trustor_user_id': kit.trustor['id'], 'trustee_user_id': kit.trustee['id'], 'impersonation': False,
        'project_id': cloud.project['id'], 'expires_at': '2099-12-31T23:59:59.123456Z', 'remaining_uses': 2,
        'redelegation_count': 0, 'redelegated_trust_id': None, 'deleted_at': None}
    path = f'{BASE}/{trust["id"]}'
    assert kit.api('GET', path, token=kit.stranger).json['trust'] == trust
    roles = kit.api('GET', f'{path}/roles', token=kit.owner).json
    assert roles['roles'] == trust['roles'] and roles['links']['self'] == f'{links}/roles'
    assert kit.api('GET', f'{path}/roles/{role["id"]}', token=kit.owner).json == {'role': role}
    assert kit.api('HEAD', f'{path}/roles/{role["id"]}', token=kit.owner).status_int == 200
    assert kit.api('HEAD', f'{path}/roles/{cloud.roles["reader"]}', token=kit.owner).status_int == 404


def test_who_may_what(kit, cloud):
    trust, cast = kit.create(), cloud.cast()
    path = f'{BASE}/{trust["id"]}'
    member = cloud.roles['member']
    for suffix in ('', '/roles', f'/roles/{member}'):
        codes = {who: kit.api('GET', path + suffix, token=token).status_int for who, token in cast.items()}
        assert codes == {'admin': 200, 'owner': 200, 'stranger': 200, 'member': 403, 'nobody': 401}
    lists = {'': {'admin'}, f'?trustor_user_id={kit.trustor["id"]}': {'admin', 'owner'},
             f'?trustee_user_id={kit.trustee["id"]}': {'admin', 'stranger'},
             f'?trustor_user_id={kit.trustor["id"]}&trustee_user_id={kit.trustee["id"]}':
                 {'admin', 'owner', 'stranger'}}
    for query, allowed in lists.items():
        answers = {who: kit.api('GET', BASE + query, token=token) for who, token in cast.items()}
        assert {who for who, answer in answers.items() if answer.status_int == 200} == allowed, query
        (seen,) = answers['admin'].json['trusts']
        assert seen['id'] == trust['id'] and 'roles' not in seen and seen['links'] == trust['links']
    assert kit.api('GET', f'{BASE}?trustor_user_id={kit.trustee["id"]}', token=kit.stranger).json['trusts'] == []
    assert {who: kit.api('DELETE', path, token=token).status_int for who, token in cast.items() if who != 'owner'
            and who != 'admin'} == {'member': 403, 'stranger': 403, 'nobody': 401}
    assert kit.api('DELETE', path, token=cast['owner']).status_int == 204
    assert kit.api('GET', path, token=cast['admin']).status_int == 404
    assert kit.api('DELETE', path, token=cast['admin']).status_int == 404
    assert kit.api('GET', BASE, token=cast['admin']).json['trusts'] == []


def test_what_cannot_be_trusted(kit, cloud):
    past = (db.utcnow() - datetime.timedelta(seconds=5)).isoformat()
    for status, values in (
            (400, {'trustor_user_id': ...}), (400, {'trustee_user_id': ...}), (400, {'impersonation': ...}),
            (400, {'impersonation': 'yes'}), (400, {'remaining_uses': 0}), (400, {'remaining_uses': -1}),
            (400, {'remaining_uses': 'x'}), (400, {'expires_at': 'bad.123Z'}), (400, {'expires_at': past}),
            (400, {'expires_at': ''}), (400, {'roles': [{}]}), (400, {'roles': 'member'}), (403, {'roles': []}),
            (403, {'roles': ...}), (404, {'roles': [{'name': 'admin'}]}), (404, {'roles': [{'id': 'unknown'}]}),
            (404, {'roles': [{'name': 'unknown'}]}), (404, {'project_id': 'unknown'}),
            (404, {'trustee_user_id': 'unknown'}), (400, {'project_id': None}),
            (404, {'project_id': cloud.elsewhere['id']}), (403, {'trustor_user_id': kit.trustee['id']}),
            (400, {'allow_redelegation': True, 'remaining_uses': 5}), (400, {'redelegation_count': -1}),
            (403, {'allow_redelegation': True, 'redelegation_count': 4})):
        kit.create(status=status, **values)
    assert kit.api('GET', BASE, token=cloud.admin_token).json['trusts'] == []
    # A role that a held one implies can be handed on.
    assert kit.create(roles=[{'name': 'reader'}])['roles'][0]['name'] == 'reader'


@pytest.mark.parametrize('impersonation', [True, False])
def test_a_token_by_a_trust(kit, cloud, impersonation):
    end = (db.utcnow() + datetime.timedelta(seconds=600)).replace(microsecond=0).isoformat() + '.000000Z'
    trust = kit.create(impersonation=impersonation, roles=[{'name': 'reader'}], expires_at=end)
    token_id = kit.token(trust)
    document = kit.document(token_id)
    user = kit.trustor if impersonation else kit.trustee
    assert document['user']['id'] == user['id'] and document['user']['name'] == user['name']
    assert document['OS-TRUST:trust'] == {
        'id': trust['id'], 'impersonation': impersonation, 'trustor_user': {'id': kit.trustor['id']},
        'trustee_user': {'id': kit.trustee['id']}}
    assert [role['name'] for role in document['roles']] == ['reader']
    assert document['project']['id'] == cloud.project['id'] and document['catalog']
    assert document['expires_at'] == end and document['methods'] == ['password']
    fresh = Managers().tokens.validate(token_id)
    assert fresh.user['id'] == user['id'] and fresh.claims.trust_id == trust['id']
    # No way on from here.
    for scope in ({'project': {'id': cloud.project['id']}}, 'unscoped', {'OS-TRUST:trust': {'id': trust['id']}}):
        answer = kit.api('POST', '/v3/auth/tokens', {'auth': {
            'identity': {'methods': ['token'], 'token': {'id': token_id}}, 'scope': scope}})
        assert answer.status_int == 403, answer.body
    message = kit.create(token=token_id, status=403, trustor_user_id=user['id'], roles=[{'name': 'reader'}])
    assert 'handed on' in message


def test_who_can_use_a_trust(kit, cloud):
    trust = kit.create()
    kit.token(trust, 403, user=cloud.member)
    kit.token(trust, 403, user=cloud.owner)
    kit.token({'id': 'unknown'}, 401)
    unscoped = cloud.token(cloud.stranger)
    token_id = kit.token(trust, identity={'methods': ['token'], 'token': {'id': unscoped}})
    assert kit.document(token_id)['methods'] == ['password', 'token']


def test_a_trust_without_project_is_for_nothing_in_particular(kit):
    trust = kit.create(impersonation=True, project_id=..., roles=...)
    document = kit.document(kit.token(trust))
    assert document['user']['id'] == kit.trustor['id'] and document['OS-TRUST:trust']['id'] == trust['id']
    assert 'project' not in document and 'roles' not in document


def test_uses_are_counted_and_only_when_they_succeed(kit, cloud):
    trust = kit.create(remaining_uses=2)
    path = f'{BASE}/{trust["id"]}'
    kit.token(trust, 403, user=cloud.member)
    first = kit.token(trust)
    assert kit.api('GET', path, token=kit.owner).json['trust']['remaining_uses'] == 1
    second = kit.token(trust)
    assert kit.api('GET', path, token=kit.owner).status_int == 404
    kit.token(trust, 401)
    assert kit.alive(first) and kit.alive(second) and kit.document(first)['OS-TRUST:trust']
    # The one who read that there is a use left and came second.
    with pytest.raises(Exception, match='last use'):
        cloud.managers.trusts._use(trust['id'])


def test_tokens_die_with_what_they_rest_on(kit, cloud):
    managers, users = cloud.managers, cloud.managers.identity

    def dies(change, undo=None, auth=403, **values):
        trust = kit.create(**values)
        token_id = kit.token(trust)
        assert kit.alive(token_id) and isinstance(kit.document(token_id), dict)
        change(trust)
        assert kit.document(token_id) == 404 and not kit.alive(token_id)
        kit.token(trust, auth)
        if undo:
            undo(trust)
            assert kit.token(trust)

    dies(lambda trust: managers.trusts.delete(trust['id']), auth=401)
    dies(lambda trust: cloud.ungrant(cloud.owner, 'member', cloud.project),
         lambda trust: cloud.grant(cloud.owner, 'member', cloud.project))
    kit.owner = cloud.token(cloud.owner, cloud.project)
    dies(lambda trust: users.update_user(kit.trustor['id'], {'enabled': False}),
         lambda trust: users.update_user(kit.trustor['id'], {'enabled': True}), impersonation=True)
    kit.owner = cloud.token(cloud.owner, cloud.project)
    dies(lambda trust: users.update_user(kit.trustee['id'], {'enabled': False}),
         lambda trust: users.update_user(kit.trustee['id'], {'enabled': True}), auth=401, impersonation=True)
    dies(lambda trust: managers.resource.update_project(cloud.project['id'], {'enabled': False}),
         lambda trust: managers.resource.update_project(cloud.project['id'], {'enabled': True}))
    kit.owner = cloud.token(cloud.owner, cloud.project)
    dies(lambda trust: users.update_user(kit.trustor['id'], {'password': PASSWORD}),
         lambda trust: None, auth=201)


def test_a_password_change_of_either_side_voids_the_tokens(kit, cloud):
    for who in ('trustor', 'trustee'):
        token_id = kit.token(kit.create())
        cloud.managers.identity.update_user(getattr(kit, who)['id'], {'password': PASSWORD})
        assert kit.document(token_id) == 404
        kit.owner = cloud.token(cloud.owner, cloud.project)


def test_trusts_go_with_users_and_projects(kit, cloud):
    managers = cloud.managers
    project, helper = cloud.new_project('short'), cloud.new_user('helper')
    cloud.grant(cloud.owner, 'member', project=project)
    gone = [kit.create(project_id=project['id']), kit.create(trustee_user_id=helper['id'])]
    tokens = [kit.token(gone[0]), kit.token(gone[1], user=helper)]
    stays = kit.create()
    managers.resource.delete_project(project['id'])
    managers.identity.delete_user(helper['id'])
    for trust, token_id in zip(gone, tokens, strict=True):
        assert kit.api('GET', f'{BASE}/{trust["id"]}', token=cloud.admin_token).status_int == 404
        assert kit.document(token_id) == 404 and not kit.alive(token_id)
    managers.identity.delete_user(kit.trustor['id'])
    assert kit.api('GET', f'{BASE}/{stays["id"]}', token=cloud.admin_token).status_int == 404


def test_handing_on(kit, cloud, conf):
    conf.set('allow_redelegation', True, 'trust')
    first = kit.create(allow_redelegation=True, impersonation=True, expires_at='2099-01-01T00:00:00Z',
                       roles=[{'name': 'member'}, {'name': 'reader'}])
    assert first['redelegation_count'] == 3
    token_id = kit.token(first)
    common = {'token': token_id, 'trustee_user_id': cloud.member['id'], 'roles': [{'name': 'reader'}]}
    for values in ({'roles': [{'name': 'member'}], 'project_id': cloud.elsewhere['id']},
                   {'expires_at': '2099-01-01T00:00:01Z'}, {'allow_redelegation': True, 'redelegation_count': 3}):
        assert kit.create(**{**common, **values}, status=404 if 'project_id' in values else 403)
    second = kit.create(**common, allow_redelegation=True, redelegation_count=1, impersonation=True)
    assert second['redelegated_trust_id'] == first['id'] and second['redelegation_count'] == 1
    assert second['expires_at'] == first['expires_at']
    second_token = kit.token(second, user=cloud.member)
    assert kit.document(second_token)['user']['id'] == kit.trustor['id']
    last = kit.create(token=second_token, roles=[{'name': 'reader'}], allow_redelegation=True)
    assert last['redelegation_count'] == 0 and last['redelegated_trust_id'] == second['id']
    kit.create(token=second_token, roles=[{'name': 'member'}], status=403)
    last_token = kit.token(last)
    kit.create(token=last_token, trustor_user_id=kit.trustee['id'], status=403)
    # Without impersonation what is handed on is, too; ending the first ends all.
    kit.create(token=last_token, roles=[{'name': 'reader'}], status=403)
    assert kit.alive(second_token) and kit.alive(last_token)
    assert kit.api('DELETE', f'{BASE}/{first["id"]}', token=kit.owner).status_int == 204
    for trust, gone in ((first, token_id), (second, second_token), (last, last_token)):
        assert kit.api('GET', f'{BASE}/{trust["id"]}', token=cloud.admin_token).status_int == 404
        assert kit.document(gone) == 404 and not kit.alive(gone)


def test_handing_on_without_impersonation(kit, cloud, conf):
    conf.set('allow_redelegation', True, 'trust')
    token_id = kit.token(kit.create(allow_redelegation=True))
    common = {'token': token_id, 'trustor_user_id': kit.trustee['id'], 'trustee_user_id': cloud.member['id']}
    kit.create(**common, impersonation=True, status=403)
    second = kit.create(**common)
    document = kit.document(kit.token(second, user=cloud.member))
    assert document['user']['id'] == cloud.member['id'] and document['roles'][0]['name'] == 'member'
    # The roles are those of the first trustor, and go with his.
    token_id = kit.token(second, user=cloud.member)
    cloud.ungrant(cloud.owner, 'member', cloud.project)
    assert kit.document(token_id) == 404


def test_flush_forgets_what_is_over(kit, cloud):
    managers, kept, ended, old = cloud.managers, kit.create(), kit.create(), kit.create()
    managers.trusts.delete(ended['id'])
    with db.writer() as session:
        session.query(Trust).filter_by(id=old['id']).update({'expires_at': db.utcnow() - datetime.timedelta(days=3)})
    kit.token(old, 401)
    day = datetime.timedelta(days=1)
    assert managers.trusts.flush(db.utcnow(), project_id='other') == 0
    assert managers.trusts.flush(db.utcnow() - day * 2, trustor_id=kit.trustor['id']) == 1
    assert managers.trusts.flush(db.utcnow(), trustee_id=kit.trustee['id'], project_id=cloud.project['id']) == 1
    with db.reader() as session:
        assert [row.id for row in session.query(Trust)] == [kept['id']]


def test_few_statements(kit, cloud):
    token_id = kit.token(kit.create())
    fresh = Managers()
    fresh.warm()
    with db.count_statements() as counter:
        fresh.tokens.validate(token_id)
    assert counter.total <= 9, counter.statements
    with db.count_statements() as counter:
        fresh.tokens.validate(token_id)
    assert counter.total == 0


def test_a_token_by_a_trust_at_the_v2_face(kit, cloud):
    trust = kit.create(impersonation=True)
    body = {'auth': {'token': {'id': cloud.token(cloud.stranger)}, 'trust_id': trust['id'],
                     'tenantId': cloud.project['id']}}
    access = kit.api('POST', '/v2.0/tokens', body).json['access']
    assert access['user']['id'] == kit.trustor['id'] and access['token']['tenant']['id'] == cloud.project['id']
    assert access['trust'] == {'id': trust['id'], 'impersonation': True, 'trustor_user_id': kit.trustor['id'],
                               'trustee_user_id': kit.trustee['id']}
    assert kit.document(access['token']['id'])['OS-TRUST:trust']['id'] == trust['id']


def test_bodies_that_say_two_things(kit, cloud):
    both = {'id': cloud.roles['member'], 'name': 'member'}
    kit.create(status=400, roles=[both])
    kit.create(status=400, expires_at='2099-12-31')
    trust = kit.create()
    assert 'Could not find trust' in kit.create(status=404, redelegated_trust_id='none')
    assert 'with a token by it' in kit.create(status=403, redelegated_trust_id=trust['id'])
    kit.create(redelegated_trust_id=None)
