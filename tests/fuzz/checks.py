"""What is checked of each answer besides what schemathesis checks, and how a document is read for it."""

import json
from typing import Any

import schemathesis
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.deserialization import DeserializationContext
from schemathesis.core.failures import Failure

CLIENT_ERROR, UNPROCESSABLE = 400, 422
SEPARATORS_OF_A_JWS = 2
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id"}
WORDS_OF_THE_LIBRARY = (
    *("Value error", "Assertion failed", "Traceback"),
    *("Input should", "Field required", "Extra inputs", "JSON decode", "error parsing the body"),
)


@schemathesis.deserializer("application/jose")
def signed_text(context: DeserializationContext, response: Response) -> str:
    """A JWS in its compact form, which is a text in a document. Raises ValueError for what has not three parts."""
    del context
    text = response.content.decode("ascii")
    if text.count(".") != SEPARATORS_OF_A_JWS:
        raise ValueError("is no JWS in its compact form")
    return text


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Only a status that is named counts as documented.

    The services' `default` is for what goes wrong on the way, such as at the gateway. It would excuse every status.
    """
    del context
    for item in raw_schema["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation["responses"].pop("default", None)


class UnclearProblem(Failure):
    """A refusal that does not help the client."""

    def __init__(self, case: Case, fault: str) -> None:
        super().__init__(operation=case.operation.label, title="Unclear problem", message=fault)


@schemathesis.check
def clear_problem(ctx: CheckContext, response: Response, case: Case) -> None:
    """A refusal is a problem (RFC 9457) in the shape of all, and a 422 names the field and the rule."""
    del ctx
    if response.status_code >= CLIENT_ERROR and response.request.method != "HEAD":
        fault = _fault(response)
        if fault:
            raise UnclearProblem(case, fault)


def _fault(response: Response) -> str | None:
    if response.headers.get("content-type") != ["application/problem+json"]:
        return f"is {response.headers.get('content-type')}, not application/problem+json"
    problem = json.loads(response.content)
    if missing := MEMBERS - problem.keys():
        return f"lacks {', '.join(sorted(missing))}"
    if problem["status"] != response.status_code or not problem["type"].startswith("/problems/"):
        return f"says {problem['status']} and {problem['type']}"
    if any(words in response.text for words in WORDS_OF_THE_LIBRARY):
        return "speaks of its own making"
    if response.status_code == UNPROCESSABLE:
        errors = problem.get("errors")
        if not errors or not all(each["detail"] and each["pointer"] is not None for each in errors):
            return "names no field and rule"
    return None
