"""Parking's own copy of the tenants: what a lot's owner is called."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Organization:
    """A tenant as auth published it, at auth's version."""

    id: UUID
    name: str
    version: int
