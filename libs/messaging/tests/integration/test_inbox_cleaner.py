"""Old notes leave the inbox a batch at a time, so that no statement takes long however many there are."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import InboxCleaner, PostgresInbox

# Ids of 2001, which began with their time as all do.
OLD = """
    INSERT INTO inbox (consumer, event_id, processed_at)
    SELECT :consumer, ('00e5b1a8-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, now() - interval '32 days'
    FROM generate_series(1, 12) AS n
"""


async def test_it_goes_on_with_the_next_poll_until_nothing_old_is_left(engine: AsyncEngine, rows: Any) -> None:
    elapsed = 0.0
    cleaner = InboxCleaner(
        group="mine", transactions=engine.begin, inbox=PostgresInbox(), interval=600, batch=5, clock=lambda: elapsed
    )
    async with engine.begin() as connection:
        for consumer in ("mine", "another"):
            await connection.execute(text(OLD), {"consumer": consumer})
        await connection.execute(text("INSERT INTO inbox (consumer, event_id) VALUES ('mine', gen_random_uuid())"))

    async def left() -> int:
        return (await rows("SELECT count(*) FROM inbox WHERE consumer = 'mine'"))[0][0]

    await cleaner.clean_when_due()
    assert await left() == 13
    elapsed = 600.0
    seen: list[int] = []
    for _ in range(4):
        await cleaner.clean_when_due()
        seen.append(await left())
    assert seen == [8, 3, 1, 1]
    assert (await rows("SELECT count(*) FROM inbox WHERE consumer = 'another'"))[0][0] == 12
