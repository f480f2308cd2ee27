"""Which HTTP problem each error of the domain is: one table."""

from auth_service.domain import errors
from parking_chassis.idempotency import in_flight, key_reused
from parking_chassis.problems import NOT_FOUND, ProblemKind, TableEntry
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.repeatable import InFlight, KeyReused

NO_STORE = {"Cache-Control": "private, no-store"}
CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 412)
INVALID_MAIL_TOKEN = ProblemKind("invalid-mail-token", "The link does not count", 400)
TOO_BUSY = ProblemKind("too-busy", "Too busy", 429, {"Retry-After": "3"})
UNACCEPTABLE_PASSWORD = ProblemKind("unacceptable-password", "The password is not acceptable", 422)

PROBLEMS: dict[type[Exception], TableEntry] = {
    errors.UnacceptablePassword: UNACCEPTABLE_PASSWORD,
    errors.InvalidMailToken: INVALID_MAIL_TOKEN,
    ChangedMeanwhile: CHANGED_MEANWHILE,
    KeyReused: key_reused,
    InFlight: in_flight,
    errors.UnknownUser: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    errors.UnknownRole: NOT_FOUND,
    errors.UnknownLogin: NOT_FOUND,
    errors.TooBusy: TOO_BUSY,
}
