"""How tests look into a document of OpenAPI."""

from collections.abc import Iterator
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

type Json = dict[str, Any]

METHODS = {"get", "put", "post", "delete", "patch"}


def faults(document: Json) -> list[str]:
    """What a validator of the field finds wrong in a document of OpenAPI 3.1."""
    assert document["openapi"].startswith("3.1.")
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Each operation of a document by its name, such as `GET /healthz`."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def operation(documents: dict[str, Json], name: str) -> Json:
    """The operation of this name, whichever service has it."""
    found = [each for document in documents.values() for known, each in operations(document) if known == name]
    assert len(found) == 1, name
    return found[0]


def parameters(documents: dict[str, Json], name: str) -> Iterator[tuple[str, Json]]:
    """Each parameter of this name, by its operation."""
    for document in documents.values():
        for called, each in operations(document):
            for parameter in each.get("parameters", ()):
                if parameter["name"] == name:
                    yield called, parameter


def schema(documents: dict[str, Json], name: str) -> Json:
    """The schema of this name, which one service has or several have alike."""
    found = [
        each["components"]["schemas"][name] for each in documents.values() if name in each["components"]["schemas"]
    ]
    assert found, name
    assert all(each == found[0] for each in found), name
    return found[0]
