"""Identifiers that sort by the time they were made (UUIDv7, RFC 9562), so that indices grow at one end."""

from datetime import datetime
from uuid import UUID

import uuid_utils


def new_id(at: datetime | None = None) -> UUID:
    """A new UUIDv7: of an instant, to the millisecond, or of the present one.

    Those of the present sort in the order in which a process made them.
    """
    if at is None:
        return UUID(int=uuid_utils.uuid7().int)
    return UUID(int=uuid_utils.uuid7(int(at.timestamp()), at.microsecond * 1000).int)
