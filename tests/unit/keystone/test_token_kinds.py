"""Special kinds of tokens: what completes them, what voids them, what they cannot be exchanged for."""
import pytest

from essex.exception import Forbidden
from keystone.assignment.grants import Grant
from keystone.auth.scope import Scope
from keystone.exception import AuthFailed, TokenNotFound
from keystone.token.manager import public_user

THING = 'c' * 32


@pytest.fixture
def issue(cloud):
    """issue(trust_id=...) -> a token for the project, of that kind."""
    def call(scoped=True, **kind):
        user = cloud.managers.identity.full_user(cloud.owner['id'])
        managers = cloud.managers
        scope = managers.auth.scopes.resolve(user, {'project': {'id': cloud.project['id']}}) if scoped else Scope()
        return managers.tokens.issue(user, ['password'], scope, **kind)
    return call


def look_up(cloud, token):
    cloud.managers.tokens.cache.clear()
    return cloud.managers.tokens.validate(token.id)


@pytest.mark.parametrize('field', ['trust_id', 'app_cred_id', 'access_token_id'])
def test_a_kind_is_completed_at_issue_and_at_each_look_up(cloud, issue, field):
    tokens, seen = cloud.managers.tokens, []
    # Of another module's own, or none yet: a kind that nobody knows is not accepted.
    tokens._kinds[field] = None
    with pytest.raises(AuthFailed):
        issue(**{field: THING})
    fellow = cloud.managers.identity.full_user(cloud.member['id'])

    def complete(session, token):
        seen.append(getattr(token.claims, field))
        token.user, token.roles = public_user(fellow), token.roles[:1]
        token.shown['OS-THING'] = {'id': THING}
        token.more_facts.update(trust_id=(THING,), user_id=(fellow['id'], cloud.owner['id']))
    tokens.extend(field, complete)
    token = look_up(cloud, issue(**{field: THING}))
    assert seen == [THING, THING]
    assert (token.user['name'], len(token.roles)) == ('fellow', 1)
    with pytest.raises(Forbidden, match='cannot be exchanged'):
        cloud.managers.auth.authenticate({'methods': ['token'], 'token': {'id': token.id}})
    # Its own events void it, and either user's.
    other = issue(**{field: THING})
    tokens.extend(field, lambda session, token: token.more_facts.update(user_id=(fellow['id'], cloud.owner['id'])))
    third = issue(**{field: THING})
    cloud.managers.revocation.revoke(trust_id=THING)
    cloud.managers.revocation.revoke(user_id=cloud.owner['id'])
    for each in (token, other, third):
        with pytest.raises(TokenNotFound):
            tokens.validate(each.id)


def test_what_a_kind_shows_is_in_the_document(cloud, issue, api):
    tokens = cloud.managers.tokens
    tokens.extend('trust_id', lambda session, token: token.shown.update({'OS-TRUST:trust': {'id': THING}}))
    token = look_up(cloud, issue(trust_id=THING))
    shown = api('GET', '/v3/auth/tokens', token=token.id, subject=token.id).json['token']
    assert shown['OS-TRUST:trust'] == {'id': THING} and shown['user']['name'] == 'owner'


def test_groups_of_a_federated_token_give_their_roles_and_go_with_it(cloud, issue, api):
    managers = cloud.managers
    managers.tokens.extend('idp_id', lambda session, token: None)
    group = managers.groups.create_group({'name': 'staff', 'domain_id': 'default'})
    managers.grants.add(Grant('group', group['id'], 'project', cloud.elsewhere['id']), cloud.roles['reader'])
    first = issue(False, idp_id='acme', protocol_id='saml2', group_ids=[group['id']])
    second = managers.auth.authenticate({'methods': ['token'], 'token': {'id': first.id}},
                                        {'project': {'id': cloud.elsewhere['id']}})
    token = look_up(cloud, second)
    assert [role['name'] for role in token.roles] == ['reader']
    shown = api('GET', '/v3/auth/tokens', token=token.id, subject=token.id).json['token']
    assert shown['user']['OS-FEDERATION'] == {'groups': [{'id': group['id']}], 'identity_provider': {'id': 'acme'},
                                              'protocol': {'id': 'saml2'}}
    # Without the groups the user has nothing there.
    with pytest.raises(Exception, match='no role'):
        managers.auth.authenticate({'methods': ['token'], 'token': {'id': cloud.token(cloud.owner)}},
                                   {'project': {'id': cloud.elsewhere['id']}})


def test_a_bound_certificate_is_shown(cloud, issue, api):
    token = look_up(cloud, issue(thumbprint='abc'))
    shown = api('GET', '/v3/auth/tokens', token=token.id, subject=token.id).json['token']
    assert shown['oauth2_credential'] == {'x5t#S256': 'abc'}
