"""Identifiers that sort by the time they were made (UUIDv7, RFC 9562), so that indices grow at one end."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new UUIDv7."""
    return UUID(int=uuid_utils.uuid7().int)
