"""The tables as dictionaries. Their values are frozen, so a copy of the dictionaries is a copy of everything."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from auth_service.domain.attempts import Attempts
from auth_service.domain.logins import LoginEvent, LoginState, RefreshToken
from auth_service.domain.mails import MailKind, MailToken
from auth_service.domain.organizations import OrganizationEvent, OrganizationState
from auth_service.domain.signing_keys import KeyAge
from auth_service.domain.users import PastStatus, UserEvent, UserState
from parking_chassis.fakes.answers import StoredAnswer

SHIPPED_ROLES = {
    "guest": frozenset({"read:parking"}),
    "user": frozenset({"read:parking", "write:reservation", "read:own_data"}),
    "operator": frozenset({"read:parking", "write:parking", "read:analytics", "read:reservation", "operate:gate"}),
    "admin": frozenset({"*"}),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    user_id: UUID
    kind: MailKind
    due_at: datetime
    attempts: int = 0
    sent_at: datetime | None = None


@dataclass
class Tables:
    users: dict[UUID, UserState] = field(default_factory=dict[UUID, UserState])
    status_changes: dict[tuple[UUID, int], PastStatus] = field(default_factory=dict[tuple[UUID, int], PastStatus])
    roles: dict[str, frozenset[str]] = field(default_factory=SHIPPED_ROLES.copy)
    logins: dict[UUID, LoginState] = field(default_factory=dict[UUID, LoginState])
    refresh_tokens: dict[bytes, RefreshToken] = field(default_factory=dict[bytes, RefreshToken])
    organizations: dict[UUID, OrganizationState] = field(default_factory=dict[UUID, OrganizationState])
    account_mails: dict[UUID, MailRow] = field(default_factory=dict[UUID, MailRow])
    mail_tokens: dict[bytes, MailToken] = field(default_factory=dict[bytes, MailToken])
    counted_attempts: dict[bytes, Attempts] = field(default_factory=dict[bytes, Attempts])
    signing_keys: dict[str, KeyAge] = field(default_factory=dict[str, KeyAge])
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict[tuple[str, str], StoredAnswer])
    outbox: list[UserEvent | LoginEvent | OrganizationEvent] = field(
        default_factory=list[UserEvent | LoginEvent | OrganizationEvent]
    )

    def copy(self) -> "Tables":
        return Tables(**{each.name: getattr(self, each.name).copy() for each in fields(self)})

    def take_over(self, draft: "Tables") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(draft, each.name))
