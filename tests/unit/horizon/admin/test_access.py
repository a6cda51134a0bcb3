"""No page of the admin dashboard is anybody's but an administrator's."""
import uuid

import pytest

_VALUES = {'slug': 'x', 'uuid': uuid.UUID(int=1), 'str': 'x', 'int': 1}


def _urls():
    """The address of every page of the dashboard."""
    from django.urls import get_resolver, reverse
    admin = next(each for each in get_resolver().url_patterns if getattr(each, 'namespace', None) == 'admin')
    for panel in admin.url_patterns:
        for page in panel.url_patterns:
            kinds = {name: type(converter).__name__.removesuffix('Converter').lower().replace('string', 'str')
                     for name, converter in page.pattern.converters.items()}
            yield reverse(f'admin:{panel.namespace}:{page.name}',
                          kwargs={name: _VALUES[kind] for name, kind in kinds.items()})


@pytest.mark.parametrize('who', ['member', 'stranger', 'nobody'])
def test_others_than_administrators_get_403_everywhere(browse, cloud, who):
    browser, urls = browse(who), list(_urls())
    assert len(urls) > 30
    found = {url: (browser.get(url).status_code, browser.post(url).status_code) for url in urls}
    assert set(found.values()) == {(403, 403)}, found
    assert cloud.calls == []


def test_who_is_not_logged_in_is_asked_to(stranger_to_all):
    assert {stranger_to_all.get(url).url.partition('?')[0] for url in _urls()} == {'/auth/login/'}


def test_a_member_sees_no_link_to_any(browse):
    page = browse('member').get('/project/keypairs/').content.decode()
    assert 'href="/admin/' not in page


def test_an_administrator_sees_every_panel(browse):
    page = browse('admin').get('/project/keypairs/').content.decode()
    for panel in ('overview', 'attention', 'instances', 'flavors', 'images', 'hypervisors', 'aggregates', 'projects',
                  'users', 'groups', 'roles', 'domains', 'quotas', 'services', 'system'):
        assert f'href="/admin/{panel}/"' in page


@pytest.mark.parametrize('path', ['projects/x/', 'users/x/', 'groups/x/', 'projects/x/members/', 'projects/x/quotas/',
                                  'domains/x/edit/', 'roles/x/edit/', 'flavors/x/edit/', 'hypervisors/99/',
                                  'aggregates/99/', f'images/{uuid.UUID(int=1)}/edit/',
                                  f'instances/{uuid.UUID(int=1)}/'])
def test_what_is_not_there_is_404(browse, path):
    assert browse('admin').get(f'/admin/{path}').status_code == 404
