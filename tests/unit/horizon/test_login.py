"""Logging in and out, in either version, and what a log-in must not do."""
import pytest


@pytest.fixture
def form(cloud):
    """What the log-in form sends for a member."""
    one = cloud.cast['member']
    return {'region': cloud.auth_url, 'domain': 'Default', 'username': one.name, 'password': one.password}


def text(answer):
    return answer.content.decode()


class TestIn:
    def test_the_first_page_of_a_stranger_is_the_form(self, stranger_to_all):
        assert stranger_to_all.get('/').url == '/auth/login/'
        assert 'id="id_password"' in text(stranger_to_all.get('/auth/login/'))

    def test_a_member_gets_to_the_project(self, stranger_to_all, form):
        answer = stranger_to_all.post('/auth/login/', form)
        assert answer.status_code == 302
        assert answer.url.startswith('/project/')

    def test_a_wrong_password_is_said_and_not_shown_again(self, stranger_to_all, form):
        answer = stranger_to_all.post('/auth/login/', form | {'password': 'no<b>such'})
        assert answer.status_code == 401
        assert 'The user name or the password is wrong.' in text(answer)
        assert 'such' not in text(answer)

    def test_empty_fields_are_marked(self, stranger_to_all, form):
        answer = stranger_to_all.post('/auth/login/', form | {'username': ''})
        assert answer.status_code == 422
        assert 'id="id_username_error"' in text(answer)

    def test_keystone_that_does_not_answer(self, stranger_to_all, form, cloud):
        cloud.refuse('identity')
        assert 'Keystone does not answer' in text(stranger_to_all.post('/auth/login/', form))

    def test_it_takes_three_calls(self, stranger_to_all, form, cloud):
        stranger_to_all.post('/auth/login/', form)
        assert [(method, path) for method, _, path, _ in cloud.calls] == [
            ('POST', '/v3/auth/tokens'), ('GET', '/v3/auth/projects'), ('POST', '/v3/auth/tokens')]

    def test_whoever_has_no_project_is_told(self, browse):
        assert 'You have no project yet' in text(browse('nobody').get('/', follow=True))

    def test_only_clouds_of_the_configuration(self, stranger_to_all, form):
        answer = stranger_to_all.post('/auth/login/', form | {'region': 'http://169.254.169.254/v3'})
        assert answer.status_code in (401, 422)
        assert 'horizon' not in stranger_to_all.cookies or not stranger_to_all.cookies['horizon'].value

    def test_the_v2_api(self, stranger_to_all, form, conf):
        conf.set('auth_url', 'http://identity.test/v2.0', 'horizon')
        conf.set('identity_api_version', '2.0', 'horizon')
        answer = stranger_to_all.post('/auth/login/', form | {'region': 'http://identity.test/v2.0'})
        assert answer.status_code == 302
        assert stranger_to_all.get(answer.url).status_code == 200


class TestWhereItLeads:
    @pytest.mark.parametrize('address', ['https://evil.example/', '//evil.example', '/\\evil.example',
                                         'javascript:alert(1)', 'http:///evil.example'])
    def test_never_elsewhere(self, stranger_to_all, form, address):
        answer = stranger_to_all.post('/auth/login/', form | {'next': address})
        assert answer.url.startswith('/project/')

    def test_to_the_page_one_wanted(self, stranger_to_all, form):
        asked = stranger_to_all.get('/project/keypairs/?q=x')
        assert asked.url == '/auth/login/?next=%2Fproject%2Fkeypairs%2F%3Fq%3Dx'
        assert stranger_to_all.post('/auth/login/', form | {'next': '/project/keypairs/?q=x'}).url == (
            '/project/keypairs/?q=x')


