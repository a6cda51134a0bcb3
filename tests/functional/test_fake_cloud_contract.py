"""The contract of a cloud's APIs, kept by a real cloud; the fake one answers the same calls in the same shapes."""
import inspect

import pytest

from tests.contract.cloud_api import CloudApiContract
from tests.contract.cloud_api_compute import ComputeContract
from tests.contract.cloud_api_operator import OperatorContract
from tests.contract.cloud_api_storage import ImageContract, ObjectContract, VolumeContract
from tests.contract.cloud_calls import FakeSite, RealSite, compare
from tests.fixtures.cloud import Cloud
from tests.fixtures.fake_cloud import FakeCloud

pytestmark = pytest.mark.servers


@pytest.fixture(scope='module')
def real(tmp_path_factory):
    # One of its own: what other tests leave in lists would be compared as well.
    cloud = Cloud(tmp_path_factory.mktemp('contract') / 'var', 'fake')
    try:
        yield RealSite(cloud.make())
    finally:
        cloud.remove()


@pytest.fixture(scope='module')
def fake():
    return FakeCloud()


class SameAsFake:
    """Every test is done again with the fake cloud."""

    @pytest.fixture
    def site(self, real):
        real.notes = []
        return real

    @pytest.fixture(autouse=True)
    def same(self, request, site, fake):
        failed = request.session.testsfailed
        yield
        if request.session.testsfailed == failed:
            fake.reset()
            other = FakeSite(fake)
            arguments = {name: request.node.funcargs[name] for name in inspect.signature(request.function).parameters}
            getattr(self, request.function.__name__)(**{**arguments, 'site': other})
            found = compare(other.notes, site.notes)
            assert not found, '\n'.join(found)


class TestRealCloudApi(SameAsFake, CloudApiContract):
    """Identity and looks."""


class TestRealCompute(SameAsFake, ComputeContract):
    """Compute."""


class TestRealImages(SameAsFake, ImageContract):
    """Images."""


class TestRealObjects(SameAsFake, ObjectContract):
    """Objects."""


class TestRealVolumes(SameAsFake, VolumeContract):
    """Volumes."""


class TestRealOperator(SameAsFake, OperatorContract):
    """The operator API."""
