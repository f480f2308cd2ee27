"""The one place where auth's domain events become wire contracts."""

from typing import Any

from auth_service.domain import logins, organizations, users
from parking_events import (
    Member,
    OrganizationCreatedV1,
    OrganizationMemberAddedV1,
    OrganizationMemberRemovedV1,
    OrganizationUpdatedV1,
    SessionReuseDetectedV1,
    SessionRevokedV1,
    SessionStartedV1,
    UserRegisteredV1,
    UserRoleAssignedV1,
    UserRoleRevokedV1,
    UserSuspendedV1,
    UserUpdatedV1,
    UserVerifiedV1,
    WireEvent,
)
from parking_events.contracts.user import UserStatus

DomainEvent = users.UserEvent | logins.LoginEvent | organizations.OrganizationEvent

CONTRACTS: dict[type, type[WireEvent]] = {
    users.UserRegistered: UserRegisteredV1,
    users.UserVerified: UserVerifiedV1,
    users.RoleAssigned: UserRoleAssignedV1,
    users.RoleRevoked: UserRoleRevokedV1,
    users.UserSuspended: UserSuspendedV1,
    users.UserReinstated: UserUpdatedV1,
    users.AddressLost: UserUpdatedV1,
    logins.LoginStarted: SessionStartedV1,
    logins.LoginEnded: SessionRevokedV1,
    logins.ReuseDetected: SessionReuseDetectedV1,
    organizations.OrganizationCreated: OrganizationCreatedV1,
    organizations.OrganizationUpdated: OrganizationUpdatedV1,
    organizations.MemberAdded: OrganizationMemberAddedV1,
    organizations.MemberRemoved: OrganizationMemberRemovedV1,
}


CHANGED: dict[type, tuple[str, ...]] = {users.UserReinstated: ("status",), users.AddressLost: ("email",)}
"""What an event changed whose type does not say it."""


def to_wire(event: DomainEvent) -> WireEvent:
    """The wire contract of a domain event: the state that it led to, without personal data."""
    match event:
        case users.UserEvent():
            fields = _user(event.user, CHANGED.get(type(event), ()))
        case logins.LoginEvent():
            fields = _login(event.login)
        case organizations.OrganizationEvent():
            fields = _organization(event.organization)
    return CONTRACTS[type(event)](**fields)


def _user(state: users.UserState, changed: tuple[str, ...]) -> dict[str, Any]:
    return {
        "changed": changed,
        "version": state.version,
        "user_id": state.id,
        "status": UserStatus(state.status.value),
        "is_verified": state.is_verified,
        "roles": tuple(sorted(state.roles)),
        "registered_at": state.created_at,
    }


def _login(state: logins.LoginState) -> dict[str, Any]:
    return {
        "version": state.version,
        "reason": state.end_reason.value if state.end_reason else None,
        "login_id": state.id,
        "user_id": state.user_id,
        "started_at": state.started_at,
        "expires_at": state.started_at + logins.LOGIN_LIFETIME,
        "revoked_at": state.ended_at,
    }


def _organization(state: organizations.OrganizationState) -> dict[str, Any]:
    return {
        "version": state.version,
        "organization_id": state.id,
        "name": state.name,
        "members": tuple(Member(user_id=user_id, role=role.value) for user_id, role in sorted(state.members.items())),
        "created_at": state.created_at,
    }
