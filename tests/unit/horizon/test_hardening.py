"""What somebody with bad intent tries on the dashboard, hole by hole."""
import gzip
import io
import json
import logging
import re
import threading

import pytest
import requests
from django.utils.html import escape
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

BOX = '/project/containers/in/box/'


@pytest.fixture
def member(browse):
    return browse('member')


@pytest.fixture
def box(member):
    """A container named box."""
    assert member.post('/project/containers/create/', {'name': 'box'}).status_code == 302
    return BOX


def body(answer):
    return b''.join(answer.streaming_content)


class TestTokens:
    def test_are_not_in_the_cache_which_may_be_shared(self, browse, cloud):
        from django.core.cache import cache
        browse('member')
        kept = b''.join(value for value in cache._cache.values())
        assert cloud.cast['member'].name.encode() in kept
        assert cloud.tokens
        assert not any(token.encode() in kept for token in cloud.tokens)

    def test_are_not_in_traces(self, monkeypatch):
        from essex import trace
        from essex.client import session as essex_session
        names = []
        real = trace.span
        monkeypatch.setattr(trace, 'span', lambda name, **more: names.append(name) or real(name, **more))
        adapter = essex_session.adapter_of(_answering(200), 'identity', 'http://identity.test/v2.0')
        adapter.request('/tokens/0123456789abcdef', 'DELETE', raise_exc=False)
        assert names == ['DELETE identity /tokens/***']

    def test_of_a_v2_log_in_that_keystone_no_longer_takes(self, stranger_to_all, cloud, conf, monkeypatch):
        from django.core.cache import cache

        from horizon.auth import login
        conf.set('auth_url', 'http://identity.test/v2.0', 'horizon')
        conf.set('identity_api_version', '2.0', 'horizon')
        one, browser = cloud.cast['member'], stranger_to_all
        assert browser.post('/auth/login/', {'region': 'http://identity.test/v2.0', 'domain': 'Default', 'username':
                                             one.name, 'password': one.password}).status_code == 302
        cache.clear()

        def refuse(plugin):
            raise login.LoginFailed('Keystone does not answer.', 'unreachable')
        monkeypatch.setattr(login, '_access', refuse)
        assert browser.get('/project/keypairs/').status_code == 503


def _answering(status, headers=()):
    """A keystoneauth session whose every call is answered so; `sent` are the requests."""
    from keystoneauth1 import session
    made = session.Session(session=requests.Session())
    made.session.mount('http://', _Answers(status, headers))
    return made


class _Answers(HTTPAdapter):
    def __init__(self, status, headers=(), data=b'{}'):
        super().__init__()
        self.status, self.headers, self.data, self.sent = status, list(headers), data, []

    def send(self, request, **kwargs):
        self.sent.append(request)
        raw = HTTPResponse(io.BytesIO(self.data), headers=self.headers, status=self.status, preload_content=False)
        return self.build_response(request, raw)


class TestCalls:
    def test_cookies_of_services_go_to_nobody_else(self, cloud):
        from horizon.api import client
        answers = _Answers(200, [('Content-Type', 'application/json')])
        client.connections().session.mount('http://sticky.test', answers)
        jar = client.connections().session.cookies
        jar.set_cookie_if_ok(requests.cookies.create_cookie('user', 'first', domain='sticky.test'),
                             requests.cookies.MockRequest(requests.Request('GET', 'http://sticky.test/').prepare()))
        client.Client('token', []).call('compute', 'GET', '/x', base='http://sticky.test')
        assert 'Cookie' not in answers.sent[0].headers

    @pytest.mark.parametrize('path', ['/flavors/..', '/servers/../os-keypairs/x', '/images/./x'])
    def test_no_name_leads_to_something_else(self, cloud, path):
        from horizon.api import client, errors
        with pytest.raises(errors.ApiError) as caught:
            client.Client('token', []).call('compute', 'DELETE', path, base='http://compute.test')
        assert caught.value.status == 400
        assert cloud.calls == []

    @pytest.mark.parametrize('module, function', [
        ('keypairs', 'delete'), ('security_groups', 'delete'), ('security_groups', 'get'), ('security_groups',
                                                                                            'delete_rule'),
        ('floating_ips', 'release'), ('floating_ips', 'get'), ('flavors', 'get'), ('servers', 'delete'),
        ('images', 'get'), ('volumes', 'get'), ('flavors', 'delete')])
    def test_a_slash_in_a_key_is_part_of_the_key(self, module, function):
        import importlib

        class Seen(Exception):
            pass

        class Cloud:
            def call(self, service, method, path, *args, **kwargs):
                raise Seen(path)

            def get(self, service, path, **kwargs):
                raise Seen(path)
            send = call
        with pytest.raises(Seen) as caught:
            getattr(importlib.import_module(f'horizon.api.{module}'), function)(Cloud(), 'a/b?c#d')
        assert 'a%2Fb%3Fc%23d' in str(caught.value)


