"""Which HTTP problem each error of the domain is: one table."""

from auth_service.domain import errors
from parking_chassis.problems import NOT_FOUND, ProblemKind

NO_STORE = {"Cache-Control": "no-store"}
UNACCEPTABLE_PASSWORD = ProblemKind("unacceptable-password", "The password is not acceptable", 422)

PROBLEMS: dict[type[Exception], ProblemKind] = {
    errors.UnacceptablePassword: UNACCEPTABLE_PASSWORD,
    errors.InvalidMailToken: ProblemKind("invalid-mail-token", "The link does not count", 400),
    errors.ChangedMeanwhile: ProblemKind("changed-meanwhile", "Changed by someone else", 412),
    errors.UnknownUser: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    errors.UnknownRole: NOT_FOUND,
    errors.UnknownLogin: NOT_FOUND,
    errors.TooBusy: ProblemKind("too-busy", "Too busy", 429, {"Retry-After": "3"}),
}
