"""The `Idempotency-Key` at the edge of a service; what was answered is kept by the service, in its own transaction."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import Depends, Header, Request, Response

from parking_chassis.api_document import may_answer
from parking_chassis.error_words import pattern
from parking_chassis.problems import MEDIA_TYPE, FieldErrors, Problem, ProblemKind
from parking_chassis.schemas import RequestBody
from parking_chassis.security import SignedIn
from parking_kernel.repeatable import ANSWERS_STORED_FOR, Answer, RequestKey

_VISIBLE = pattern("^[!-~]([ -~]*[!-~])?$", "must be visible characters of ASCII, such as those of a UUID")
_DESCRIPTION: Final = (
    "A new UUID for each request that creates something. It counts for you and this path, and its answer is kept for "
    f"{ANSWERS_STORED_FOR.days} days. The same request with the same key gets the first answer again, with "
    "`Idempotent-Replayed: true`; while the first is still at work, 409 `request-in-flight`. "
    "Another body with the same key is 422 `idempotency-key-reused`. Not kept are 401, 403, 422, 429 and 5xx: "
    "correct the request, and send it with the same key."
)
_HEADER: Final = Header(
    alias="Idempotency-Key",
    max_length=255,
    pattern=_VISIBLE,
    description=_DESCRIPTION,
)
IdempotencyKey = Annotated[str, _HEADER]
OptionalIdempotencyKey = Annotated[str | None, _HEADER]
"""Of a call that a client may make repeatable."""

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""
REUSED: Final = ProblemKind(
    "idempotency-key-reused", "The idempotency key was used for another request", 422, members=FieldErrors
)
IN_FLIGHT: Final = ProblemKind("request-in-flight", "The same request is being worked on", 409, {"Retry-After": "1"})


@may_answer(IN_FLIGHT, REUSED)
async def _key_of(
    request: Request, principal: SignedIn, key: OptionalIdempotencyKey = None
) -> Callable[[bytes], RequestKey | None]:
    # Whose it is: a machine client is no user, but has a subject too.
    scope = f"{principal.subject}:{request.method} {request.scope['path']}"
    return lambda fingerprint: None if key is None else RequestKey(scope, key, fingerprint)


KeyOf = Annotated[Callable[[bytes], RequestKey | None], Depends(_key_of)]
"""For a route that takes an optional `Idempotency-Key`: the key of its request with a fingerprint; none without one.

It counts for the asker and for the route with its path.
"""


def response_of(answer: Answer, headers: Mapping[str, str] = MappingProxyType({})) -> Response:
    """The answer as it goes out, and whether it was given before. `headers` have to follow from the answer alone.

    A refusal that is stored is a problem.
    """
    media_type = "application/json" if answer.status < HTTPStatus.BAD_REQUEST else MEDIA_TYPE
    return Response(answer.body, answer.status, {**headers, **(REPLAYED if answer.replayed else {})}, media_type)


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
