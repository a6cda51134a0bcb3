"""The fake cloud keeps the contract; tests/functional/test_fake_cloud_contract.py asks the same of a real one."""
import pytest

from tests.contract.cloud_api import CloudApiContract
from tests.contract.cloud_api_compute import ComputeContract
from tests.contract.cloud_api_operator import OperatorContract
from tests.contract.cloud_api_storage import AttachmentContract, ImageContract, ObjectContract, VolumeContract
from tests.contract.cloud_calls import FakeSite
from tests.fixtures.fake_cloud import FakeCloud


@pytest.fixture(scope='module')
def cloud():
    return FakeCloud()


@pytest.fixture
def site(cloud):
    cloud.reset()
    return FakeSite(cloud)


class TestFakeCloudApi(CloudApiContract):
    """Identity and looks."""


class TestFakeCompute(ComputeContract):
    """Compute."""


class TestFakeImages(ImageContract):
    """Images."""


class TestFakeObjects(ObjectContract):
    """Objects."""


class TestFakeVolumes(VolumeContract):
    """Volumes."""


class TestFakeAttachments(AttachmentContract):
    """Attachments."""


class TestFakeOperator(OperatorContract):
    """The operator API."""
