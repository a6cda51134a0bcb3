"""Key pairs, in a browser: the private key is downloaded once, and it opens what was given the public one."""
import subprocess

from playwright.sync_api import expect


def test_create_download_use_delete(visitor, cloud, tmp_path):
    page = visitor('demo').goto('/project/keypairs/')
    page.get_by_role('link', name='Create key pair').click()
    page.fill('#id_name', 'browser-key')
    page.get_by_role('button', name='Create and download').click()
    with page.expect_download() as download:
        page.get_by_role('link', name='Download browser-key.pem').click()
    assert download.value.suggested_filename == 'browser-key.pem'
    path = tmp_path / 'browser-key.pem'
    download.value.save_as(path)
    path.chmod(0o600)
    public = subprocess.run(['ssh-keygen', '-y', '-f', path], capture_output=True, text=True, check=True,
                            timeout=20).stdout
    assert public.split()[1] in cloud.openstack('keypair', 'show', 'browser-key', '--public-key')
    page.goto('/project/keypairs/')
    assert 'PRIVATE' not in page.content()
    page.get_by_role('button', name='Delete browser-key').click()
    expect(page.get_by_role('main')).to_contain_text('browser-key')
    page.get_by_role('main').get_by_role('button', name='Delete').click()
    expect(page.get_by_role('row', name='browser-key')).to_have_count(0)
