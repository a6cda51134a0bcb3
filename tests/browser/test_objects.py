"""Object storage, in a browser: upload with progress, folders, download, a link for anybody."""
import requests
from playwright.sync_api import expect


def test_upload_download_link_delete(visitor, tmp_path):
    page = visitor('demo').goto('/project/containers/')
    page.get_by_role('link', name='Create container').click()
    page.fill('#id_name', 'browser files')
    page.get_by_role('button', name='Create container').click()
    expect(page.get_by_role('heading', level=1)).to_have_text('browser files')
    files = []
    for name, data in (('letter & co.txt', b'dear reader'), ('large.bin', bytes(range(256)) * 20_000)):
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    page.set_input_files('input[type=file]', files)
    page.get_by_role('button', name='Upload').click()
    expect(page.get_by_role('row', name='large.bin')).to_be_visible()
    page.get_by_role('link', name='letter & co.txt').first.click()
    expect(page.locator('pre.preview')).to_have_text('dear reader')
    with page.expect_download() as download:
        page.get_by_role('link', name='Download').click()
    assert download.value.suggested_filename == 'letter & co.txt'
    download.value.save_as(tmp_path / 'back')
    assert (tmp_path / 'back').read_bytes() == b'dear reader'
    page.get_by_role('button', name='Make link').click()
    link = page.locator('.alert.success code').inner_text()
    assert requests.get(link, timeout=20).content == b'dear reader'
    page.goto('/project/containers/')
    for name in ('Empty', 'Delete'):
        row = page.get_by_role('row', name='browser files')
        row.locator('summary').click()
        row.get_by_role('button', name=name, exact=True).click()
        page.get_by_role('main').get_by_role('button', name=name).click()
    expect(page.get_by_role('row', name='browser files')).to_have_count(0)
