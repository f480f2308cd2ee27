"""The services, fuzzed for a short while with a fixed seed."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from parking_platform.testing.platform import RunningPlatform

# What tests share is imported by its place in the tree: `tests.fuzz.cast`.
sys.path.append(str(Path(__file__).parents[2]))

from tests.fuzz.campaign import Effort, Outcome, fuzz
from tests.fuzz.cast import ROLES, SERVICES, Cast, engaged

SHORT = Effort(cases=5, seed=1, borders=False)


@pytest_asyncio.fixture(scope="session")
async def cast(platform: RunningPlatform) -> AsyncIterator[Cast]:
    """People and things that are nobody else's."""
    async with engaged(platform) as cast:
        yield cast


@pytest.fixture(scope="session")
def outcomes(platform: RunningPlatform, cast: Cast) -> dict[str, Outcome]:
    """What each service did, asked by everyone."""
    outcomes = {service: Outcome() for service in SERVICES}
    for service, outcome in outcomes.items():
        for who in ROLES:
            outcome.add(fuzz(platform.address(service), SHORT, who, cast, platform.address("auth")))
    return outcomes
