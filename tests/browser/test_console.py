"""The screen of a real guest, in the page: what it says while it starts."""
import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import Chromium, Visitor

# Rows of the canvas in which something bright stands on the dark ground: lines of text.
_LINES_OF_TEXT = '''() => {
    const canvas = document.querySelector('canvas');
    if (!canvas || !canvas.width || !canvas.height) return 0;
    const {data, width, height} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let lines = 0, before = false;
    for (let y = 0; y < height; y++) {
        let bright = 0;
        for (let x = 0; x < width; x++) {
            const at = 4 * (y * width + x);
            if (data[at] + data[at + 1] + data[at + 2] > 300) bright++;
        }
        const now = bright > 3;
        if (now && !before) lines++;
        before = now;
    }
    return lines;
}'''


@pytest.fixture
def window(guest_cloud, tmp_path):
    """A browser in the network of the guests."""
    chromium = Chromium(guest_cloud.namespace, tmp_path)
    made = Visitor(chromium, guest_cloud)
    yield made
    made.close()
    chromium.close()
    for each in guest_cloud.json('server', 'list'):
        guest_cloud.openstack('server', 'delete', '--wait', each['ID'])


@pytest.mark.guest
@pytest.mark.timeout(400)
def test_boot_messages_are_on_the_screen(window):
    page = window.log_in('demo').page
    page.goto('/project/instances/launch/')
    page.fill('#id_name', 'on-screen')
    page.get_by_role('button', name='Launch', exact=True).click()
    expect(page.locator('#state-line')).to_contain_text(re.compile('active'), timeout=120_000)
    page.get_by_role('link', name='Log', exact=True).click()
    expect(page.locator('pre.log')).to_contain_text('Linux version', timeout=120_000)
    page.get_by_role('link', name='Console', exact=True).click()
    frame = page.frame_locator('iframe.console')
    expect(frame.locator('canvas')).to_be_visible(timeout=30_000)
    inside = next(each for each in page.frames if each != page.main_frame)
    inside.wait_for_function(f'({_LINES_OF_TEXT})() >= 3', timeout=60_000)
    assert window.trouble == []
