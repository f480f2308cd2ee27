"""Errors in the words and shapes of Stripe: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes."""

from typing import Any

DOCS = "https://docs.stripe.com/error-codes/"


class StripeError(Exception):
    """An answer that is an error."""

    # Stripe keeps an answer for its idempotency key once the endpoint began to execute.
    executed = True

    def __init__(self, status: int, kind: str, message: str, *, code: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code:
            self.error |= {"code": code, "doc_url": DOCS + code.replace("_", "-")}
        self.error |= {name: value for name, value in details.items() if value is not None}

    @property
    def keeps_effects(self) -> bool:
        """A decline leaves its failed charge behind; any other error leaves nothing."""
        return self.error["type"] == "card_error"


class RefusedError(StripeError):
    """An answer given before the endpoint began to execute: its idempotency key stays unused."""

    executed = False


def refused(message: str, *, code: str | None = None, param: str | None = None, status: int = 400) -> RefusedError:
    """A request that Stripe's validation refuses."""
    return RefusedError(status, "invalid_request_error", message, code=code, param=param)


def invalid(message: str, *, code: str | None = None, param: str | None = None, **details: object) -> StripeError:
    """A request that is well formed and cannot be done in the state that things are in."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param, **details)


def unknown_parameter(name: str) -> RefusedError:
    """A parameter that the endpoint does not have, or that this simulator does not simulate."""
    return refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def missing_parameter(name: str) -> RefusedError:
    """A required parameter that is absent."""
    return refused(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, object_id: str, param: str, status: int = 404) -> StripeError:
    """An id that names nothing: 404 for the id in the path, 400 for one in a parameter."""
    message = f"No such {kind}: '{object_id}'"
    return StripeError(status, "invalid_request_error", message, code="resource_missing", param=param)
