"""A security group and a floating address are made and used, in a browser."""
import re

from playwright.sync_api import expect


def test_a_group_and_an_address_reach_a_server(visitor, cloud):
    page = visitor('demo').goto('/project/security_groups/')
    page.get_by_role('link', name='Create security group').click()
    page.fill('#id_name', 'browser-web')
    page.get_by_role('button', name='Create').click()
    expect(page.get_by_text('This group lets nothing in.')).to_be_visible()
    page.select_option('#id_kind', 'http')
    page.get_by_role('button', name='Add rule').click()
    expect(page.get_by_role('row', name='TCP 80 anywhere')).to_be_visible()

    page.goto('/project/instances/launch/')
    page.fill('#id_name', 'browser-reached')
    page.get_by_label('browser-web').check()
    page.get_by_role('button', name='Launch').click()
    expect(page).to_have_url(re.compile(r'/project/instances/[0-9a-f-]{36}/'))
    server = page.url.rstrip('/').rsplit('/', 1)[1]
    try:
        cloud.wait_status(server, 'ACTIVE')
        page.goto('/project/floating_ips/')
        page.get_by_role('link', name='Allocate address').click()
        page.get_by_role('button', name='Allocate').click()
        said = page.get_by_role('status').filter(has_text='is yours now').inner_text()
        address = re.search(r'[\d.]+\d', said)[0]
        page.get_by_role('link', name=f'Associate {address}').click()
        page.select_option('#id_server', server)
        page.get_by_role('button', name='Associate').click()
        row = page.get_by_role('row', name=address)
        expect(row).to_contain_text('browser-reached')
        shown = cloud.json('server', 'show', server)
        assert address in str(shown['addresses'])
        assert 'browser-web' in str(shown['security_groups'])
        row.get_by_role('button', name='Disassociate').click()
        expect(page.get_by_role('link', name=f'Associate {address}')).to_be_visible()
        page.get_by_role('row', name=address).locator('summary').click()
        page.get_by_role('row', name=address).get_by_role('button', name='Release').click()
        page.get_by_role('main').get_by_role('button', name='Release').click()
        expect(page.get_by_role('row', name=address)).to_have_count(0)
    finally:
        cloud.openstack('server', 'delete', '--wait', server)
    page.goto('/project/security_groups/')
    row = page.get_by_role('row', name='browser-web')
    row.locator('summary').click()
    row.get_by_role('button', name='Delete').click()
    page.get_by_role('main').get_by_role('button', name='Delete').click()
    expect(page.get_by_role('row', name='browser-web')).to_have_count(0)
