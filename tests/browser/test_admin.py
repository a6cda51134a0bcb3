"""What administrators do, in a browser: a project, somebody to work in it, a size, a limit; and who sees none of it."""
import uuid

import pytest
from playwright.sync_api import expect


@pytest.fixture
def names(cloud):
    """Names of a project, user and flavor nobody else has; what has them afterwards goes."""
    tail = uuid.uuid4().hex[:6]
    made = {kind: f'{kind}-{tail}' for kind in ('project', 'user', 'flavor')}
    yield made
    for kind, name in (('user', made['user']), ('project', made['project']), ('flavor', made['flavor'])):
        if name in cloud.openstack(kind, 'list', '-f', 'value', '-c', 'Name', account='admin').split():
            cloud.openstack(kind, 'delete', name, account='admin')


def test_a_project_with_all_it_needs(visitor, cloud, names):
    page = visitor('admin').goto('/admin/projects/')
    page.get_by_role('link', name='Create project').click()
    page.get_by_label('Name').first.fill(names['project'])
    page.get_by_role('button', name='Create project').click()
    expect(page.locator('h1')).to_have_text(names['project'])
    project = page.url

    page.goto('/admin/users/create/')
    page.fill('#id_name', names['user'])
    page.fill('#id_password', 'Of a test 1')
    page.fill('#id_password_again', 'Of a test 1')
    page.get_by_label('First project', exact=True).select_option(names['project'])
    page.get_by_role('button', name='Create user').click()
    expect(page.get_by_role('row', name=names['project'])).to_contain_text('member')

    page.goto('/admin/flavors/create/')
    page.fill('#id_name', names['flavor'])
    page.fill('#id_ram', '64')
    page.fill('#id_disk', '0')
    page.get_by_role('button', name='Create flavor').click()
    expect(page.get_by_role('row', name=names['flavor'])).to_contain_text('64 MB')

    page.goto(project)
    page.get_by_role('main').get_by_role('link', name='Quotas').click()
    page.fill('[name="compute.instances"]', '3')
    page.get_by_role('button', name='Save limits').click()
    expect(page.get_by_role('main')).to_contain_text('0 / 3')

    new = visitor(names['user'], 'Of a test 1')
    expect(new.page.locator('.project-menu')).to_contain_text(names['project'])
    expect(new.page.get_by_role('navigation', name='Main')).not_to_contain_text('Hypervisors')
    new.goto('/admin/projects/')
    expect(new.page.locator('h1')).to_have_text('Not yours to see')

    # Out again, without a word of theirs left.
    page.goto(project)
    page.get_by_role('main').get_by_role('link', name='Members').click()
    page.get_by_role('checkbox', name=f'member for {names["user"]}').uncheck()
    page.get_by_role('button', name='Save').click()
    expect(page.get_by_role('main')).to_contain_text('Nobody has a role here yet.')


def test_a_member_sees_no_page_of_administrators(visitor):
    window = visitor('demo')
    page = window.goto('/project/overview/')
    expect(page.get_by_role('navigation', name='Main')).not_to_contain_text('Hypervisors')
    for panel in ('overview', 'attention', 'instances', 'projects', 'users', 'services', 'system'):
        window.goto(f'/admin/{panel}/')
        expect(page.locator('h1')).to_have_text('Not yours to see')


def test_a_daemon_that_is_disabled_says_why_until_it_is_enabled(visitor):
    page = visitor('admin').goto('/admin/services/')
    row = page.locator('#compute').get_by_role('row', name='nova-scheduler')
    row.get_by_role('link', name='Disable').click()
    page.get_by_label('Reason').fill('new memory')
    page.get_by_role('button', name='Disable').click()
    expect(row).to_contain_text('new memory')
    attention = visitor('admin').goto('/admin/attention/')
    expect(attention.get_by_role('row', name='nova-scheduler')).to_contain_text('new memory')
    row.get_by_role('button', name='Enable').click()
    expect(row.get_by_role('link', name='Disable')).to_have_count(1)
