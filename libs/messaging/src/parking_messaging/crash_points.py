"""Named points at which a test ends this process as `kill -9` would, to see what a crash right there leaves behind.

Nothing happens at them unless the process was armed, which settings allow in the environment `test` alone. An armed
process looks for a file named `<service>.<point>` in a directory: the one that removes it dies there. So a test names
the place of a single crash by making a file, and sees that it happened when the file is gone.
"""

import os
import signal
from enum import StrEnum
from pathlib import Path


class CrashPoint(StrEnum):
    """Each lies between two steps that no transaction joins."""

    BOOKING_COMMITTED = "booking-committed"
    """The booking is in the database; its client does not know yet."""
    EVENTS_TAKEN = "events-taken"
    """The relay has committed events in hand; Kafka does not have them yet."""
    EVENTS_PRODUCED = "events-produced"
    """Kafka has acknowledged events; the outbox does not say so yet."""
    EFFECT_COMMITTED = "effect-committed"
    """What an event led to is in the database; the group's offset does not say so yet."""
    PROVIDER_ANSWERED = "provider-answered"
    """The payment provider did what it was asked for; the database does not say so yet."""
    WEBHOOK_COMMITTED = "webhook-committed"
    """What the provider's webhook said is in the database; the provider does not know yet."""


_orders: dict[CrashPoint, str] = {}


def arm(directory: Path | None, service: str) -> None:
    """Look into `directory` at each point from now on; without one, never."""
    _orders.clear()
    if directory is not None:
        _orders.update({point: str(order(directory, service, point)) for point in CrashPoint})


def order(directory: Path, service: str, point: CrashPoint) -> Path:
    """The file that orders a crash; make it with `touch`."""
    return directory / f"{service}.{point}"


def reach(point: CrashPoint) -> None:
    """Die here, if that was ordered."""
    if not _orders:
        return
    try:
        os.unlink(_orders[point])  # noqa: PTH108 - a path that is made each time costs more than the look
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
