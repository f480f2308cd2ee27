"""The sample consumers read what another company would read, and their tables equal reservation's own rows."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from tests.system.backstage import Databases

from parking_demo.people import Driver, Json, Operator, soon
from parking_events.topics import RESERVATION
from parking_platform.programs import CHECKOUT, java
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import TimedOut, wait_until

SAMPLES = CHECKOUT / "samples" / "consumers"
SCRIPT = SAMPLES / "python" / "reservation_table.py"
JAVA_SOURCE = SAMPLES / "java/src/main/java/example/ReservationTable.java"
JAVA_LOG = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

Table = Mapping[str, tuple[object, ...]]


@dataclass(frozen=True)
class Sample:
    """How one is run: as its README says, with the libraries that were checked by hash."""

    command: Sequence[str | Path]
    environment: Mapping[str, str]

    async def table(self, bootstrap_servers: str) -> Table:
        """What it prints when it has read everything."""
        process = await asyncio.create_subprocess_exec(
            *self.command,
            env={"PATH": os.environ["PATH"], "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers, **self.environment},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            printed, complaints = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        assert process.returncode == 0, complaints.decode()
        return table_of(json.loads(line) for line in printed.splitlines())


@pytest.fixture(scope="module")
def samples() -> Mapping[str, Sample]:
    """Each language's; `-S`: the packages of the tests are not there to help out."""
    installed = subprocess.run([SAMPLES / "install.sh"], stdout=subprocess.PIPE, text=True, check=True)
    folder = Path(installed.stdout.strip())
    return {
        "python": Sample((sys.executable, "-S", SCRIPT), {"PYTHONPATH": str(folder / "python")}),
        "java": Sample((java(), JAVA_LOG, "-cp", f"{folder}/java/*", JAVA_SOURCE), {}),
        "go": Sample((folder / "go" / "reservation-table",), {}),
    }


@pytest_asyncio.fixture
async def bookings(driver: Driver, operator: Operator) -> Json:
    """Of one lot: a reservation that is held, one that is paid, one that was paid and given up."""
    lot = await operator.open_lot(spots=3)
    held, paid, given_up = [(await driver.reserve(lot, start=soon())).json() for _ in range(3)]
    for reservation in (paid, given_up):
        await driver.pay(reservation)
        await driver.wait_for_status(reservation["id"], "confirmed")
    assert (await driver.post(f"/reservations/{given_up['id']}/cancel")).status_code == 200
    return {"held": held["id"], "paid": paid["id"], "given_up": given_up["id"]}


@pytest_asyncio.fixture
async def late_repeat(platform: RunningPlatform, bookings: Json) -> str:
    """The first event of a reservation comes once more, after all others of it. That is allowed."""
    given_up = bookings["given_up"]

    async def published() -> list[ConsumerRecord]:
        of_it = [record for record in await records(platform.kafka) if subject(record) == given_up]
        return of_it if status(of_it[-1:]) == ["cancelled"] else []

    first = (await wait_until(published, "the cancellation to be published"))[0]
    async with AIOKafkaProducer(bootstrap_servers=platform.kafka) as producer:
        await producer.send_and_wait(
            first.topic, first.value, key=first.key, partition=first.partition, headers=list(first.headers)
        )
    return given_up


@pytest.mark.parametrize("language", ["python", "java", "go"])
async def test_a_sample_s_table_equals_reservation_s_own_rows(
    language: str,
    samples: Mapping[str, Sample],
    platform: RunningPlatform,
    databases: Databases,
    bookings: Json,
    late_repeat: str,
) -> None:
    found: dict[str, Table] = {}

    async def agree() -> bool:
        found["rows"] = await rows(databases)
        found["table"] = await samples[language].table(platform.kafka)
        return found["table"] == found["rows"]

    with suppress(TimedOut):  # the comparison below says what differs
        await wait_until(agree, "the table to equal the rows", seconds=60)
    assert found["table"] == found["rows"]
    statuses = {name: found["table"][reservation_id][0] for name, reservation_id in bookings.items()}
    assert statuses == {"held": "pending", "paid": "confirmed", "given_up": "cancelled"}


async def test_a_consumer_that_keeps_what_comes_last_is_found_out(
    platform: RunningPlatform, databases: Databases, late_repeat: str
) -> None:
    """The control: without the rule "keep the highest version" the tables differ, by what came late."""
    last = table_of(json.loads(record.value or b"") for record in await records(platform.kafka))
    own = (await rows(databases))[late_repeat]
    assert (last[late_repeat][0], own[0]) == ("pending", "cancelled")


async def test_a_consumer_that_begins_where_its_client_does_by_default_is_found_out(
    samples: Mapping[str, Sample], platform: RunningPlatform, databases: Databases, bookings: Json, tmp_path: Path
) -> None:
    """The control: without the right start the table lacks what was there before."""
    right, script = SCRIPT.read_text(), tmp_path / "reservation_table.py"
    start = 'auto_offset_reset="earliest",'
    assert right.count(start) == 1
    script.write_text(right.replace(start, ""))
    python = samples["python"]
    table = await replace(python, command=[*python.command[:-1], script]).table(platform.kafka)
    assert table.keys() < (await rows(databases)).keys()
    assert bookings["paid"] not in table


async def records(bootstrap_servers: str) -> list[ConsumerRecord]:
    """All that the topic holds, in the order of each partition."""
    found: list[ConsumerRecord] = []
    consumer = AIOKafkaConsumer(RESERVATION.name, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += batch
    return found


def subject(record: ConsumerRecord) -> str:
    return dict(record.headers)["ce_subject"].decode()


def status(found: list[ConsumerRecord]) -> list[str]:
    return [json.loads(record.value or b"")["status"] for record in found]


async def rows(databases: Databases) -> Table:
    """What reservation knows itself, in the words of its events."""
    statement = "SELECT id::text AS reservation_id, status, version, spot_id::text, spot_number FROM reservations"
    return table_of(dict(row) for row in await databases.rows("reservation", statement))


def table_of(states: Iterable[Json]) -> Table:
    return {
        state["reservation_id"]: (state["status"], state["version"], state["spot_id"], state["spot_number"])
        for state in states
    }
