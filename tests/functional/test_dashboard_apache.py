"""The dashboard inside a real Apache with mod_wsgi, by the sample site, before a running cloud."""
import re

import pytest
import requests


def _log_in(browser, base, credentials):
    form = browser.get(f'{base}/auth/login/', timeout=30)
    fields = {'username': credentials['OS_USERNAME'], 'password': credentials['OS_PASSWORD'], 'domain': 'Default',
              'region': credentials['OS_AUTH_URL'],
              'csrfmiddlewaretoken': re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]}
    return browser.post(f'{base}/auth/login/', fields, timeout=30)


@pytest.mark.parametrize('at', ['/', '/dashboard'])
def test_pages_and_assets(cloud, apache_site, at):
    credentials = cloud.credentials('demo')
    site = apache_site(f'[DEFAULT]\nsecret_key = of this test\n[horizon]\nauth_url = {credentials["OS_AUTH_URL"]}\n'
                       f'webroot = {at}\n', at)
    base = site.url + at.rstrip('/')
    browser = requests.Session()
    answer = _log_in(browser, base, credentials)
    assert answer.status_code == 200, site.output()
    assert answer.url.startswith(f'{base}/project/')
    # Two processes serve it: either knows whoever the other one let in.
    for _ in range(6):
        page = browser.get(f'{base}/project/keypairs/', timeout=30)
        assert page.status_code == 200
        assert 'Key pairs' in page.text
    style = re.search(r'href="([^"]+horizon\.css)"', page.text)[1]
    assert style.startswith(at)
    asset = browser.get(site.url + style, timeout=30)
    assert asset.status_code == 200
    assert 'immutable' in asset.headers['Cache-Control'] or 'max-age=31536000' in asset.headers['Cache-Control']
    assert requests.get(f'{base}/project/keypairs/', timeout=30, allow_redirects=False).headers['Location'].startswith(
        f'{at.rstrip("/")}/auth/login/')
