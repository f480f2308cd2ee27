"""A relay that stands still, or is cut off from its database, hands over; and it knows when it comes back."""

import signal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import KafkaConnection, PostgresOutbox, Relay, RelaySettings, group_lag, postgres_relay
from parking_platform.testing.line import line_to
from parking_platform.testing.waiting import TimedOut

HAND_OVER_SECONDS = 10
MORE_THAN_BUFFERS_HOLD = 60
"""Events of almost a megabyte: the database is in the middle of sending them when nobody reads on."""
POINTS = ("idle", "asking", "asking for much", "holding")
RELAYS = """
    SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sample relay' AND datname = current_database()"""
SENDING = f"{RELAYS} AND wait_event = 'ClientWrite'"


def standing_by(database_url: str, kafka: KafkaConnection) -> Relay:
    return postgres_relay(settings=RelaySettings("sample"), database_url=database_url, kafka=kafka)


async def add(engine: AsyncEngine, sample: Any, count: int, padding: str = "") -> None:
    async with engine.begin() as connection:
        await PostgresOutbox().add(connection, [sample.event(padding=padding) for _ in range(count)])


@pytest.mark.parametrize("point", POINTS)
async def test_a_frozen_relay_hands_over_and_repeats_nothing_when_it_thaws(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, start_worker: Any, running: Any,
    eventually: Any, rows: Any, point: str,
) -> None:  # fmt: skip
    is_much = point == "asking for much"
    events = MORE_THAN_BUFFERS_HOLD if is_much else 3
    await add(engine, kafka_topic, events, "x" * 900_000 if is_much else "")
    relay = standing_by(database_url, kafka)
    async with start_worker("relay", freeze=point.removesuffix(" for much")) as frozen:
        await frozen.says("frozen")
        if is_much:
            await eventually(lambda: _is(rows(SENDING), [(1,)]), within=2)
        async with running(relay.run):
            await eventually(lambda: relay.status().is_active, within=HAND_OVER_SECONDS)
            await eventually(lambda: _is(rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), [(0,)]), within=60)
            assert await rows(RELAYS) == [(1,)]
            frozen.send(signal.SIGCONT)
            # It has lost its connection and opened another: the batch that it had in hand is decided.
            await eventually(lambda: _is(rows(RELAYS), [(2,)]))
    assert await _published(kafka, kafka_topic) == events


async def test_without_the_time_outs_a_frozen_relay_keeps_its_lock(
    database_url: str, kafka: KafkaConnection, kafka_topic: Any, start_worker: Any, running: Any, eventually: Any
) -> None:
    """The negative control: it is the settings of the session that free the lock, and nothing else here."""
    relay = standing_by(database_url, kafka)
    async with start_worker("relay", freeze="idle", lock={"session_settings": {}}) as frozen:
        await frozen.says("frozen")
        async with running(relay.run):
            await eventually(lambda: relay.status().is_connected)
            with pytest.raises(TimedOut):
                await eventually(lambda: relay.status().is_active, within=HAND_OVER_SECONDS + 2)
            frozen.send(signal.SIGKILL)
            await eventually(lambda: relay.status().is_active)


async def test_a_relay_that_is_cut_off_from_its_database_hands_over_and_stands_down(
    engine: AsyncEngine, database_url: str, kafka: KafkaConnection, kafka_topic: Any, running: Any, eventually: Any,
    rows: Any,
) -> None:  # fmt: skip
    """Nothing is closed and nothing answers, as where a machine vanished or a network broke."""
    async with line_to(database_url) as line:
        cut_off, other = standing_by(line.through(database_url), kafka), standing_by(database_url, kafka)
        async with running(cut_off.run):
            await eventually(lambda: cut_off.status().is_active)
            async with running(other.run):
                await eventually(lambda: other.status().is_connected)
                line.cut()
                await add(engine, kafka_topic, 3)
                await eventually(lambda: other.status().is_active, within=HAND_OVER_SECONDS)
                await eventually(lambda: not cut_off.status().is_active, within=HAND_OVER_SECONDS)
                await eventually(lambda: _is(rows("SELECT count(*) FROM outbox WHERE sent_at IS NULL"), [(0,)]))
                line.mend()
                await eventually(lambda: cut_off.status().is_connected)
                assert not cut_off.status().is_active
    assert await _published(kafka, kafka_topic) == 3


async def _published(kafka: KafkaConnection, sample: Any) -> int:
    """How many records the topic holds, repeats included."""
    return sum((await group_lag(kafka, "nobody.ever", [sample.topic.name])).values())


async def _is(actual: Any, expected: object) -> bool:
    return await actual == expected
