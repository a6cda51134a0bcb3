"""Policy files of the Essex era: rules as lists, http checks, a file that changes."""
import http.server
import json
import os
import threading
import urllib.parse

import pytest

from essex.context import RequestContext
from essex.exception import ConfigError
from essex.policy import Enforcer, rule
from keystone.api import loaded
from tests.fixtures.processes import free_port

# As it came with Essex.
FILE = {'admin_required': [['role:admin'], ['is_admin:1']]}


class _Asked(http.server.BaseHTTPRequestHandler):
    """Says True to who is called ann; keeps what it was asked."""

    def do_POST(self):
        text = self.rfile.read(int(self.headers['Content-Length'])).decode()
        form = {name: json.loads(values[0]) for name, values in urllib.parse.parse_qs(text).items()}
        self.server.asked.append((self.path, form))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'True' if form['credentials']['user_id'] == 'ann' else b'true')

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def decider():
    """A server that decides."""
    server = http.server.HTTPServer(('127.0.0.1', 0), _Asked)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def enforcer(conf, tmp_path):
    """enforcer(rules) -> an Enforcer over a file of those rules, named as Essex named it."""
    def call(rules):
        (tmp_path / 'policy.json').write_text(json.dumps(rules), encoding='utf-8')
        conf.set('policy_file', str(tmp_path / 'policy.json'))
        return Enforcer([rule(name, '!') for name in ('admin_required', 'default', 'do')])
    return call


def ask(enforcer, target=None, **who):
    return enforcer.check(RequestContext(**who), 'do', target or {})


def test_the_file_that_came_with_essex(enforcer):
    made = enforcer(FILE)
    for who, allowed in ((RequestContext(roles=['Admin']), True), (RequestContext(is_admin=True), True),
                         (RequestContext(roles=['member']), False)):
        assert made.check(who, 'admin_required') is allowed


def test_lists_are_or_of_and(enforcer):
    both = enforcer({'do': [['role:a', 'role:b'], 'role:c', ['rule:owner']], 'owner': [['user_id:%(user_id)s']]})
    assert ask(both, roles=['a', 'b']) and ask(both, roles=['c']) and not ask(both, roles=['a'])
    assert ask(both, {'user_id': 'ann'}, user_id='ann') and not ask(both, {'user_id': 'bob'}, user_id='ann')
    assert ask(enforcer({'do': []})) and not ask(enforcer({'do': [['nothing:here']]}))
    assert not ask(enforcer({'do': [['is_admin:1']]}), roles=['admin'])
    assert ask(enforcer({'do': [['is_admin:0']]})) and ask(enforcer({'do': 'is_admin:True'}), is_admin=True)


def test_an_unknown_rule_falls_back_to_the_default_one(enforcer, conf):
    assert ask(enforcer({'do': [['rule:unknown']], 'default': [['role:a']]}), roles=['a'])
    conf.set('policy_default_rule', 'other')
    rules = {'do': [['rule:unknown']], 'default': [], 'other': [['role:b']]}
    assert ask(enforcer(rules), roles=['b']) and not ask(enforcer(rules), roles=['a'])
    conf.set('policy_default_rule', 'nowhere')
    assert not ask(enforcer({'do': [['rule:unknown']]}), roles=['a'])


def test_another_server_decides(enforcer, decider):
    made = enforcer({'do': [[f'http://127.0.0.1:{decider.server_port}/%(name)s']]})
    assert ask(made, {'name': 'x'}, user_id='ann') and not ask(made, {'name': 'x'}, user_id='bob')
    path, form = decider.asked[0]
    assert path == '/x' and form['target'] == {'name': 'x'} and form['credentials']['user_id'] == 'ann'


def test_what_nobody_decides_is_refused(enforcer, decider, caplog):
    for url in (f'http://127.0.0.1:{free_port()}/', f'http://127.0.0.1:{decider.server_port}/%(nothing)s'):
        assert not ask(enforcer({'do': [[url]]}), {'name': 'x'}, user_id='ann')
        assert 'do cannot be decided' in caplog.text
        caplog.clear()


def test_who_decides_over_https_is_who_he_says(enforcer, conf):
    enforcer({})
    assert conf.oslo_policy.remote_ssl_verify_server_crt is True


def test_a_file_that_changes_is_read_again(enforcer, tmp_path, monkeypatch):
    made = enforcer({'do': [['role:a']]})
    assert ask(made, roles=['a'])
    (tmp_path / 'policy.json').write_text(json.dumps({'do': [['role:b']]}), encoding='utf-8')
    os.utime(tmp_path / 'policy.json', (2 ** 31, 2 ** 31))
    made._enforcer._next_look = 0
    assert ask(made, roles=['b']) and not ask(made, roles=['a'])


@pytest.mark.parametrize('name', ['keystone.policy.backends.rules.Policy', 'sql',
                                  'keystone.policy.backends.simple.SimpleMatch'])
def test_drivers_as_files_name_them(conf, name):
    loaded.reset()
    conf.set('driver', name, 'policy')
    assert isinstance(loaded.enforcer(), Enforcer)
    loaded.reset()
    conf.set('driver', 'nonsense', 'policy')
    with pytest.raises(ConfigError, match='rules'):
        loaded.enforcer()
    loaded.reset()
