"""Rules that hold for every address of the dashboard, whoever adds it, and for every template."""
import pathlib
import re

import pytest

_CODE = pathlib.Path(__file__).parents[3] / 'horizon'
# What anybody may see; everything else wants a log-in.
PUBLIC = {'home', 'auth:login', 'auth:logout', 'auth:expired', 'auth:passcode', 'set_language'}
_UUID = '00000000-0000-4000-8000-000000000000'
_LONG = '9' * 5000
# What is asked, and whether by a browser or (True) by a script for a part of the page.
HOSTILE = [('q=<script>alert(1)</script>&sort=-<img src=x>&marker=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&name=..%2F..'
            '&start=9999-12-31&end=0001-01-01&period=<script>alert(1)</script>', False),
           (f'page={_LONG}&lines={_LONG}&look={_LONG}&count={_LONG}&name=a%0D%0AX-Injected:%201&prefix=../../', False),
           ('name=%2e%2e&live=<script>alert(1)</script>', True),
           ('q=<script>alert(1)</script>&poll=%22%3E%3Cscript%3Ealert(1)%3C/script%3E:x&table=<script>alert(1)</script>'
            '&part=live&seen=<b>', False),
           ('q=<script>alert(1)</script>&poll=%22%3E%3Cscript%3Ealert(1)%3C/script%3E:x&table=<script>alert(1)</script>'
            '&part=live&seen=<b>', True)]


def _walk(patterns, namespaces=()):
    """(view name, names of arguments) of every address below these patterns."""
    for each in patterns:
        below = getattr(each, 'url_patterns', None)
        if below is None:
            yield ':'.join([*namespaces, each.name]), each.pattern.converters
            continue
        inner = [*namespaces, each.namespace] if each.namespace else namespaces
        for name, converters in _walk(below, inner):
            yield name, {**each.pattern.converters, **converters}


@pytest.fixture
def addresses(cloud):
    """{view name: an address of it}; of things with an id, one that is not there."""
    from django.urls import get_resolver, reverse
    found = {}
    for name, converters in _walk(get_resolver().url_patterns):
        values = {key: _UUID if type(kind).__name__ == 'UUIDConverter' else 'nova-api'
                  for key, kind in converters.items()}
        found[name] = reverse(name, kwargs=values)
    assert len(found) > 60
    return found


@pytest.fixture
def admin(browse):
    return browse('admin')


def _guarded(addresses):
    return {name: address for name, address in addresses.items() if name not in PUBLIC}


class TestHeaders:
    @pytest.mark.parametrize('who', ['admin', 'nobody'])
    def test_of_every_page(self, browse, addresses, who):
        browser = browse(who)
        for name, address in addresses.items():
            answer = browser.get(address)
            policy = answer.headers.get('Content-Security-Policy', '')
            assert "default-src 'none'" in policy, name
            assert 'unsafe' not in policy, name
            assert 'sandbox' in policy or ("frame-ancestors 'none'" in policy and "base-uri 'none'" in policy), name
            assert answer['X-Frame-Options'] == 'DENY', name
            assert answer['X-Content-Type-Options'] == 'nosniff', name
            assert answer['Referrer-Policy'] == 'same-origin', name

    def test_of_pages_of_errors(self, stranger_to_all):
        for path, host in (('/no/such/page', 'testserver'), ('/', 'evil.example')):
            answer = stranger_to_all.get(path, headers={'Host': host})
            assert answer.status_code in (400, 404)
            assert "default-src 'none'" in answer['Content-Security-Policy']
            assert 'evil.example' not in answer.content.decode()

    def test_nothing_of_who_is_logged_in_is_kept_by_caches(self, admin, addresses):
        for name, address in _guarded(addresses).items():
            assert 'no-store' in admin.get(address).headers.get('Cache-Control', ''), name


