"""Tokens: issue, scope, rescope, expiry, revocation, and what changes do to those that exist."""
import time

import pytest
from sqlalchemy import update

from essex import db
from essex.exception import Unauthorized
from keystone.assignment.grants import Grant
from keystone.db.models import Revision, User
from keystone.exception import AuthFailed, ScopeDenied, TokenNotFound
from keystone.managers import Managers


def test_issue_makes_at_most_six_statements_cold_and_four_warm(cloud):
    fresh = Managers()
    identity = {'methods': ['password'], 'password': {'user': {'name': 'owner', 'password': 'the-password'}}}
    scope = {'project': {'name': 'demo', 'domain': {'name': 'Default'}}}
    with db.count_statements() as cold:
        token = fresh.auth.authenticate(identity, scope)
        fresh.catalog.catalog(token.user['id'], token.claims.project_id)
    assert cold.total <= 6, cold.statements
    with db.count_statements() as warm:
        token = fresh.auth.authenticate(identity, scope)
        fresh.catalog.catalog(token.user['id'], token.claims.project_id)
    assert warm.total == 3, warm.statements


def test_a_cached_validation_makes_no_statement(cloud):
    token = cloud.token(cloud.owner, cloud.project)
    cloud.managers.tokens.validate(token)
    with db.count_statements() as counter:
        for _ in range(10):
            cloud.managers.tokens.validate(token)
    assert counter.total == 0


def test_a_first_validation_makes_few_statements(cloud):
    token, fresh = cloud.token(cloud.owner, cloud.project), Managers()
    with db.count_statements() as counter:
        fresh.tokens.validate(token)
    # revision, events, user, project chain, grants, roles
    assert counter.total <= 6, counter.statements


def test_the_counters_are_read_at_most_once_an_interval(cloud, monkeypatch):
    token = cloud.token(cloud.owner, cloud.project)
    now = time.monotonic()
    monkeypatch.setattr('keystone.changes.time.monotonic', lambda: now + 1.5)
    with db.count_statements() as counter:
        for _ in range(10):
            cloud.managers.tokens.validate(token)
    assert counter.total == 1, counter.statements


def test_roles_come_with_what_they_imply(cloud):
    token = cloud.issue(cloud.admin, {'project': {'id': cloud.admin_project['id']}})
    assert [role['name'] for role in token.roles] == ['admin', 'manager', 'member', 'reader']


def test_roles_come_through_groups_and_inheritance(cloud):
    managers, user = cloud.managers, cloud.new_user('grouped')
    group = managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    managers.groups.add_member(user['id'], group['id'])
    child = managers.resource.create_project({'name': 'child', 'parent_id': cloud.project['id']})
    managers.grants.add(Grant('group', group['id'], 'project', cloud.project['id'], True), cloud.roles['reader'])
    assert [role['name'] for role in cloud.issue(user, {'project': {'id': child['id']}}).roles] == ['reader']
    with pytest.raises(ScopeDenied):
        cloud.issue(user, {'project': {'id': cloud.project['id']}})
    managers.grants.add(Grant('user', user['id'], 'domain', 'default', True), cloud.roles['member'])
    roles = cloud.issue(user, {'project': {'id': cloud.project['id']}}).roles
    assert [role['name'] for role in roles] == ['member', 'reader']
    with pytest.raises(ScopeDenied):
        cloud.issue(user, {'domain': {'id': 'default'}})


def test_a_domain_role_counts_by_what_it_implies(cloud):
    role = cloud.managers.roles.create_role({'name': 'local', 'domain_id': 'default'})
    cloud.managers.roles.add_implied(role['id'], cloud.roles['reader'])
    user = cloud.new_user('local-user')
    cloud.managers.grants.add(Grant('user', user['id'], 'project', cloud.project['id']), role['id'])
    assert [each['name'] for each in cloud.issue(user, {'project': {'id': cloud.project['id']}}).roles] == ['reader']


def test_a_loop_of_implied_roles_ends(cloud):
    cloud.managers.roles.add_implied(cloud.roles['reader'], cloud.roles['manager'])
    token = cloud.issue(cloud.owner, {'project': {'id': cloud.project['id']}})
    assert [role['name'] for role in token.roles] == ['manager', 'member', 'reader']


def test_without_scope_the_default_project_is_used_if_possible(cloud):
    cloud.managers.identity.update_user(cloud.owner['id'], {'default_project_id': cloud.project['id']})
    assert cloud.issue(cloud.owner).project['id'] == cloud.project['id']
    assert cloud.issue(cloud.owner, {'unscoped': {}}).project is None
    cloud.managers.identity.update_user(cloud.owner['id'], {'default_project_id': cloud.elsewhere['id']})
    assert cloud.issue(cloud.owner).scoped is False


