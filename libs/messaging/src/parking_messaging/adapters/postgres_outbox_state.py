"""How much waits in an outbox: cheap to ask, whatever waits."""

from typing import Any, Final

from parking_messaging.ports import BacklogState

MOST_COUNTED: Final = 100_000
"""After so many the count stops. Both parts of the question read the index of what is unsent, and no more of it."""

OUTBOX_STATE: Final = f"""
    SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT {MOST_COUNTED}) AS first)
               AS unsent,
           (SELECT extract(epoch FROM clock_timestamp() - created_at)
            FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT 1) AS age
"""  # noqa: S608 - a constant


def backlog_state(row: Any) -> BacklogState:
    """What a row of that statement means."""
    unsent, age = row
    return BacklogState(unsent=unsent, oldest_age=max(0.0, float(age or 0)))