class TestWhoMay:
    def test_nobody_without_a_log_in(self, stranger_to_all, addresses, cloud):
        for name, address in _guarded(addresses).items():
            answer = stranger_to_all.get(address)
            assert (answer.status_code, answer.url.split('?')[0]) == (302, '/auth/login/'), name
            assert stranger_to_all.get(address, headers={'HX-Request': 'true'}).status_code == 401, name
            for method in ('post', 'put', 'patch', 'delete'):
                assert getattr(stranger_to_all, method)(address).status_code == 401, (method, name)
        assert cloud.calls == []

    def test_what_is_for_administrators_is_for_nobody_else(self, browse, addresses, cloud):
        from horizon import registry
        member, tried = browse('member'), 0
        for name, address in addresses.items():
            panel = registry.find(*name.split(':')[:2]) if name.count(':') >= 2 else None
            if panel is None or not (panel.roles or registry.find_dashboard(panel.dashboard).roles):
                assert panel is None or panel.dashboard != 'admin'
                continue
            for method in ('get', 'post', 'put', 'delete'):
                assert getattr(member, method)(address).status_code == 403, (method, name)
            tried += 1
        assert tried > 30
        assert cloud.calls == []

    @pytest.mark.parametrize('method', ['post', 'put', 'patch', 'delete'])
    def test_no_change_without_the_token_of_a_form(self, admin, addresses, cloud, method):
        admin.handler.enforce_csrf_checks = True
        for name, address in addresses.items():
            assert getattr(admin, method)(address, {'confirmed': '1'}, content_type='application/json'
                                          ).status_code == 403, name
        assert cloud.calls == []


class TestHostileAddresses:
    @pytest.mark.parametrize('query,part', HOSTILE)
    def test_are_no_faults_and_no_script(self, admin, addresses, query, part):
        headers = {'HX-Request': 'true'} if part else {}
        for name, address in addresses.items():
            answer = admin.get(f'{address}?{query}', headers=headers)
            # 502: a service was asked something it could not understand.
            assert answer.status_code < 500, (name, answer.status_code)
            assert 'X-Injected' not in answer.headers, name
            if not answer.streaming:
                text = answer.content.decode()
                assert '<script>alert' not in text, name
                assert '<img src=x' not in text, name

    def test_nothing_leads_elsewhere(self, admin, addresses):
        for name, address in addresses.items():
            answer = admin.get(f'{address}?next=https://evil.example/&url=//evil.example', headers={
                'Referer': 'https://evil.example/', 'HX-Current-URL': 'https://evil.example/'})
            assert not re.match(r'(\w+:)?//', answer.headers.get('Location', '')), name
            assert 'HX-Redirect' not in answer.headers, name


def _templates():
    return sorted(_CODE.rglob('*.html'))


class TestTemplates:
    """What the Content-Security-Policy forbids is not there to be forbidden."""

    @pytest.mark.parametrize('path', _templates(), ids=lambda path: str(path.relative_to(_CODE)))
    def test_hold_no_code(self, path):
        text = path.read_text()
        assert not re.search(r'<script(?![^>]*\bsrc=)', text), 'a script between tags'
        assert not re.search(r'<script[^>]*>\s*[^<\s]', text), 'a script between tags'
        assert not re.search(r'<style\b', text), 'a style sheet between tags'
        assert not re.search(r'\sstyle\s*=', text), 'a style attribute'
        assert not re.search(r'\son[a-z]+\s*=', text), 'an inline event handler'
        assert not re.search(r'hx-on\b|hx-on:|hx-vars|[\'"]js:', text), 'code for htmx'
        assert not re.search(r'javascript:', text, re.IGNORECASE), 'a javascript: address'
        assert not re.search(r'\|\s*safe\b|\{%\s*autoescape|\|\s*safeseq', text), 'text that is not escaped'
        assert not re.search(r'(src|href|action)="(https?:)?//', text), 'an address outside the cloud'

    def test_there_are_some(self):
        assert len(_templates()) > 50

    def test_every_form_that_posts_has_its_token(self):
        for path in _templates():
            for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.DOTALL):
                assert '{% csrf_token %}' in form, path


class TestCode:
    def test_marks_as_safe_only_where_all_is_escaped(self):
        """A further place is a decision: look at it, then name it here."""
        found = {str(path.relative_to(_CODE)) for path in _CODE.rglob('*.py') if 'mark_safe' in path.read_text()}
        assert found <= {'ui/rows.py', 'ui/tables.py', 'ui/templatetags/ui.py'}

    def test_no_script_makes_html_of_text(self):
        for path in (_CODE / 'static').rglob('*.js'):
            assert not re.search(r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function',
                                 path.read_text()), path