class TestSession:
    def test_begins_anew_at_a_log_in(self, stranger_to_all, form):
        stranger_to_all.get('/auth/login/')
        first = stranger_to_all.cookies['csrftoken'].value
        stranger_to_all.post('/auth/login/', form)
        stranger_to_all.get('/project/keypairs/create/')
        assert stranger_to_all.cookies['csrftoken'].value != first

    def test_the_cookie_tells_nothing(self, browse, cloud):
        member = browse('member')
        value = member.cookies['horizon'].value
        assert not any(token in value for token in cloud.tokens)
        assert member.cookies['horizon']['httponly']
        assert member.cookies['horizon']['samesite'] == 'Lax'

    def test_a_changed_cookie_is_none(self, browse):
        member = browse('member')
        member.cookies['horizon'] = member.cookies['horizon'].value[:-4] + 'AAAA'
        assert member.get('/project/keypairs/').status_code == 302

    def test_a_restart_of_the_dashboard_keeps_people_in(self, browse):
        from django.core.cache import cache
        member = browse('member')
        cache.clear()
        assert member.get('/project/keypairs/').status_code == 200

    def test_a_form_without_its_token_is_refused(self, browse):
        member = browse('member')
        member.handler.enforce_csrf_checks = True
        answer = member.post('/project/keypairs/create/', {'name': 'x'})
        assert answer.status_code == 403
        assert 'This form is too old' in text(answer)


class TestOut:
    def test_revokes_both_tokens(self, browse, cloud):
        member = browse('member')
        cookie = member.cookies['horizon'].value
        member.post('/auth/logout/')
        assert [(method, path) for method, _, path, _ in cloud.calls] == [('DELETE', '/v3/auth/tokens')] * 2
        # A copy of the cookie opens nothing.
        member.cookies['horizon'] = cookie
        assert member.get('/project/keypairs/').status_code == 302

    def test_a_link_does_not_do_it(self, browse, cloud):
        member = browse('member')
        assert 'Log out?' in text(member.get('/auth/logout/'))
        assert cloud.calls == []

    def test_works_without_keystone(self, browse, cloud):
        member = browse('member')
        cloud.refuse('identity')
        assert member.post('/auth/logout/').url == '/auth/login/'
        assert member.get('/project/keypairs/').status_code == 302


class TestExpiry:
    def expire(self, cloud):
        cloud.fail('compute', '*', '*', 401)

    def test_a_page_asks_to_log_in_and_comes_back(self, browse, cloud):
        member = browse('member')
        self.expire(cloud)
        answer = member.get('/project/keypairs/')
        assert answer.url == '/auth/login/?next=%2Fproject%2Fkeypairs%2F&expired=1'
        assert 'Your session has ended' in text(member.get(answer.url))

    def test_a_part_of_a_page_asks_too(self, browse, cloud):
        member = browse('member')
        self.expire(cloud)
        answer = member.get('/project/keypairs/?poll=a:b&table=keypairs', headers={
            'HX-Request': 'true', 'HX-Current-URL': 'http://testserver/project/keypairs/'})
        assert answer.status_code == 401
        assert answer['HX-Redirect'] == '/auth/login/?next=%2Fproject%2Fkeypairs%2F&expired=1'

    def test_a_form_is_not_lost(self, browse, cloud, form):
        member = browse('member')
        self.expire(cloud)
        typed = {'name': 'mine', 'public_key': 'ssh-ed25519 AAAA <i>me</i>'}
        asked = member.post('/project/keypairs/import/', typed)
        assert asked.status_code == 401
        hidden = asked.context['form'].initial
        assert 'ssh-ed25519' not in hidden['draft']
        cloud.heal()
        again = member.post('/auth/login/', form | hidden)
        assert 'Back to my form' in text(again)
        back = member.post(again.context['address'], {'_restore': '1', **dict(again.context['fields'])})
        assert back.status_code == 200
        assert 'value="mine"' in text(back)
        assert 'ssh-ed25519 AAAA &lt;i&gt;me&lt;/i&gt;' in text(back)
        assert cloud.keypairs == {} or not any('mine' in str(each) for each in cloud.keypairs)

    def test_a_draft_of_somebody_else_is_none(self, stranger_to_all, form):
        answer = stranger_to_all.post('/auth/login/', form | {'next': '/project/keypairs/import/', 'draft': 'forged'})
        assert answer.url == '/project/keypairs/import/'
