import pytest
from services.auth.tests.fakes.installation import FakeInstallation


@pytest.fixture
def auth() -> FakeInstallation:
    return FakeInstallation()
