"""C14: the read models are deleted and built again from Kafka, under load."""

from dataclasses import dataclass

import httpx
from tests.chaos.load import Journeys
from tests.chaos.oracle import documents
from tests.chaos.verdict import Verdict
from tests.chaos.world import World
from tests.system.backstage import command

PROMISE = "deleted and rebuilt from Kafka, each document equals its owner's row, field by field"
DRIVERS = 6
LOTS, SPOTS = 4, 25


@dataclass(frozen=True)
class Size:
    """How many requests the drivers make before the indices are deleted."""

    requests: int


FULL = Size(requests=5_000)
SHORT = Size(requests=100)


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """The drivers go on while it is built."""
    lots = [await world.open_lot(SPOTS) for _ in range(LOTS)]
    drivers = await world.drivers(DRIVERS, patience=90)
    async with Journeys(lots, world.random).under_way(drivers):
        await world.history.grows(size.requests)
        deleted = await _delete_indices(world)
        await command(world.platform, "analytics", "rebuild", "reservations", "ledger")
    verdict.violations += await world.settled()
    verdict.tried |= {"indices deleted": deleted, "requests": len(world.history.operations)}
    verdict.found["documents that equal their rows"] = await documents.count(world.platform.elasticsearch)


async def _delete_indices(world: World) -> list[str]:
    deleted: list[str] = []
    async with httpx.AsyncClient(base_url=world.platform.elasticsearch, trust_env=False) as elasticsearch:
        for projection, _, _ in documents.OWNERS:
            (index,) = (await elasticsearch.get(f"/_alias/parking-{projection}")).json()
            (await elasticsearch.delete(f"/{index}")).raise_for_status()
            deleted.append(projection)
    return deleted