class TestObjects:
    def test_a_name_with_a_line_end_makes_no_header(self, member, box, monkeypatch):
        self._answer(monkeypatch, b'x')
        answer = member.get(f'{BOX}download/?name=a%0D%0AX-Injected:%201')
        assert answer.status_code == 200
        assert 'X-Injected' not in answer.headers
        assert answer['Content-Disposition'] == 'attachment; filename="a__X-Injected: 1"'

    def test_what_is_packed_comes_as_it_is_stored(self, member, box, monkeypatch):
        """Else more came than Content-Length says, and a browser or proxy took the rest for the next answer."""
        packed = gzip.compress(b'0' * 1_000_000)
        self._answer(monkeypatch, packed)
        answer = member.get(f'{BOX}download/?name=bomb')
        assert answer['Content-Length'] == str(len(packed))
        assert body(answer) == packed

    def test_a_preview_unpacks_nothing_and_ends(self, cloud, monkeypatch):
        from horizon.api import objects
        packed = gzip.compress(b'0' * 50_000_000)
        self._answer(monkeypatch, packed + b'more' * 100_000)
        assert len(objects.beginning(_cloud(), 'box', 'bomb', 65536)) == 65536

    def _answer(self, monkeypatch, data):
        from horizon.api import objects

        def call(*args, **kwargs):
            answer = requests.Response()
            answer.status_code, answer.raw = 200, HTTPResponse(
                io.BytesIO(data), headers={'Content-Encoding': 'gzip', 'Content-Length': str(len(data))}, status=200,
                preload_content=False)
            answer.headers.update(answer.raw.headers)
            return answer
        monkeypatch.setattr(objects, 'read', call)


def _cloud():
    from horizon.api import client
    return client.Client('token', [])


class TestUploads:
    def _form(self, size):
        from django.core.files.uploadedfile import SimpleUploadedFile
        return {'file': SimpleUploadedFile('big', b'x' * size)}

    def test_a_stranger_fills_no_disk(self, stranger_to_all, monkeypatch):
        from django.core.files import uploadhandler
        made = []
        monkeypatch.setattr(uploadhandler, 'TemporaryUploadedFile', lambda *args: made.append(args))
        assert stranger_to_all.post(BOX, self._form(2 << 20)).status_code == 401
        assert made == []

    def test_nobody_stores_more_than_is_allowed(self, member, box, conf, monkeypatch):
        from django.core.files import uploadhandler
        written = []
        real = uploadhandler.TemporaryFileUploadHandler.receive_data_chunk
        monkeypatch.setattr(uploadhandler.TemporaryFileUploadHandler, 'receive_data_chunk',
                            lambda self, raw, start: written.append(len(raw)) or real(self, raw, start))
        conf.set('upload_megabytes', 1, 'horizon')
        answer = member.post(BOX, self._form(3 << 20))
        assert answer.status_code == 413
        assert 'uploads up to 1 MB' in answer.content.decode()
        assert sum(written) <= 1 << 20

    def test_a_length_without_end_is_none(self, member, box):
        answer = member.put(f'{BOX}data/?name=x', b'x', content_type='text/plain', CONTENT_LENGTH='9' * 5000)
        assert answer.status_code == 411


class TestLinks:
    def test_bring_no_script_to_launch(self, member):
        answer = member.get('/project/instances/launch/?name=web&user_data=%23!/bin/sh%0Aevil')
        assert 'value="web"' in answer.content.decode()
        assert 'evil' not in answer.content.decode()


class TestPolls:
    def test_ask_with_the_names_people_gave(self):
        from horizon.ui.tables import Table
        from horizon.ui.templatetags.ui import poll_values

        class Things(Table):
            name = 'things'
        hostile = '"}, "table": "other", "x": "\'><script>'
        text = poll_values(Things([], None), hostile)
        assert json.loads(text) == {'poll': hostile, 'table': 'things'}
        assert not re.search('[<>"\']', escape(text).replace('&#x27;', '').replace('&quot;', '').replace('&lt;', ''
                             ).replace('&gt;', ''))


class TestServicesThatHang:
    def test_keep_no_pages_waiting_that_do_not_need_them(self, cloud):
        from horizon.api import client
        go_on, begun = threading.Event(), threading.Semaphore(0)

        def hang():
            begun.release()
            assert go_on.wait(30)
        callers = [threading.Thread(target=lambda: client.settled(a=hang, b=hang, c=hang, d=hang), daemon=True)
                   for _ in range(client.PARALLEL)]
        for each in callers:
            each.start()
        try:
            for _ in range(client.PARALLEL):
                assert begun.acquire(timeout=30)
            answer = []
            page = threading.Thread(target=lambda: answer.append(client.settled(a=lambda: 1, b=lambda: 2, c=lambda: 3)),
                                    daemon=True)
            page.start()
            page.join(10)
            assert answer == [{'a': 1, 'b': 2, 'c': 3}]
        finally:
            go_on.set()
            for each in callers:
                each.join(30)