def by_token(cloud, token_id, scope):
    return cloud.managers.auth.authenticate({'methods': ['token'], 'token': {'id': token_id}}, scope)


def test_rescoping_keeps_the_end_and_the_chain(cloud):
    first = cloud.issue(cloud.owner, {'unscoped': {}})
    second = by_token(cloud, first.id, {'project': {'id': cloud.project['id']}})
    third = by_token(cloud, second.id, {'unscoped': {}})
    assert second.claims.expires_at == third.claims.expires_at == first.claims.expires_at
    assert second.claims.methods == ['password', 'token'] == third.claims.methods
    assert second.claims.audit_ids[1] == third.claims.audit_ids[1] == first.claims.audit_ids[0]


def test_rescoping_can_be_forbidden(cloud, conf):
    conf.set('allow_rescope_scoped_token', False, 'token')
    scoped = cloud.issue(cloud.owner, {'project': {'id': cloud.project['id']}})
    with pytest.raises(Exception, match='cannot be exchanged'):
        by_token(cloud, scoped.id, {'project': {'id': cloud.project['id']}})
    assert by_token(cloud, scoped.id, {'unscoped': {}}).project is None
    # Nor by way of a default project.
    cloud.managers.identity.update_user(cloud.owner['id'], {'default_project_id': cloud.project['id']})
    with pytest.raises(Exception, match='cannot be exchanged'):
        by_token(cloud, scoped.id, None)


def test_a_revoked_token_buys_nothing(cloud):
    token = cloud.issue(cloud.owner, {'unscoped': {}})
    second = by_token(cloud, token.id, None)
    cloud.managers.tokens.revoke(second)
    cloud.managers.tokens.validate(token.id)
    cloud.managers.tokens.revoke(token)
    with pytest.raises(TokenNotFound):
        by_token(cloud, token.id, None)


def test_with_a_token_go_those_got_with_it(cloud):
    token = cloud.issue(cloud.owner, {'unscoped': {}})
    second = by_token(cloud, token.id, None)
    third = by_token(cloud, second.id, None)
    cloud.managers.tokens.revoke(token)
    for each in (token, second, third):
        with pytest.raises(TokenNotFound):
            cloud.managers.tokens.validate(each.id)
    cloud.managers.tokens.validate(cloud.issue(cloud.owner, {'unscoped': {}}).id)


def test_an_expired_token_is_gone(cloud, monkeypatch):
    token = cloud.token(cloud.owner, cloud.project)
    later = time.time() + 3601
    monkeypatch.setattr('keystone.token.manager.time.time', lambda: later)
    with pytest.raises(TokenNotFound):
        cloud.managers.tokens.validate(token)
    assert cloud.managers.tokens.validate(token, window=100).id == token


