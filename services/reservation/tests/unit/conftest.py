import pytest
from services.reservation.tests.fakes.installation import FakeInstallation


@pytest.fixture
def service() -> FakeInstallation:
    return FakeInstallation()
