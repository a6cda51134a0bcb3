"""A volume is made, attached to a server and taken away again, in a browser and without reloading."""
from playwright.sync_api import expect


def test_create_attach_detach_delete(visitor, cloud):
    server = cloud.json('server', 'create', '--flavor', 'm1.nano', '--image', 'blank', '--wait', 'with-disk')['id']
    try:
        page = visitor('demo').goto('/project/volumes/')
        page.get_by_role('link', name='Create volume').click()
        page.fill('#id_name', 'browser-disk')
        page.fill('#id_size', '1')
        page.get_by_role('button', name='Create').click()
        page.goto('/project/volumes/')
        row = page.get_by_role('row', name='browser-disk')
        expect(row).to_contain_text('available')
        _choose(row, 'link', 'Attach')
        page.select_option('#id_server', server)
        page.get_by_role('button', name='Attach').click()
        page.goto('/project/volumes/')
        expect(row).to_contain_text('in-use')
        expect(row).to_contain_text('with-disk')
        _choose(row, 'button', 'Detach')
        page.get_by_role('main').get_by_role('button', name='Detach').click()
        expect(row).to_contain_text('available')
        _choose(row, 'button', 'Delete')
        page.get_by_role('main').get_by_role('button', name='Delete').click()
        expect(row).to_have_count(0)
    finally:
        cloud.openstack('server', 'delete', '--wait', server)


def _choose(row, role, name):
    """One of a row's actions, wherever it stands."""
    action = row.get_by_role(role, name=name).first
    if not action.is_visible():
        row.locator('summary').click()
    action.click()