class TestDownloads:
    def test_are_not_packed_on_the_way(self, member, box):
        data = b'0' * 300_000
        member.put(f'{BOX}data/?name=zeros', data, content_type='text/plain', CONTENT_LENGTH=str(len(data)))
        answer = member.get(f'{BOX}download/?name=zeros', headers={'Accept-Encoding': 'gzip'})
        assert answer['Content-Length'] == str(len(data))
        assert 'Content-Encoding' not in answer.headers
        assert body(answer) == data

    def test_pages_are(self, member):
        answer = member.get('/project/keypairs/', headers={'Accept-Encoding': 'gzip'})
        assert answer['Content-Encoding'] == 'gzip'


class TestGuessing:
    """Keystone counts failures by address: of all who use the dashboard it sees one, which others must not use up."""

    def guess(self, browser, cloud, password='wrong', **more):
        return browser.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username':
                                             cloud.cast['member'].name, 'password': password}, **more)

    def test_ends_at_the_dashboard(self, stranger_to_all, cloud, conf):
        conf.set('failures_per_address', 3, 'horizon')
        for _ in range(3):
            assert 'is wrong' in self.guess(stranger_to_all, cloud).content.decode()
        cloud.calls.clear()
        answer = self.guess(stranger_to_all, cloud, cloud.cast['member'].password)
        assert answer.status_code == 401
        assert 'Too many' in answer.content.decode()
        assert cloud.calls == []
        # Others go in.
        assert self.guess(stranger_to_all, cloud, cloud.cast['member'].password, REMOTE_ADDR='192.0.2.7'
                          ).status_code == 302

    def test_those_who_know_are_not_counted(self, cloud, conf):
        from django.test import Client
        conf.set('failures_per_address', 2, 'horizon')
        for _ in range(5):
            assert self.guess(Client(), cloud, cloud.cast['member'].password).status_code == 302

    def test_a_keystone_that_is_down_is_nobodys_failure(self, stranger_to_all, cloud, conf):
        conf.set('failures_per_address', 1, 'horizon')
        cloud.refuse('identity')
        for _ in range(3):
            assert 'does not answer' in self.guess(stranger_to_all, cloud).content.decode()

    def test_neighbours_of_one_network_count_as_one(self):
        from horizon.auth import throttle
        assert throttle.network('2001:db8::1') == throttle.network('2001:db8::2') != throttle.network('2001:db9::1')
        assert throttle.network('192.0.2.1') != throttle.network('192.0.2.2')
        assert throttle.network('') == throttle.network('unix:')

    def test_one_proxy_is_not_one_browser(self, stranger_to_all, cloud, conf):
        conf.set('failures_per_address', 1, 'horizon')
        conf.set('behind_tls_proxy', True, 'horizon')
        self.guess(stranger_to_all, cloud, HTTP_X_FORWARDED_FOR='203.0.113.5, 192.0.2.1')
        assert 'Too many' in self.guess(stranger_to_all, cloud, HTTP_X_FORWARDED_FOR='198.51.100.1, 192.0.2.1'
                                        ).content.decode()
        assert 'is wrong' in self.guess(stranger_to_all, cloud, HTTP_X_FORWARDED_FOR='192.0.2.2').content.decode()

    def test_the_password_of_a_session_left_open(self, member, conf):
        conf.set('failures_per_address', 2, 'horizon')
        typed = {'current_password': 'wrong', 'new_password': 'Another-1', 'repeated_password': 'Another-1'}
        answers = [member.post('/account/password/', typed).content.decode() for _ in range(3)]
        assert ['password is wrong' in each for each in answers] == [True, True, False]
        assert 'Too many' in answers[2]
        assert member.get('/account/password/').status_code == 200


class TestLog:
    def test_strangers_do_not_push_what_matters_out_of_it(self, stranger_to_all, cloud, caplog):
        """The operator API tells the last fifty warnings and errors of the dashboard."""
        stranger_to_all.handler.enforce_csrf_checks = True
        for path, host in (('/', 'evil.example'), ('/no/such/page', 'testserver')):
            assert stranger_to_all.get(path, headers={'Host': host}).status_code in (400, 404)
        assert stranger_to_all.post('/auth/login/', {'username': 'x'}).status_code == 403
        assert [each.name for each in caplog.records if each.levelno >= logging.WARNING] == []
