"""Each document is such as the standard has it, in the eyes of a validator that is not ours."""

import copy
from typing import Any

import pytest
from tests.documents.applications import APPLICATIONS
from tests.documents.reading import faults, operation


@pytest.mark.parametrize("service", APPLICATIONS)
def test_a_validator_of_the_field_accepts_the_document_of_each_service(
    documents: dict[str, dict[str, Any]], service: str
) -> None:
    assert faults(documents[service]) == []


def test_the_validator_finds_a_default_that_is_none_of_the_values(documents: dict[str, dict[str, Any]]) -> None:
    """The negative control: this stood in the document once."""
    wrong = copy.deepcopy(documents["auth"])
    form = next(each for name, each in wrong["components"]["schemas"].items() if name.endswith("issue_token"))
    form["properties"]["grant_type"]["default"] = ""
    assert any("is not one of" in fault for fault in faults(wrong))


def test_the_token_form_shows_no_default_and_its_fields_stay_as_they_were(documents: dict[str, dict[str, Any]]) -> None:
    schemas = documents["auth"]["components"]["schemas"]
    forms = [each for name, each in schemas.items() if name.startswith("Body_")]
    fields = {field: schema for form in forms for field, schema in form["properties"].items()}
    assert {"grant_type", "username", "password", "refresh_token", "token"} <= fields.keys()
    assert [field for field, schema in fields.items() if "default" in schema] == []
    assert fields["grant_type"]["enum"] == ["password", "refresh_token"]


def test_nobody_is_asked_for_what_every_client_sends_by_itself(documents: dict[str, dict[str, Any]]) -> None:
    assert "parameters" not in operation(documents, "POST /api/v1/auth/token")