class TestChanges:
    """Each takes effect at once, on a token that was validated (and so remembered) before."""

    @pytest.fixture
    def token(self, cloud):
        token = cloud.token(cloud.owner, cloud.project)
        cloud.managers.tokens.validate(token)
        return token

    def gone(self, cloud, token):
        with pytest.raises(TokenNotFound):
            cloud.managers.tokens.validate(token)
        return True

    def test_revocation(self, cloud, token):
        other = cloud.token(cloud.owner, cloud.project)
        cloud.managers.tokens.revoke(cloud.managers.tokens.validate(token))
        assert self.gone(cloud, token)
        assert cloud.managers.tokens.validate(other)

    def test_password_change(self, cloud, token):
        cloud.managers.identity.update_user(cloud.owner['id'], {'password': 'new'})
        assert self.gone(cloud, token)
        with pytest.raises(AuthFailed):
            cloud.issue(cloud.owner)

    def test_a_log_in_in_the_second_of_a_password_change_holds(self, cloud, token):
        for password in ('one', 'two', 'three'):
            cloud.managers.identity.update_user(cloud.owner['id'], {'password': password})
            assert self.gone(cloud, token)
            token = cloud.issue(cloud.owner, {'project': {'id': cloud.project['id']}}, password).id
            assert cloud.managers.tokens.validate(token)
            assert Managers().tokens.validate(token)

    def test_disabled_user_stays_out_when_enabled_again(self, cloud, token):
        cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': False})
        assert self.gone(cloud, token)
        with pytest.raises(AuthFailed):
            cloud.issue(cloud.owner)
        cloud.managers.identity.update_user(cloud.owner['id'], {'enabled': True})
        assert self.gone(cloud, token)

    def test_deleted_user(self, cloud, token):
        cloud.managers.identity.delete_user(cloud.owner['id'])
        assert self.gone(cloud, token)

    def test_disabled_project(self, cloud, token):
        cloud.managers.resource.update_project(cloud.project['id'], {'enabled': False})
        assert self.gone(cloud, token)
        cloud.managers.resource.update_project(cloud.project['id'], {'enabled': True})
        assert self.gone(cloud, token)

    def test_deleted_project(self, cloud, token):
        cloud.managers.resource.delete_project(cloud.project['id'])
        assert self.gone(cloud, token)

    def test_disabled_domain(self, cloud):
        domain = cloud.managers.domains.create_domain({'name': 'd'})
        project = cloud.new_project('p', domain_id=domain['id'])
        user = cloud.new_user('u', project, domain_id=domain['id'])
        token = cloud.token(user, project)
        cloud.managers.domains.update_domain(domain['id'], {'enabled': False})
        assert self.gone(cloud, token)
        with pytest.raises(AuthFailed):
            cloud.issue(user)

    def test_taken_role(self, cloud, token):
        cloud.grant(cloud.owner, 'manager', cloud.project)
        assert 'manager' in [role['name'] for role in cloud.managers.tokens.validate(token).roles]
        cloud.ungrant(cloud.owner, 'manager', cloud.project)
        assert [role['name'] for role in cloud.managers.tokens.validate(token).roles] == ['member', 'reader']
        cloud.ungrant(cloud.owner, 'member', cloud.project)
        assert self.gone(cloud, token)
        cloud.grant(cloud.owner, 'member', cloud.project)
        assert self.gone(cloud, token)

    def test_left_group(self, cloud):
        managers, user = cloud.managers, cloud.new_user('grouped')
        group = managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
        managers.groups.add_member(user['id'], group['id'])
        managers.grants.add(Grant('group', group['id'], 'project', cloud.project['id']), cloud.roles['reader'])
        token = cloud.token(user, cloud.project)
        managers.groups.remove_member(user['id'], group['id'])
        assert self.gone(cloud, token)

    def test_another_process_sees_it_within_the_interval(self, cloud, token, monkeypatch):
        other = Managers()
        other.tokens.validate(token)
        cloud.managers.tokens.revoke(cloud.managers.tokens.validate(token))
        now = time.monotonic()
        monkeypatch.setattr('keystone.changes.time.monotonic', lambda: now + 1.01)
        with pytest.raises(TokenNotFound):
            other.tokens.validate(token)

    def test_another_process_sees_a_changed_user_within_the_interval(self, cloud, token, monkeypatch):
        other = Managers()
        other.tokens.validate(token)
        with db.writer() as session:
            session.execute(update(User).where(User.id == cloud.owner['id']).values(enabled=False))
            session.execute(update(Revision).where(Revision.name == 'facts').values(value=Revision.value + 1))
        now = time.monotonic()
        monkeypatch.setattr('keystone.changes.time.monotonic', lambda: now + 1.01)
        with pytest.raises(TokenNotFound):
            other.tokens.validate(token)


def test_what_was_read_during_a_change_is_not_remembered(cloud):
    tokens = cloud.managers.tokens
    token = cloud.token(cloud.owner, cloud.project)
    tokens.cache.clear()
    look_up = tokens.grants.roles_on_project

    def changed_meanwhile(*args):
        roles = look_up(*args)
        cloud.managers.changes.expire('facts')
        return roles
    tokens.grants.roles_on_project = changed_meanwhile
    try:
        tokens.validate(token)
    finally:
        del tokens.grants.roles_on_project
    assert tokens.cache.get(token) is None


def test_unknown_user_and_wrong_password_fail_alike(cloud, monkeypatch):
    from keystone.identity import passwords
    spent = []
    for name in ('hashpw', 'checkpw'):
        real = getattr(passwords.bcrypt, name)
        monkeypatch.setattr(passwords.bcrypt, name, lambda *args, real=real: spent.append(1) or real(*args))
    texts = set()
    for user in ({'name': 'nobody'}, {'name': 'owner'}, {'id': 'none'}):
        before = len(spent)
        with pytest.raises(Unauthorized) as caught:
            cloud.managers.auth.authenticate({'methods': ['password'], 'password': {'user': {**user, 'password': 'x'}}})
        texts.add(str(caught.value))
        # One run of bcrypt, whoever it is; checkpw is its own and may call hashpw inside.
        assert len(spent) - before == 1
    assert len(texts) == 1
