"""Chromium, and people in front of it, before the dashboard of a cloud with the fake hypervisor."""
import pytest

from tests.fixtures.browser import Chromium, Visitor


@pytest.fixture(scope='session')
def chromium():
    """A browser for all tests of this process."""
    made = Chromium()
    yield made
    made.close()


@pytest.fixture
def visitor(chromium, cloud):
    """visitor() is a window of somebody who is not logged in, visitor('demo') of the user demo. Windows take options of
    Playwright's contexts (viewport, color_scheme ...). At the end no window may have met an error of a script or of the
    Content-Security-Policy, nor have asked for an address outside the site."""
    windows = []

    def make(name=None, password=None, **options):
        window = Visitor(chromium, cloud, **options)
        windows.append(window)
        return window.log_in(name, password) if name else window
    yield make
    trouble, foreign = [], []
    for window in windows:
        trouble += window.trouble
        foreign += window.foreign()
        window.close()
    assert not trouble
    assert not foreign
