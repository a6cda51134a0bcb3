"""Panels: a site's own are added by configuration, others hidden; who may see which."""
import subprocess
import sys
import textwrap

PLUGIN = {
    'weather/__init__.py': '',
    'weather/panels.py': '''
        from horizon import registry
        registry.panel('project', 'weather', 'Weather', 'weather.urls', order=5, icon='sun')
        ''',
    'weather/urls.py': '''
        from django.shortcuts import render
        from django.urls import path
        urlpatterns = [path('', lambda request: render(request, 'weather/sunny.html', {'title': 'Weather'}),
                            name='index')]
        ''',
    'weather/templates/weather/sunny.html': '{% extends "base.html" %}{% block content %}It is sunny.{% endblock %}',
}
# A process of its own: a Django application is set up once.
PROGRAM = '''
    from essex import config
    import horizon.options
    config.load('horizon', ['--config-file', CONFIG])
    from horizon import wsgi
    wsgi.make()
    from django.test import Client
    from horizon import registry
    from horizon.api import client
    from tests.fixtures.fake_cloud import FakeCloud
    cloud = FakeCloud()
    cloud.mount(client.connections().session)
    one, browser = cloud.cast['member'], Client()
    answer = browser.post('/auth/login/', {'region': cloud.auth_url, 'domain': 'Default', 'username': one.name,
                                           'password': one.password})
    print(answer.url)
    print(browser.get('/project/weather/').content.decode())
    print(browser.get('/project/keypairs/').status_code)
    print(browser.get('/account/appearance/').content.decode().count('/project/keypairs/'))
    '''


def test_a_sites_own_panel_and_a_hidden_one(tmp_path):
    for name, text in PLUGIN.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    config = tmp_path / 'horizon.conf'
    config.write_text(f'[DEFAULT]\nstate_path = {tmp_path}\n[horizon]\nauth_url = http://identity.test/v3\n'
                      'allowed_hosts = testserver\nplugins = weather\nhidden_panels = project/keypairs\n')
    program = (f'import sys\nsys.path[:0] = [{str(tmp_path)!r}, "."]\nCONFIG = {str(config)!r}\n'
               + textwrap.dedent(PROGRAM))
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    first, *page, keypairs, links = done.stdout.splitlines()
    assert first == '/project/weather/'
    assert 'It is sunny.' in '\n'.join(page)
    assert keypairs == '404'
    assert links == '0'
    assert (tmp_path / 'secret_key').stat().st_mode & 0o777 == 0o600
