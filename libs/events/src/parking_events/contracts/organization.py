"""`auth.organization.v1`: the tenants and who works for them."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.topics import ORGANIZATION, Topic
from parking_events.values import Code, Instant, WireValue


class Member(WireValue):
    """A user who works for the organization."""

    user_id: UUID = Field(description="The user.")
    role: Code = Field(description="What the user may do for the organization, as a code.")


class OrganizationState(WireEvent):
    """A tenant: it owns lots and has members. `name` is the firm's."""

    topic: ClassVar[Topic] = ORGANIZATION
    partition_key_field: ClassVar[str] = "organization_id"
    subject_field: ClassVar[str] = "organization_id"

    organization_id: UUID = Field(description="The organization.")
    name: str = Field(description="The firm's name.")
    members: tuple[Member, ...] = Field(description="All who work for it.")
    created_at: Instant = Field(description="When it was created.")


class OrganizationCreatedV1(OrganizationState):
    """A tenant exists."""

    event_type: ClassVar[str] = "parking.organization.created.v1"


class OrganizationUpdatedV1(OrganizationState):
    """The tenant's own data changed."""

    event_type: ClassVar[str] = "parking.organization.updated.v1"


class OrganizationMemberAddedV1(OrganizationState):
    """A user joined, or got another role."""

    event_type: ClassVar[str] = "parking.organization.member_added.v1"


class OrganizationMemberRemovedV1(OrganizationState):
    """A user left."""

    event_type: ClassVar[str] = "parking.organization.member_removed.v1"
