"""Which HTTP problem each error of the domain is: one table."""

from math import ceil
from typing import Annotated

from pydantic import BaseModel, Field

from auth_service.domain import errors
from parking_chassis.idempotency import in_flight, key_reused
from parking_chassis.problems import NOT_FOUND, UNAUTHENTICATED, FieldErrors, Problem, ProblemKind, TableEntry
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.repeatable import InFlight, KeyReused

RESEND = "/api/v1/auth/verify-email/resend"


class AnotherLink(BaseModel):
    """Where another link is to be had."""

    resend: Annotated[str, Field(description="the path that sends another link", examples=[RESEND])]


NO_STORE = {"Cache-Control": "private, no-store"}
CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 412)
INVALID_MAIL_TOKEN = ProblemKind("invalid-mail-token", "The link is not valid", 400, members=AnotherLink)
ORGANIZATION_FULL = ProblemKind("organization-full", "The organization is full", 409)
OWN_ACCOUNT = ProblemKind("own-account", "Not on one's own account", 403)
TOO_MANY_ATTEMPTS = ProblemKind("too-many-attempts", "Too many attempts", 429, {"Retry-After": "5"})
TOO_BUSY = ProblemKind("too-busy", "Too busy", 429, {"Retry-After": "3"})
UNACCEPTABLE_PASSWORD = ProblemKind("unacceptable-password", "The password is not acceptable", 422, members=FieldErrors)


def _too_many_attempts(error: Exception) -> Problem:
    if not isinstance(error, errors.TooManyAttempts):
        raise error
    seconds = str(ceil(error.wait.total_seconds()))
    kind = ProblemKind(
        TOO_MANY_ATTEMPTS.slug, TOO_MANY_ATTEMPTS.title, TOO_MANY_ATTEMPTS.status, {**NO_STORE, "Retry-After": seconds}
    )
    return Problem(kind, f"{error} Try again in {seconds} seconds.")


def _offer_new_link(error: Exception) -> Problem:
    return Problem(INVALID_MAIL_TOKEN, str(error), resend=RESEND)


PROBLEMS: dict[type[Exception], TableEntry] = {
    errors.UnacceptablePassword: UNACCEPTABLE_PASSWORD,
    errors.InvalidMailToken: _offer_new_link,
    errors.TooManyAttempts: _too_many_attempts,
    ChangedMeanwhile: CHANGED_MEANWHILE,
    KeyReused: key_reused,
    InFlight: in_flight,
    errors.OrganizationFull: ORGANIZATION_FULL,
    errors.OwnAccount: OWN_ACCOUNT,
    errors.AskerSignedOut: UNAUTHENTICATED,
    errors.UnknownUser: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    errors.UnknownRole: NOT_FOUND,
    errors.UnknownLogin: NOT_FOUND,
    errors.TooBusy: TOO_BUSY,
}
