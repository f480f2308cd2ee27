"""Who asks: in whose name something is read or changed."""

from dataclasses import dataclass, field
from uuid import UUID

EVERYTHING = "*"
"""The permission of an administrator: all others, in all organizations."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A user, or a machine without one, and what they may do.

    `organizations` are those in which what they ask for lets them act: the entry point leaves them out for an asker who
    lacks its permission. An asker that may do everything acts in every organization. `login_id` is the signed-in device
    whose token they show; none for a machine and for a service itself.
    """

    user_id: UUID | None = None
    organizations: frozenset[UUID] = field(default_factory=frozenset[UUID])
    permissions: frozenset[str] = field(default_factory=frozenset[str])
    login_id: UUID | None = None

    @property
    def sees_all(self) -> bool:
        """Whether every organization is theirs to run, and everybody's things theirs to see."""
        return EVERYTHING in self.permissions

    def may(self, permission: str) -> bool:
        """Whether they have a permission."""
        return self.sees_all or permission in self.permissions

    def operates(self, organization_id: UUID) -> bool:
        """Whether what belongs to the organization is theirs to run."""
        return self.sees_all or organization_id in self.organizations

    def may_see(self, user_id: UUID | None, organization_id: UUID) -> bool:
        """Whether a thing is their own, or of an organization that they run."""
        return (user_id is not None and user_id == self.user_id) or self.operates(organization_id)


THE_SERVICE = Asker(permissions=frozenset({EVERYTHING}))
"""A service itself: its timers, and its consumers of events."""
