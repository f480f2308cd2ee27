"""Events in from a real Kafka and out to it, and the migration against the tables."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from parking_chassis.ids import new_id
from parking_events import OrganizationCreatedV1
from parking_messaging import KafkaConnection, PostgresOutbox, ensure_topics, topics_of
from parking_platform.testing.servers import KafkaServer
from parking_platform.testing.waiting import wait_until
from parking_service.adapters.postgres.tables import metadata
from parking_service.bootstrap import Parking, make_topics, organizations_consumer, outbox_relay


async def test_an_organization_that_auth_tells_of_can_own_a_lot(
    parking: Parking, person: Any, make_settings: Any, kafka_server: KafkaServer
) -> None:
    settings = make_settings(kafka_bootstrap_servers=kafka_server.bootstrap_servers)
    await make_topics(settings)
    await make_topics(settings)  # a second time changes nothing
    await ensure_topics(KafkaConnection(kafka_server.bootstrap_servers, "tests"), topics_of("auth"))
    organization_id = new_id()
    event = OrganizationCreatedV1(
        version=1, organization_id=organization_id, name="Basel", members=(), created_at=datetime.now(UTC)
    )
    async with parking.engine.begin() as connection:
        await PostgresOutbox().add(connection, [event])  # auth's place is taken by our own outbox
    somebody = person("write:parking", organization_id)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as loops:
        loops.create_task(outbox_relay(settings).run(stop))
        loops.create_task(organizations_consumer(replace(parking, settings=settings)).run(stop))
        lot = {
            "name": "Messe",
            "location": {"latitude": 47.56, "longitude": 7.6},
            "address": "Riehenring 101",
            "time_zone": "Europe/Zurich",
        }

        async def answered() -> httpx.Response | None:
            answer = await somebody("POST", "/parking-lots", json=lot)
            return answer if answer.status_code != 409 else None

        answer = await wait_until(answered, "the organization to be known", seconds=30)
        stop.set()
    assert answer is not None
    assert answer.status_code == 201, answer.text
    assert answer.json()["organization_id"] == str(organization_id)


async def test_the_migration_makes_what_the_tables_say(parking: Parking) -> None:
    def differences(connection: Connection) -> list[Any]:
        def ours(thing: Any, _name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
            return thing.name != "spatial_ref_sys"  # PostGIS's own

        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return [each for each in compare_metadata(context, metadata) if "location" not in repr(each)]

    async with parking.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
