from dataclasses import dataclass
from pathlib import Path

import pytest

from parking_platform.programs import ProgramMissing
from parking_platform.servers.redis import Redis
from parking_platform.testing.provisioning import NoServer, provide


@dataclass(frozen=True, kw_only=True)
class NotInstalled(Redis):
    def prepare(self) -> None:
        raise ProgramMissing("redis-server is not installed")


def not_installed() -> Redis:
    return NotInstalled(directory=Path("/nonexistent"), port=1)


async def test_an_address_in_the_environment_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", "redis://given:6379/0")

    async with provide(
        variable="TEST_REDIS_URL", native=not_installed, address=Redis.url, container="redis", logs=tmp_path
    ) as address:
        assert address == "redis://given:6379/0"


async def test_without_any_way_it_says_all_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    # A PATH without a docker command.
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoServer) as failure:
        async with provide(
            variable="TEST_REDIS_URL", native=not_installed, address=Redis.url, container="redis", logs=tmp_path
        ):
            pytest.fail("there is no server")

    for way in ("redis-server is not installed", "TEST_REDIS_URL", "Docker engine"):
        assert way in str(failure.value)
