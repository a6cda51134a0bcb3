"""The architecture dashboard in a browser before a real cloud: its daemons, one that is killed, a launch followed."""
import contextlib
import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import PHONE, Visitor
from tests.fixtures.cloud import Cloud

CLOUD, FOLLOW = '/architecture/cloud/', '/architecture/follow/'


def part(page, key):
    """A part in the wide drawing."""
    return page.locator(f'#wide-{key}')


def wait_until_well(page):
    expect(page.locator('#news')).to_contain_text(re.compile(r'All \d+ daemons are up'))


def test_the_running_daemons_are_drawn_and_explained(visitor):
    page = visitor('admin').goto(CLOUD)
    wait_until_well(page)
    for key in ('keystone-api', 'glance-api', 'nova-api', 'broker', 'nova-scheduler', 'nova-network', 'nova-compute',
                'hypervisor', 'proxy-server', 'object-server', 'devices', 'nova-db', 'operator', 'horizon'):
        expect(part(page, key)).to_have_class(re.compile('good'))
    part(page, 'nova-scheduler').click()
    expect(page.locator('h1')).to_have_text('Scheduler')
    expect(page.get_by_role('main')).to_contain_text('Decides on which host a new server runs')


def test_by_keyboard_without_losing_the_place(visitor):
    page = visitor('admin').goto(CLOUD)
    part(page, 'nova-api').focus()
    with page.expect_response(re.compile('live=')):
        pass
    with page.expect_response(re.compile('live=')):
        pass
    expect(part(page, 'nova-api')).to_be_focused()
    page.keyboard.press('Enter')
    expect(page.locator('h1')).to_have_text('Compute API')


@pytest.mark.parametrize('options', [{}, {'color_scheme': 'dark'}, {'viewport': PHONE}], ids=['light', 'dark', 'phone'])
def test_accessible(visitor, options):
    window = visitor('admin', reduced_motion='reduce', **options)
    for path in (CLOUD, f'{CLOUD}broker/', f'{CLOUD}devices/', FOLLOW, '/architecture/idea/'):
        page = window.goto(path)
        assert window.violations() == []
        # Nothing is wider than the window.
        assert page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')
    page = window.goto(CLOUD)
    page.get_by_text('The same as a table').click()
    expect(page.locator('#daemons')).to_contain_text('nova-compute')
    assert window.violations() == []


def test_it_works_without_scripts(chromium, cloud):
    window = Visitor(chromium, cloud, java_script_enabled=False).log_in('admin')
    try:
        page = window.goto(CLOUD)
        part(page, 'glance-api').click()
        expect(page.locator('h1')).to_have_text('Image API')
        page = window.goto(FOLLOW)
        page.get_by_role('button', name='Launch and watch').click()
        expect(page.locator('h1')).to_contain_text('Request req-')
    finally:
        window.close()


def test_a_member_sees_the_idea_alone(visitor):
    window = visitor('demo')
    page = window.goto('/architecture/idea/')
    navigation = page.get_by_role('navigation', name='Main')
    expect(navigation.get_by_role('link', name='How it works')).to_be_visible()
    expect(navigation.get_by_role('link', name='This cloud, live')).to_have_count(0)
    assert page.request.get(CLOUD).status == 403


def test_follow_a_launch(visitor):
    page = visitor('admin').goto(FOLLOW)
    page.get_by_role('button', name='Launch and watch').click()
    steps = page.locator('.waterfall')
    expect(steps).to_contain_text('Step: say that it runs')
    for words in ('calls compute: POST /servers', 'leaves a message for scheduler.work', 'Step: choose a host',
                  'Step: give it addresses', 'Step: fetch the image', 'Step: start the guest'):
        expect(steps).to_contain_text(words)
    for key in ('you', 'horizon', 'nova-api', 'broker', 'nova-scheduler', 'nova-compute', 'nova-network', 'hypervisor',
                'glance-api'):
        expect(part(page, key)).to_have_class(re.compile('lit'))
    expect(part(page, 'proxy-server')).to_have_class(re.compile('dim'))
    expect(page.locator('#way')).to_contain_text(re.compile(r'\d+ SQL statements, \d+ messages, \d+ calls'))
    request_id = page.locator('#way code').first.inner_text()
    page.get_by_role('button', name='Delete it, and watch that too').click()
    expect(page.locator('.waterfall')).to_contain_text('Step: forget it')
    # By its id, and from the list.
    page.goto(FOLLOW)
    page.fill('#request-id', request_id)
    page.get_by_role('button', name='Follow').click()
    expect(page.locator('.waterfall')).to_contain_text('Step: say that it runs')
    page.goto(FOLLOW)
    page.locator('main a', has_text='/architecture/follow/launch/').first.click()
    expect(page.locator('.waterfall')).to_be_visible()


@pytest.fixture
def doomed(tmp_path):
    """A cloud of this test alone, whose daemons may die."""
    made = Cloud(tmp_path / 'var', 'fake')
    try:
        yield made.make()
    finally:
        made.remove()


def test_a_killed_daemon_turns_red_within_its_heartbeat(chromium, doomed):
    window = Visitor(chromium, doomed).log_in('admin')
    supervisor = int((doomed.directory / 'run' / 'essex.pid').read_text())
    try:
        page = window.goto(CLOUD)
        wait_until_well(page)
        page.evaluate('window.stays = true')
        status = doomed.essex('status')
        victim = int(re.search(r'^glance-api .* (\d+) +\d+ MB$', status, re.MULTILINE)[1])
        # Held, so that it starts the dead again when this test has looked.
        os.kill(supervisor, signal.SIGSTOP)
        os.kill(victim, signal.SIGKILL)
        expect(part(page, 'glance-api')).to_have_class(re.compile('bad'), timeout=5000)
        expect(part(page, 'glance-api')).to_contain_text('dead')
        expect(part(page, 'nova-api')).to_have_class(re.compile('good'))
        expect(page.locator('#news')).to_contain_text(re.compile('glance-api.* on .*: dead'))
        os.kill(supervisor, signal.SIGCONT)
        expect(part(page, 'glance-api')).to_contain_text('died, is back', timeout=20000)
        assert page.evaluate('window.stays')   # all of that without loading the page again
        assert not window.trouble
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(supervisor, signal.SIGCONT)
        window.close()
