"""Which HTTP problem each error of the domain is: one table, and the fields that an error names."""

from fastapi import Request
from fastapi.responses import JSONResponse

from parking_chassis.idempotency import in_flight, key_reused
from parking_chassis.problems import (
    INVALID_REQUEST,
    NOT_FOUND,
    FieldErrors,
    ProblemKind,
    TableEntry,
    problem_response,
)
from parking_kernel.concurrency import ChangedMeanwhile
from parking_kernel.repeatable import InFlight, KeyReused
from parking_kernel.violations import InvalidFields
from parking_service.domain import errors

CHANGED_MEANWHILE = ProblemKind("changed-meanwhile", "Changed by someone else", 412)
LOT_RETIRED = ProblemKind("lot-retired", "The parking lot is retired", 409)
SPOT_NUMBER_TAKEN = ProblemKind("spot-number-taken", "The spot number is taken", 409)
ORGANIZATION_NOT_READY = ProblemKind("organization-not-ready", "Not known yet", 409, {"Retry-After": "1"})
IMPOSSIBLE_READINGS = ProblemKind("impossible-readings", "The readings cannot be true", 422, members=FieldErrors)
UNSUPPORTED_FILE = ProblemKind("unsupported-file", "Not a kind of file that can be imported", 415)
FILE_TOO_LARGE = ProblemKind("file-too-large", "The file is too large", 413)

PROBLEMS: dict[type[Exception], TableEntry] = {
    ChangedMeanwhile: CHANGED_MEANWHILE,
    KeyReused: key_reused,
    InFlight: in_flight,
    errors.LotRetired: LOT_RETIRED,
    errors.SpotNumberTaken: SPOT_NUMBER_TAKEN,
    errors.UnknownLot: NOT_FOUND,
    errors.NoTariff: NOT_FOUND,
    errors.UnknownSpot: NOT_FOUND,
    errors.UnknownImport: NOT_FOUND,
    errors.UnknownSupplyChange: NOT_FOUND,
    errors.UnknownOrganization: NOT_FOUND,
    errors.OrganizationNotReady: ORGANIZATION_NOT_READY,
}


async def invalid_fields(request: Request, error: Exception) -> JSONResponse:
    """A 422 that names each field, as chassis answers for the fields that it checks itself."""
    assert isinstance(error, InvalidFields)
    kind = IMPOSSIBLE_READINGS if isinstance(error, errors.ImpossibleReadings) else INVALID_REQUEST
    named = [{"pointer": each.pointer, "detail": each.rule} for each in error.violations]
    return problem_response(request, kind, str(error), {"errors": named})
