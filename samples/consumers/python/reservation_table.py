"""Keeps a table of all reservations from their events, and prints it when it has read what there is.

KAFKA_BOOTSTRAP_SERVERS=localhost:9092 python reservation_table.py
"""

import asyncio
import json
import os
from typing import Any

from aiokafka import AIOKafkaConsumer

TOPIC = "reservation.reservation.v1"
FIELDS = ("reservation_id", "status", "version", "spot_id", "spot_number")

Row = dict[str, Any]


async def read_table(bootstrap_servers: str) -> dict[str, Row]:
    """The newest state of each reservation, by its id."""
    consumer = AIOKafkaConsumer(
        TOPIC,
        bootstrap_servers=bootstrap_servers,
        # The table is in memory, so each start reads everything: without a group there are no offsets to continue at.
        group_id=None,
        # The default is "latest": of each partition it skips what came before the consumer first looked there.
        auto_offset_reset="earliest",
    )
    table: dict[str, Row] = {}
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    assert record.value is not None, "nothing is removed by an empty value"
                    apply(table, json.loads(record.value))
    return table


def apply(table: dict[str, Row], state: Row) -> None:
    """Take an event's state, unless it is a repeat or older than what is known.

    Each event holds the full state, so its type does not matter here. Fields that are not needed are not looked at, and
    a status is a text: tomorrow there may be more of both.
    """
    known = table.get(state["reservation_id"])
    if known is None or state["version"] > known["version"]:
        table[state["reservation_id"]] = {name: state[name] for name in FIELDS}


if __name__ == "__main__":
    for row in asyncio.run(read_table(os.environ["KAFKA_BOOTSTRAP_SERVERS"])).values():
        print(json.dumps(row))
