"""Which key signs: rotation without a moment in which someone cannot check a signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

ACCESS_TOKEN_LIFETIME = timedelta(minutes=10)
SETTLING_TIME = timedelta(minutes=15)  # longer than the published keys are cached: 5 minutes on the way, 5 where used
HAND_OVER_TIME = timedelta(minutes=1)  # processes remember what signs for half a minute, and their clocks differ
ROTATE_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class KeyAge:
    """A signing key's id, and when it was made."""

    key_id: str
    created_at: datetime


def signing_key(keys: Sequence[KeyAge], now: datetime) -> KeyAge | None:
    """The newest key that everyone has seen published; the oldest one while none is."""
    by_age = sorted(keys, key=lambda key: (key.created_at, key.key_id))
    settled = [key for key in by_age if key.created_at + SETTLING_TIME <= now]
    return settled[-1] if settled else (by_age[0] if by_age else None)


def rotation_is_due(keys: Sequence[KeyAge], now: datetime) -> bool:
    """Whether the newest key is old enough for a successor, or there is none at all."""
    return all(key.created_at + ROTATE_AFTER <= now for key in keys)


def retired_keys(keys: Sequence[KeyAge], now: datetime) -> list[KeyAge]:
    """Keys that sign no more and whose last tokens have expired."""
    current = signing_key(keys, now)
    if current is None:
        return []
    taken_over_at = current.created_at + SETTLING_TIME
    if now < taken_over_at + HAND_OVER_TIME + ACCESS_TOKEN_LIFETIME:
        return []
    return [key for key in keys if key.created_at < current.created_at]
