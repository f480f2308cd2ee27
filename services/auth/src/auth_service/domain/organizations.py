"""An organization: a tenant that owns lots, and the people who run them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from auth_service.domain.errors import OrganizationFull

MOST_MEMBERS = 500
"""Each answer and each event names them all."""


class MemberRole(StrEnum):
    """What a member is within the organization."""

    OPERATOR = "operator"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class OrganizationState:
    """All there is to know of an organization, at one version."""

    id: UUID
    name: str
    members: Mapping[UUID, MemberRole]
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class OrganizationEvent:
    """Something that happened to an organization, with the state that it led to."""

    at: datetime
    organization: OrganizationState


class OrganizationCreated(OrganizationEvent):
    """A tenant was made."""


class OrganizationUpdated(OrganizationEvent):
    """Its name changed."""


class MemberAdded(OrganizationEvent):
    """Someone joined, or became something else in it."""


class MemberRemoved(OrganizationEvent):
    """Someone left."""


class Organization:
    """The aggregate: each change makes one event and the next version; a change of nothing makes none."""

    def __init__(self, state: OrganizationState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[OrganizationEvent] = []

    @classmethod
    def create(cls, organization_id: UUID, name: str, at: datetime) -> "Organization":
        """A new tenant without members."""
        state = OrganizationState(organization_id, name, MappingProxyType({}), at, version=1)
        organization = cls(state)
        organization.events.append(OrganizationCreated(at, state))
        return organization

    def rename(self, name: str, at: datetime) -> None:
        """Give it another name."""
        if name != self.state.name:
            self._change(replace(self.state, name=name), OrganizationUpdated, at)

    def add_member(self, user_id: UUID, role: MemberRole, at: datetime) -> None:
        """Make a user a member, or change what they are in it. Raises `OrganizationFull`."""
        if user_id not in self.state.members and len(self.state.members) >= MOST_MEMBERS:
            raise OrganizationFull(MOST_MEMBERS)
        if self.state.members.get(user_id) is not role:
            members = MappingProxyType({**self.state.members, user_id: role})
            self._change(replace(self.state, members=members), MemberAdded, at)

    def remove_member(self, user_id: UUID, at: datetime) -> None:
        """End a membership; one who is no member changes nothing."""
        if user_id in self.state.members:
            members = {member: role for member, role in self.state.members.items() if member != user_id}
            self._change(replace(self.state, members=MappingProxyType(members)), MemberRemoved, at)

    def _change(self, state: OrganizationState, event: type[OrganizationEvent], at: datetime) -> None:
        self.state = replace(state, version=self.state.version + 1)
        self.events.append(event(at, self.state))
