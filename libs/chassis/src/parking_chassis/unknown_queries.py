"""Unknown query parameters are refused, as unknown fields are: one that is overlooked would not do what it says."""

from collections.abc import Callable, Iterator
from typing import Any, Final
from weakref import WeakKeyDictionary

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from parking_chassis.invalid_requests import MOST_ERRORS, meant
from parking_chassis.problems import INVALID_REQUEST, Problem
from parking_chassis.request_context import QUIET

RULE = "is no parameter of this request"
_KNOWN: Final = WeakKeyDictionary[Callable[..., Any], frozenset[str]]()


def refuse_unknown_query(request: Request) -> None:
    """Raises a 422 problem that names each parameter which the route does not have.

    Probes are asked by others' programs, which may add what they like.
    """
    if request.scope["path"] in QUIET:
        return
    known = _known_to(request)
    unknown = sorted({name for name in request.query_params if name not in known})
    if unknown:
        errors = [{"pointer": f"query/{name}", "detail": RULE + meant(name, known)} for name in unknown[:MOST_ERRORS]]
        detail = "; ".join(f"{each['pointer']}: {each['detail']}" for each in errors)
        raise Problem(INVALID_REQUEST, detail, errors=errors)


def _known_to(request: Request) -> frozenset[str]:
    """The parameters of the route: worked out once, since every search asks."""
    endpoint = request.scope["endpoint"]
    known = _KNOWN.get(endpoint)
    if known is None:
        known = _KNOWN[endpoint] = frozenset(_names(request.scope["route"].dependant))
    return known


def _names(dependant: Dependant) -> Iterator[str]:
    """Of the endpoint and of what it depends on; a parameter that is a model stands for its fields."""
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (each.alias or name for name, each in model.model_fields.items())
        else:
            yield field.alias
    for each in dependant.dependencies:
        yield from _names(each)
