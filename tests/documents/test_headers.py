"""The headers of requests and answers are described: what to send, and what comes."""

from tests.documents.reading import Json, operation, operations, parameters

from parking_kernel.repeatable import ANSWERS_STORED_FOR

WITH_ETAG = {
    "POST /api/v1/organizations",
    "PATCH /api/v1/organizations/{organization_id}",
    "POST /api/v1/parking-lots",
    "GET /api/v1/parking-lots/{lot_id}",
    "PATCH /api/v1/parking-lots/{lot_id}",
    "PUT /api/v1/parking-lots/{lot_id}/opening-hours",
    "PATCH /api/v1/spots/{spot_id}",
    "GET /api/v1/payments/{payment_id}",
    "GET /api/v1/reservations/{reservation_id}",
    "POST /api/v1/reservations/{reservation_id}/cancel",
    "POST /api/v1/reservations/{reservation_id}/operator-cancel",
    "GET /api/v1/gates/list",
}
WITH_LOCATION = {
    "POST /api/v1/organizations",
    "POST /api/v1/parking-lots",
    "POST /api/v1/parking-lots/import",
    "PATCH /api/v1/parking-lots/{lot_id}",
    "DELETE /api/v1/parking-lots/{lot_id}",
    "PUT /api/v1/parking-lots/{lot_id}/opening-hours",
    "PATCH /api/v1/spots/{spot_id}",
    "DELETE /api/v1/spots/{spot_id}",
}


def carrying(documents: dict[str, Json], header: str) -> set[str]:
    """The operations with a success that carries this header, described."""
    return {
        name
        for document in documents.values()
        for name, each in operations(document)
        for status, answer in each["responses"].items()
        if status.startswith("2") and answer.get("headers", {}).get(header, {}).get("description")
    }


def test_the_answers_that_carry_an_etag_or_a_location_say_so(documents: dict[str, Json]) -> None:
    assert carrying(documents, "ETag") == WITH_ETAG
    assert carrying(documents, "Location") == WITH_LOCATION


def test_every_page_names_its_link_and_every_repeatable_request_its_replay(documents: dict[str, Json]) -> None:
    pages = {name for each in ("cursor", "offset") for name, _ in parameters(documents, each)}
    assert carrying(documents, "Link") == pages
    assert {"GET /api/v1/parking-lots", "GET /api/v1/reservations"} <= pages
    repeatable = {name for name, _ in parameters(documents, "Idempotency-Key")}
    assert carrying(documents, "Idempotent-Replayed") == repeatable
    assert {"POST /api/v1/reservations", "POST /api/v1/payments"} <= repeatable


def test_every_answer_to_wait_after_says_for_how_long_in_seconds(documents: dict[str, Json]) -> None:
    found = [
        (name, status)
        for document in documents.values()
        for name, each in operations(document)
        for status in ("429", "503")
        if name.partition(" ")[2].startswith("/api/")
        and status in each["responses"]
        and "seconds" not in each["responses"][status].get("headers", {}).get("Retry-After", {}).get("description", "")
    ]
    assert found == []
    assert "Retry-After" in operation(documents, "POST /api/v1/auth/token")["responses"]["429"]["headers"]
    assert "Retry-After" in operation(documents, "POST /api/v1/reservations")["responses"]["409"]["headers"]


def test_if_match_says_what_to_send_and_what_comes_when_it_does_not_match(documents: dict[str, Json]) -> None:
    found = dict(parameters(documents, "If-Match"))
    assert {"PATCH /api/v1/parking-lots/{lot_id}", "PATCH /api/v1/organizations/{organization_id}"} <= found.keys()
    assert not [*parameters(documents, "if-match")]
    for name, parameter in found.items():
        for said in ("`ETag` of your last read", "412", "`changed-meanwhile`", "Without it"):
            assert said in parameter["description"], name
        assert "changed-meanwhile" in operation(documents, name)["responses"]["412"]["description"]


def test_idempotency_key_says_how_long_it_is_kept_what_a_repeat_gets_and_a_changed_body(
    documents: dict[str, Json],
) -> None:
    found = [*parameters(documents, "Idempotency-Key")]
    assert found
    for name, parameter in found:
        said = parameter["description"]
        assert f"kept for {ANSWERS_STORED_FOR.days} days" in said, name
        assert "`Idempotent-Replayed: true`" in said
        assert "422 `idempotency-key-reused`" in said
        assert "409 `request-in-flight`" in said
        answers = operation(documents, name)["responses"]
        assert "idempotency-key-reused" in answers["422"]["description"], name
        assert "request-in-flight" in answers["409"]["description"], name


def test_no_key_and_no_version_is_filled_in_by_a_reader_of_the_document(documents: dict[str, Json]) -> None:
    """One that is tried twice would be a repeat, or meet a version that is another."""
    found = [*parameters(documents, "Idempotency-Key"), *parameters(documents, "If-Match")]
    assert [name for name, each in found if {"example", "examples"} & {*each, *each["schema"]}] == []
