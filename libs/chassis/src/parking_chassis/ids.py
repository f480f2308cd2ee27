"""Identifiers that sort by the time they were made (UUIDv7, RFC 9562), so that indices grow at one end."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_VERSION_AND_VARIANT = UUID("00000000-0000-7000-8000-000000000000").int


def new_id(at: datetime | None = None) -> UUID:
    """A new UUIDv7: of an instant, to the millisecond, or of the present one.

    Those of the present sort in the order in which a process made them.
    """
    if at is None:
        return UUID(int=uuid_utils.uuid7().int)
    return UUID(int=uuid_utils.uuid7(int(at.timestamp()), at.microsecond * 1000).int)


def make_id_floor(at: datetime) -> UUID:
    """The least UUIDv7 of an instant's millisecond: all ids of before are less, and none of `new_id(at)` is."""
    return UUID(int=((at - _EPOCH) // _MILLISECOND) << 80 | _VERSION_AND_VARIANT)
