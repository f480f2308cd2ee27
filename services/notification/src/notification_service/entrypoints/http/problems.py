"""Which HTTP problem each error of the domain is: one table."""

from notification_service.domain import errors
from parking_chassis.problems import NOT_FOUND, UNAUTHENTICATED, ProblemKind
from parking_kernel.concurrency import ChangedMeanwhile

CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 409, {"Retry-After": "1"})

PROBLEMS: dict[type[Exception], ProblemKind] = {
    errors.UnknownNotification: NOT_FOUND,
    errors.UnknownRoom: NOT_FOUND,
    errors.InvalidTicket: UNAUTHENTICATED,
    ChangedMeanwhile: CHANGED_MEANWHILE,
}
