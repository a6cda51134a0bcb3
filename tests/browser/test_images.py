"""A new image, in a browser: the file goes with progress."""
import re

from playwright.sync_api import expect


def test_upload_with_progress(visitor, cloud, tmp_path):
    disk = tmp_path / 'disk.raw'
    disk.write_bytes(b'\0' * (24 << 20))
    page = visitor('demo').goto('/project/images/create/')
    page.fill('#id_name', 'from the browser')
    page.set_input_files('#id_file', disk)
    seen = page.evaluate_handle("""() => {
        const values = [];
        new MutationObserver(() => {
            const bar = document.querySelector('.upload-line progress');
            if (bar) values.push(bar.value);
        }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
        window.addEventListener('pagehide', () => sessionStorage.setItem('seen', JSON.stringify(values)));
        return values;
    }""")
    assert seen
    page.get_by_role('button', name='Create image').click()
    expect(page).to_have_url(re.compile(r'/project/images/[0-9a-f-]{36}/'))
    expect(page.locator('.status').first).to_have_text('active')
    values = page.evaluate("JSON.parse(sessionStorage.getItem('seen'))")
    assert values == sorted(values)
    assert values[-1] == 100
    [row] = [each for each in cloud.json('image', 'list', '--long') if each['Name'] == 'from the browser']
    assert row['Size'] == 24 << 20
    page.get_by_role('button', name='Delete').click()
    page.get_by_role('main').get_by_role('button', name='Delete').click()
    expect(page.get_by_text('Deleted: from the browser')).to_be_visible()


def test_a_format_that_is_not_what_it_says(visitor, tmp_path):
    disk = tmp_path / 'disk.qcow2'
    disk.write_bytes(b'not a qcow2 at all' * 1000)
    page = visitor('demo').goto('/project/images/create/')
    page.fill('#id_name', 'wrong')
    page.set_input_files('#id_file', disk)
    page.get_by_role('button', name='Create image').click()
    expect(page.get_by_role('alert')).to_contain_text('qcow2')
