"""Events in from a real Kafka and out to it, and the migration against the tables."""

import asyncio
import json
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from libs.events.tests.later_values import LATER
from libs.messaging.tests.later_events import later_records, publish_and_wait
from sqlalchemy import Connection, text

from parking_chassis.ids import new_id
from parking_events import (
    OrganizationCreatedV1,
    OrganizationMemberAddedV1,
    OrganizationState,
    ReservationConfirmedV1,
    ReservationState,
    SupplyChangeFinishedV1,
    SupplyChangeProgressedV1,
    SupplyChangeStartedV1,
    SupplyChangeState,
    WireEvent,
)
from parking_events.schemas import example_of
from parking_kernel.askers import THE_SERVICE
from parking_messaging import KafkaConnection, PostgresOutbox, ensure_topics, topics_of
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Outgoing, Unsent
from parking_platform.testing.servers import KafkaServer, SchemaOwner
from parking_platform.testing.waiting import wait_until
from parking_service.adapters.postgres.tables import metadata
from parking_service.bootstrap import Parking
from parking_service.entrypoints.consumers import BOOKINGS, ORGANIZATIONS, messaging

PROGRAM = Path(sys.executable).parent / "parking-service"


async def test_an_organization_that_auth_publishes_can_own_a_lot(
    parking: Parking, person: Any, make_settings: Any, kafka_server: KafkaServer
) -> None:
    settings = make_settings(kafka_bootstrap_servers=kafka_server.bootstrap_servers)
    kafka = messaging(replace(parking, settings=settings))
    await kafka.make_topics()
    await kafka.make_topics()  # a second time changes nothing
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
        loops.create_task(kafka.relay.run(stop))
        loops.create_task(kafka.consumers[ORGANIZATIONS].run(stop))
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


async def test_what_a_newer_auth_publishes_is_no_dead_letter(
    parking: Parking, make_settings: Any, kafka_server: KafkaServer
) -> None:
    """A role that nobody knows here, and properties that came later: organizations have no enumerations."""
    settings = make_settings(kafka_bootstrap_servers=kafka_server.bootstrap_servers)
    ours = messaging(replace(parking, settings=settings))
    await ours.make_topics()
    kafka = KafkaConnection(kafka_server.bootstrap_servers, "tests")
    await ensure_topics(kafka, topics_of("auth"))
    assert list(later_records(OrganizationState)) == [], "when it gets one, publish these"
    example = OrganizationMemberAddedV1.from_json(json.dumps(example_of(OrganizationMemberAddedV1)).encode())
    event = example.model_copy(update={"organization_id": new_id()})
    members = [{"user_id": str(new_id()), "role": "added_later", "since": "2027"}]
    later = json.loads(event.to_json()) | {"members": members, "colour": "red"}
    record = outgoing(Unsent(1, outbox_row(event), datetime.now(UTC)), b"/services/auth")
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as loops:
        loops.create_task(ours.consumers[ORGANIZATIONS].run(stop))
        await publish_and_wait(
            kafka_server.bootstrap_servers, [record._replace(value=json.dumps(later).encode())], ORGANIZATIONS
        )
        stop.set()
    async with parking.engine.connect() as connection:
        assert (await connection.execute(text("SELECT topic, error FROM dead_letters"))).all() == []
        known = await connection.execute(text("SELECT name FROM organizations WHERE id = :id"), {"id": event.subject})
        assert known.scalar_one() == event.name


async def test_bookings_and_what_becomes_of_them_come_by_kafka(
    parking: Parking, operator: Any, make_settings: Any, kafka_server: KafkaServer
) -> None:
    """A booking that was published is in the way; then reservation publishes how far it is, and the job shows it."""
    lot = await operator.lot()
    (spot,) = await operator.spots(lot["id"], "1")
    ids = {"parking_lot_id": UUID(lot["id"]), "spot_id": UUID(spot["id"]), "reservation_id": new_id()}
    times = {"starts_at": datetime.now(UTC) + timedelta(days=1), "ends_at": datetime.now(UTC) + timedelta(days=2)}
    booked = example(ReservationConfirmedV1).model_copy(update=ids | times)
    bootstrap_servers = kafka_server.bootstrap_servers
    ours = messaging(replace(parking, settings=make_settings(kafka_bootstrap_servers=bootstrap_servers)))
    await ours.make_topics()
    await ensure_topics(KafkaConnection(bootstrap_servers, "tests"), topics_of("reservation"))
    stop, committed_at = asyncio.Event(), datetime.now(UTC)
    async with asyncio.TaskGroup() as loops:
        loops.create_task(ours.consumers[BOOKINGS].run(stop))
        await publish_and_wait(bootstrap_servers, [record_of(booked, committed_at)], BOOKINGS)
        refused = await operator("DELETE", f"/spots/{spot['id']}")
        assert refused.status_code == 409, refused.text
        assert (refused.json()["count"], datetime.fromisoformat(refused.json()["as_of"])) == (1, committed_at)
        assert [each["reservation_id"] for each in refused.json()["first"]] == [str(ids["reservation_id"])]
        accepted = await operator("DELETE", f"/spots/{spot['id']}", params={"affected": "move"})
        path = accepted.headers["Location"].removeprefix("/api/v1")
        of_change = {"id": UUID(accepted.json()["supply_change_id"]), "parking_lot_id": ids["parking_lot_id"]}
        seen: list[list[object]] = []
        # The started one comes again, late.
        for event_class in (SupplyChangeProgressedV1, SupplyChangeFinishedV1, SupplyChangeStartedV1):
            event = example(event_class).model_copy(update=of_change)
            await publish_and_wait(bootstrap_servers, [record_of(event)], BOOKINGS)
            job = (await operator("GET", path)).json()
            seen.append([job[name] for name in ("status", "total", "done", "moved", "refunded", "ended_at")])
        stop.set()
    done = ["done", 2, 2, 1, 1, "2026-05-03T16:21:35Z"]
    assert seen == [["running", 2, 1, 1, 0, None], done, done]


