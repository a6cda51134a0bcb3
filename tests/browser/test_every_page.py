"""What holds for every page: WCAG 2.2 AA by axe-core, light and dark; no sideways scrolling on a phone or at 400 %."""
import pytest

from tests.fixtures import pages
from tests.fixtures.browser import PHONE

# 1280 pixels at 400 %.
_NARROW = {'width': 320, 'height': 640}


@pytest.fixture(scope='module', autouse=True)
def things(cloud):
    """Something of each kind to show."""
    cloud.openstack('keypair', 'create', 'seen')
    yield
    cloud.openstack('keypair', 'delete', 'seen')


@pytest.mark.parametrize('user', ['demo', 'admin'])
@pytest.mark.timeout(400)
def test_pages_are_for_everybody(visitor, user):
    found = []
    light = visitor(user, color_scheme='light')
    addresses = pages.of(light)
    assert len(addresses) > 3
    dark, narrow = visitor(user, color_scheme='dark'), visitor(user, viewport=_NARROW)
    for address in addresses:
        light.goto(address)
        found += light.violations()
        dark.goto(address)
        # What the colours change.
        found += dark.violations('color-contrast')
        width = narrow.goto(address).evaluate('document.documentElement.scrollWidth')
        found += [f'{address}: {width} pixels wide on a screen of 320'] if width > _NARROW['width'] else []
    assert not found, '\n'.join(found)


def test_the_log_in_too(visitor):
    for options in ({'color_scheme': 'light'}, {'color_scheme': 'dark'}, {'viewport': PHONE}):
        window = visitor(**options)
        window.goto('/auth/login/')
        assert window.violations() == []
