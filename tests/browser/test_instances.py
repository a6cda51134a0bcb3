"""Servers, in a browser: launched, watched without reloading, their log, a snapshot, their end."""
import re

import pytest
from playwright.sync_api import expect

INDEX, LAUNCH = '/project/instances/', '/project/instances/launch/'
ACTIVE = re.compile('active')


@pytest.fixture
def no_servers(cloud):
    """Nothing of this test stays."""
    yield
    for each in cloud.json('server', 'list'):
        cloud.openstack('server', 'delete', '--wait', each['ID'])


def launch(page, name, **fields):
    """Through the form; the page is the server's then."""
    page.goto(LAUNCH)
    page.fill('#id_name', name)
    for field, value in fields.items():
        page.fill(f'#id_{field}', value)
    page.get_by_role('button', name='Launch', exact=True).click()
    expect(page.locator('h1')).to_have_text(name)


def never_reloaded(page):
    """A mark that a reload would wipe off."""
    page.evaluate('window.mark = "there"')
    return lambda: page.evaluate('window.mark') == 'there'


def test_from_launch_to_its_end(visitor, cloud, no_servers):
    window = visitor('demo')
    page = window.page
    launch(page, 'browser-<b>1</b>')
    stayed = never_reloaded(page)
    expect(page.locator('#state-line')).to_contain_text(ACTIVE)
    expect(page.locator('#server')).to_contain_text('10.100.0.')
    assert stayed()
    page.get_by_role('link', name='Actions', exact=True).click()
    expect(page.locator('.steps li.done')).to_have_count(6)
    page.get_by_role('link', name='Log', exact=True).click()
    expect(page.locator('pre.log')).to_be_visible()
    page.get_by_role('link', name='Console', exact=True).click()
    expect(page.get_by_role('main')).to_contain_text('the fake hypervisor has no screens')
    page.get_by_role('link', name='Snapshot', exact=True).click()
    page.fill('#id_name', 'browser-snapshot')
    page.get_by_role('button', name='Take snapshot').click()
    expect(page.locator('#messages')).to_contain_text('browser-snapshot')
    expect(page.locator('#state-line')).to_have_text(re.compile(r'^\s*active\s*10\.100\.0\.\d+\s*$'))
    assert cloud.json('image', 'show', 'browser-snapshot')['status'] == 'active'
    cloud.openstack('image', 'delete', 'browser-snapshot')
    page.locator('#server-buttons summary').click()
    page.get_by_role('button', name='Delete').click()
    expect(page.get_by_role('main')).to_contain_text('browser-<b>1</b>')
    page.get_by_role('main').get_by_role('button', name='Delete').click()
    expect(page).to_have_url(re.compile(f'{INDEX}$'))
    expect(page.get_by_role('row', name='browser-')).to_have_count(0)
    assert cloud.json('server', 'list') == []


def test_the_list_follows(visitor, cloud, no_servers):
    page = visitor('demo').page
    page.goto(LAUNCH)
    page.fill('#id_name', 'several')
    page.fill('#id_count', '2')
    expect(page.locator('#estimate')).to_contain_text('2 / 10')
    page.locator('.flavor-card', has_text='m1.large').click()
    expect(page.locator('#estimate')).to_contain_text('8 / 20')
    page.get_by_role('button', name='Launch', exact=True).click()
    stayed = never_reloaded(page)
    for row in ('several-1', 'several-2'):
        expect(page.get_by_role('row', name=row)).to_contain_text(ACTIVE)
    assert stayed()
    page.get_by_role('searchbox').fill('several-2')
    expect(page.get_by_role('row', name='several-1')).to_have_count(0)
    page.get_by_label('Choose several-2').check()
    page.get_by_role('group', name='With those chosen').get_by_role('button', name='Shut off').click()
    page.get_by_role('main').get_by_role('button', name='Shut off').click()
    expect(page.get_by_role('row', name='several-2')).to_contain_text('shut off')
    page.goto('/project/overview/')
    expect(page.locator('.statuses')).to_contain_text('shut off')


def test_a_launch_beyond_the_quota_is_answered_in_place(visitor, cloud):
    page = visitor('demo').page
    page.goto(LAUNCH)
    page.fill('#id_name', 'too-many')
    page.fill('#id_count', '11')
    expect(page.locator('#estimate')).to_contain_text('more than is left of the quota')
    page.get_by_role('button', name='Launch', exact=True).click()
    expect(page.get_by_role('alert')).to_contain_text('Quota exceeded')
    assert page.input_value('#id_name') == 'too-many'
    assert cloud.json('server', 'list') == []


def test_without_javascript(visitor, cloud, no_servers):
    page = visitor('demo', java_script_enabled=False).page
    page.goto(LAUNCH)
    page.fill('#id_name', 'plain')
    page.fill('#id_count', '3')
    page.get_by_role('button', name='Recalculate').click()
    expect(page.locator('#estimate')).to_contain_text('3 / 10')
    assert page.input_value('#id_name') == 'plain'
    page.fill('#id_count', '1')
    page.get_by_role('button', name='Launch', exact=True).click()
    expect(page.locator('h1')).to_have_text('plain')
    cloud.wait_status('plain', 'ACTIVE')
    page.reload()
    expect(page.locator('#state-line')).to_contain_text(ACTIVE)


@pytest.mark.timeout(300)
def test_its_pages_are_for_everybody(visitor, cloud, no_servers):
    cloud.openstack('server', 'create', '--flavor', 'm1.micro', '--image', 'blank', '--wait', 'seen')
    server = cloud.json('server', 'show', 'seen')['id']
    light, dark = visitor('demo', color_scheme='light'), visitor('demo', color_scheme='dark')
    narrow, found = visitor('demo', viewport={'width': 320, 'height': 640}), []
    tabs = ('log', 'console', 'actions', 'snapshot', 'resize', 'rebuild', 'associate', 'groups', 'metadata')
    pages = (f'{INDEX}{server}/', *(f'{INDEX}{server}/{tab}/' for tab in tabs))
    for address in ('/project/overview/', INDEX, LAUNCH, *pages):
        for window in (light, dark):
            window.goto(address)
            found += window.violations()
        width = narrow.goto(address).evaluate('document.documentElement.scrollWidth')
        found += [f'{address}: {width} pixels wide on a screen of 320'] if width > 320 else []
    assert not found, '\n'.join(found)