async def test_what_a_newer_reservation_publishes_is_no_dead_letter(
    parking: Parking, make_settings: Any, kafka_server: KafkaServer
) -> None:
    """A status that nobody knows here is a booking until its end."""
    bootstrap_servers = kafka_server.bootstrap_servers
    ours = messaging(replace(parking, settings=make_settings(kafka_bootstrap_servers=bootstrap_servers)))
    await ours.make_topics()
    await ensure_topics(KafkaConnection(bootstrap_servers, "tests"), topics_of("reservation"))
    lot_id, end = str(new_id()), (datetime.now(UTC) + timedelta(days=9_000)).isoformat()
    records = [
        *later_records(ReservationState, parking_lot_id=lot_id, ends_at=end),
        *later_records(SupplyChangeState, parking_lot_id=lot_id),
    ]
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as loops:
        loops.create_task(ours.consumers[BOOKINGS].run(stop))
        await publish_and_wait(bootstrap_servers, records, BOOKINGS)
        stop.set()
    async with parking.engine.connect() as connection:
        assert (await connection.execute(text("SELECT topic, error FROM dead_letters"))).all() == []
    async with parking.use_cases.get_import.open_work(THE_SERVICE) as work:
        found = await work.bookings.needing_supply(UUID(lot_id), datetime.now(UTC))
    assert LATER in {booking.status for booking in found}


def example[E: WireEvent](event_class: type[E]) -> E:
    return event_class.from_json(json.dumps(example_of(event_class)).encode())


def record_of(event: WireEvent, committed_at: datetime | None = None) -> Outgoing:
    return outgoing(Unsent(1, outbox_row(event), committed_at or datetime.now(UTC)), b"/services/reservation")


async def test_a_dead_letter_is_replayed(
    parking: Parking, make_settings: Any, kafka_server: KafkaServer, database_url: str, schema_owner: SchemaOwner
) -> None:
    """By the command, in a process of its own."""
    settings = make_settings(kafka_bootstrap_servers=kafka_server.bootstrap_servers)
    ours = messaging(replace(parking, settings=settings))
    await ours.make_topics()
    await ensure_topics(KafkaConnection(kafka_server.bootstrap_servers, "tests"), topics_of("auth"))
    event = OrganizationCreatedV1(
        version=1, organization_id=new_id(), name="Basel", members=(), created_at=datetime.now(UTC)
    )
    await schema_owner.run("ALTER TABLE organizations ADD CONSTRAINT wrong CHECK (name <> 'Basel')")
    record = outgoing(Unsent(1, outbox_row(event), datetime.now(UTC)), b"/services/auth")
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as loops:
        loops.create_task(ours.consumers[ORGANIZATIONS].run(stop))
        await publish_and_wait(kafka_server.bootstrap_servers, [record], ORGANIZATIONS)
        stop.set()
    environment = {
        "PARKING_ENVIRONMENT": "test",
        "PARKING_DATABASE_URL": database_url,
        "PARKING_TOKEN_ISSUER": settings.token_issuer,
        "PARKING_ANSWER_KEYS": settings.answer_keys.get_secret_value(),
    }
    assert (await replayed(environment))[0] == 1, "it is still as wrong as before"
    await schema_owner.run("ALTER TABLE organizations DROP CONSTRAINT wrong")
    assert await replayed(environment) == (0, {"applied": 1, "discarded": 0, "still_blocked": {}})
    async with parking.engine.connect() as connection:
        known = await connection.execute(text("SELECT name FROM organizations WHERE id = :id"), {"id": event.subject})
        assert known.scalar_one() == "Basel"


async def replayed(environment: dict[str, str]) -> tuple[int | None, Any]:
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, "replay", "--group", ORGANIZATIONS),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    report, log = await process.communicate()
    assert report, log
    return process.returncode, json.loads(report)


async def test_the_migration_makes_what_the_tables_say(parking: Parking) -> None:
    def differences(connection: Connection) -> list[Any]:
        def ours(thing: Any, _name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
            return thing.name != "spatial_ref_sys"  # PostGIS's own

        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        return [each for each in compare_metadata(context, metadata) if "location" not in repr(each)]

    async with parking.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
