"""The console proxy's rules: who may open what, and what can be fetched."""
import pytest
import webob

from essex import db
from nova.console import proxy, tokens
from nova.db import consoles


@pytest.fixture
def app(database):
    database('nova')
    return proxy.Proxy()


def get(app, path, **headers):
    request = webob.Request.blank(path)
    request.headers.update(headers)
    return request.get_response(app)


def allow(token='good'):
    tokens.authorize(token, 'a-server', 'novnc', '127.0.0.1', 5900)


def test_the_page_and_its_parts_are_served(app):
    page = get(app, '/vnc_auto.html?token=x')
    assert page.status_int == 200
    assert 'console.js' in page.text
    for path in ('/console.js', '/console.css', '/novnc/core/rfb.js', '/novnc/vendor/pako/lib/zlib/inflate.js'):
        assert get(app, path).status_int == 200


@pytest.mark.parametrize('path', ['/', '/nope', '/../tokens.py', '/novnc/', '/novnc/../../tokens.py',
                                  '/%2e%2e/tokens.py', '/novnc/README.md', '//etc/passwd', '/novnc/core/rfb.js%00'])
def test_nothing_else_exists(app, path):
    assert get(app, path).status_int == 404


def test_pages_may_load_nothing_from_elsewhere_and_run_nothing_inline(app):
    policy = get(app, '/vnc_auto.html').headers['Content-Security-Policy']
    assert "default-src 'none'" in policy and 'unsafe' not in policy
    assert get(app, '/vnc_auto.html').headers['Referrer-Policy'] == 'no-referrer'


def test_a_token_opens_until_it_expires(app):
    assert get(app, '/check?token=good').status_int == 401
    allow()
    assert get(app, '/check?token=good').status_int == 200
    assert get(app, '/check?token=bad').status_int == 401
    assert get(app, '/check').status_int == 401
    assert get(app, '/check?token=' + 'x' * 1000).status_int == 401
    consoles.store(tokens.digest('old'), 'a-server', 'novnc', '127.0.0.1', 5900, None, db.utcnow())
    answer = get(app, '/check?token=old')
    assert answer.status_int == 401
    assert 'console url show' in answer.text


def test_a_token_may_come_in_a_cookie(app):
    allow()
    assert get(app, '/check', Cookie='token=good').status_int == 200
    assert get(app, '/check', Cookie='token=bad').status_int == 401
    assert get(app, '/check?token=bad', Cookie='token=good').status_int == 401
    assert get(app, '/check', Cookie='token=good', Origin='http://evil.example').status_int == 403


def test_pages_of_another_site_are_refused(app, conf):
    allow()
    assert get(app, '/check?token=good', Origin='http://localhost').status_int == 200
    assert get(app, '/check?token=good', Origin='http://evil.example').status_int == 403
    assert get(app, '/websockify?token=good', Origin='http://evil.example').status_int == 403
    conf.set('allowed_origins', ['desk.example'], 'console')
    assert get(app, '/check?token=good', Origin='https://desk.example').status_int == 200


def test_one_link_opens_a_few_consoles_only(app, conf):
    allow()
    conf.set('connections_per_token', 1, 'console')
    app._open[tokens.digest('good')] = 1
    assert get(app, '/check?token=good').status_int == 429


def test_the_database_holds_no_token(app):
    allow('very-secret')
    with db.reader() as session:
        assert 'very-secret' not in str(session.connection().exec_driver_sql('select * from console_tokens').all())
