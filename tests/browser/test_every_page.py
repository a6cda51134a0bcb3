"""What holds for every page: WCAG 2.2 AA by axe-core, light and dark; no sideways scrolling on a phone or at 400 %."""
import pytest

from tests.fixtures import pages
from tests.fixtures.browser import DESKTOP, PHONE

# 1280 pixels at 400 %.
_NARROW = {'width': 320, 'height': 640}
# What only administrators have; in the rest there are more things to see for the user demo.
_ADMIN = ('/admin/', '/architecture/')


@pytest.fixture(scope='module', autouse=True)
def things(cloud):
    """Something of each kind to show."""
    cloud.openstack('keypair', 'create', 'seen')
    yield
    cloud.openstack('keypair', 'delete', 'seen')


@pytest.mark.parametrize('user', ['demo', 'admin'])
@pytest.mark.timeout(400)
def test_pages_are_for_everybody(visitor, user):
    # Colours that fade into one another are no colours to measure.
    window = visitor(user, reduced_motion='reduce')
    addresses = [each for each in pages.of(window) if user == 'demo' or each.startswith(_ADMIN)]
    assert len(addresses) > 20
    found = []
    for address in addresses:
        page = window.goto(address)
        found += window.violations()
        page.emulate_media(color_scheme='dark')
        found += window.violations('color-contrast')   # what the colours change
        page.set_viewport_size(_NARROW)
        width = page.evaluate('document.documentElement.scrollWidth')
        found += [f'{address}: {width} pixels wide on a screen of 320'] if width > _NARROW['width'] else []
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme='light')
    assert not found, '\n'.join(found)


def test_the_log_in_too(visitor):
    for options in ({'color_scheme': 'light'}, {'color_scheme': 'dark'}, {'viewport': PHONE}):
        window = visitor(**options)
        window.goto('/auth/login/')
        assert window.violations() == []
