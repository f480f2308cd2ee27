"""Roles and what they permit. The shipped ones are rows of the database, and can be changed there."""

from dataclasses import dataclass

OPERATOR = "operator"

MANAGE_USERS = "manage:users"
MANAGE_ORGANIZATIONS = "manage:organizations"


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions, such as `write:reservation`; `*` is all of them."""

    name: str
    permissions: frozenset[str]
