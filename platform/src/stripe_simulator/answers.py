"""Idempotency: https://docs.stripe.com/api/idempotent_requests. An answer is kept in the transaction of its effects."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from stripe_simulator.account import Account, Body
from stripe_simulator.errors import RefusedError
from stripe_simulator.form import Raw

KEPT_SECONDS = 86_400
LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body; `request` is the id of the request that was executed for it."""

    status: int
    body: Body
    request: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request that carries an idempotency key."""

    key: str
    endpoint: str
    parameters: dict[str, Raw]

    @property
    def fingerprint(self) -> str:
        """What must be the same for the key to mean the same request."""
        return hashlib.sha256(json.dumps(self.parameters, sort_keys=True).encode()).hexdigest()

    def check_key(self) -> None:
        """Refuse a key that Stripe does not take."""
        if len(self.key) > LONGEST_KEY:
            message = f"Idempotency keys may have up to {LONGEST_KEY} characters."
            raise RefusedError(400, "idempotency_error", message)


def in_flight() -> RefusedError:
    """The answer while another request with the key is being executed."""
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        "twice, and the other request is still going through). Please try again later."
    )
    return RefusedError(409, "invalid_request_error", message, code="idempotency_key_in_use")


def kept(account: Account, request: IdempotentRequest) -> Answer | None:
    """The answer that was given for the key; raises for a key that belongs to another request."""
    row = account.store.row(
        "SELECT * FROM answers WHERE key = ? AND created > ?", request.key, account.now() - KEPT_SECONDS
    )
    if row is None:
        return None
    same = f"Try using a key other than '{request.key}' if you meant to execute a different request."
    if row["endpoint"] != request.endpoint:
        path = row["endpoint"].partition(" ")[2]
        message = (
            f"Keys for idempotent requests can only be used for the same endpoint they were first used for ('{path}')."
        )
        raise RefusedError(400, "idempotency_error", f"{message} {same}")
    if row["fingerprint"] != request.fingerprint:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise RefusedError(400, "idempotency_error", f"{message} {same}")
    return Answer(row["status"], json.loads(row["body"]), row["request"], replayed=True)


def keep(account: Account, request: IdempotentRequest, answer: Answer) -> None:
    """Keep an answer for its key."""
    values: tuple[Any, ...] = (
        request.key,
        request.fingerprint,
        request.endpoint,
        account.now(),
        answer.request,
        answer.status,
        json.dumps(answer.body),
    )
    account.store.run("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", *values)
