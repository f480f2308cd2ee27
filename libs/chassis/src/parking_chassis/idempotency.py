"""The `Idempotency-Key` at the edge of a service; what was answered is kept by the service, in its own transaction."""

from hashlib import sha256
from typing import Annotated, Final

from fastapi import Header

from parking_chassis.problems import Problem, ProblemKind
from parking_chassis.schemas import RequestBody

IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", max_length=255, pattern="^[!-~]([ -~]*[!-~])?$")]

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""
REUSED: Final = ProblemKind("idempotency-key-reused", "The idempotency key was used for another request", 422)
IN_FLIGHT: Final = ProblemKind("request-in-flight", "The same request is being worked on", 409, {"Retry-After": "1"})


def fingerprint_of(body: RequestBody) -> bytes:
    """What distinguishes one request from another. Fields that were not given do not count: one that a later version
    adds must not make an old request another.
    """
    return sha256(body.model_dump_json(exclude_none=True).encode()).digest()


def key_reused(_error: Exception) -> Problem:
    """The key came before with another request."""
    rule = "was used for another request; take a new key"
    pointer = "header/Idempotency-Key"
    return Problem(REUSED, f"{pointer}: {rule}", errors=[{"pointer": pointer, "detail": rule}])


def in_flight(_error: Exception) -> Problem:
    """The same request was sent before, and has no answer yet."""
    return Problem(IN_FLIGHT, "A request with this Idempotency-Key is still being worked on; ask again in a moment.")
