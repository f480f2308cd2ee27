import pytest_asyncio
from services.analytics.tests.fakes.installation import FakeInstallation


@pytest_asyncio.fixture
async def analytics() -> FakeInstallation:
    """An installation whose indices are made."""
    return await FakeInstallation().prepared()
