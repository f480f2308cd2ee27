"""What clients may ask, and what they get when they may not."""

from uuid import uuid4

import pytest
from services.payment.tests.desk import Desk
from services.payment.tests.people import OPERATOR, Owed


async def test_everyone_sees_their_own_and_no_others(desk: Desk) -> None:
    owed = Owed()
    payment = await desk.started(owed)
    path = f"/api/v1/payments/{payment['id']}"
    seen = {
        "driver": (desk.people.signed_in(owed.user_id), 200),
        "other driver": (desk.people.signed_in(), 404),
        "operator": (desk.people.operator_of(owed.organization_id), 200),
        "other operator": (desk.people.operator_of(uuid4()), 404),
        "admin": (desk.people.signed_in(scope="*"), 200),
        "nobody": ({}, 401),
    }
    for who, (headers, status) in seen.items():
        answer = await desk.client.get(path, headers=headers)
        assert answer.status_code == status, who
    shown = await desk.client.get(path, headers=desk.people.signed_in(owed.user_id))
    assert shown.headers["etag"] == '"1"'
    assert "no-store" in shown.headers["cache-control"]
    assert "secret" not in shown.text


async def test_lists_go_page_by_page_the_newest_first(desk: Desk) -> None:
    user_id, organization_id = uuid4(), uuid4()
    made = [await desk.started(Owed(user_id=user_id, organization_id=organization_id)) for _ in range(5)]
    await desk.started(Owed())
    newest_first = [payment["id"] for payment in reversed(made)]
    for headers, path in (
        (desk.people.signed_in(user_id), "/api/v1/payments?limit=2"),
        (desk.people.operator_of(organization_id), f"/api/v1/payments?limit=2&organization_id={organization_id}"),
    ):
        found, following = [], path
        while following:
            page = (await desk.client.get(following, headers=headers)).json()
            found += [item["id"] for item in page["items"]]
            following = page["next"]
        assert found == newest_first


async def test_another_organization_s_list_is_not_found(desk: Desk) -> None:
    path = f"/api/v1/payments?organization_id={uuid4()}"
    assert (await desk.client.get(path, headers=desk.people.operator_of(uuid4()))).status_code == 404


BAD_PAYMENTS = {
    "no token": ({}, "/charge_token"),
    "empty token": ({"charge_token": ""}, "/charge_token"),
    "no text": ({"charge_token": 1}, "/charge_token"),
    "no jwt": ({"charge_token": "abc"}, "/charge_token"),
    "three parts": ({"charge_token": "a.b.c"}, "/charge_token"),
    "too long": ({"charge_token": "a" * 5000}, "/charge_token"),
    "nul": ({"charge_token": "a\0b"}, "/charge_token"),
    "unknown field": ({"charge_token": "abc", "amount": 1}, "/amount"),
    "save_method": ({"charge_token": "abc", "save_method": "perhaps"}, "/save_method"),
}


@pytest.mark.parametrize("name", BAD_PAYMENTS)
async def test_a_payment_needs_a_charge(desk: Desk, name: str) -> None:
    body, pointer = BAD_PAYMENTS[name]
    headers = {**desk.people.signed_in(), "Idempotency-Key": "bad"}
    answer = await desk.client.post("/api/v1/payments", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert answer.headers["content-type"] == "application/problem+json"


FORGED: dict[str, dict[str, object]] = {
    "another issuer": {"iss": "auth"},
    "another audience": {"aud": "gate"},
    "no expiry": {"exp": None},
    "no owner": {"sub": "nobody"},
    "nothing owed": {"amount": 0},
    "less than nothing": {"amount": -5},
    "a fraction": {"amount": 1.5},
    "more tax than amount": {"tax": 5000},
    "no charge": {"charge_id": "x"},
    "no currency": {"currency": None},
    "another kind": {"header": {"typ": "gate+jwt"}},
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_charge_is_what_reservation_signs(desk: Desk, name: str) -> None:
    owed = Owed()
    token = desk.people.charge_token(owed, **FORGED[name])  # pyright: ignore[reportArgumentType] - wrong on purpose
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "forged"}
    answer = await desk.client.post("/api/v1/payments", json={"charge_token": token}, headers=headers)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/charge_token"
    assert await desk.rows("SELECT * FROM payments") == []


async def test_an_altered_charge_is_refused(desk: Desk) -> None:
    owed = Owed()
    header, _, signature = desk.people.charge_token(owed).split(".")
    _, claims, _ = desk.people.charge_token(Owed(user_id=owed.user_id, amount=100)).split(".")
    headers = {**desk.people.signed_in(owed.user_id), "Idempotency-Key": "altered"}
    body = {"charge_token": f"{header}.{claims}.{signature}"}
    assert (await desk.client.post("/api/v1/payments", json=body, headers=headers)).status_code == 422


BAD_REFUNDS = {
    "no reason": ({}, "/reason"),
    "empty reason": ({"reason": " "}, "/reason"),
    "nothing": ({"reason": "goodwill", "amount": {"amount": 0, "currency": "CHF"}}, "/amount/amount"),
    "negative": ({"reason": "goodwill", "amount": {"amount": -1, "currency": "CHF"}}, "/amount/amount"),
    "fraction": ({"reason": "goodwill", "amount": {"amount": 1.5, "currency": "CHF"}}, "/amount/amount"),
    "huge": ({"reason": "goodwill", "amount": {"amount": 2**63, "currency": "CHF"}}, "/amount/amount"),
    "currency": ({"reason": "goodwill", "amount": {"amount": 1, "currency": "chf"}}, "/amount/currency"),
    "unknown field": ({"reason": "goodwill", "percent": 5}, "/percent"),
}


@pytest.mark.parametrize("name", BAD_REFUNDS)
async def test_a_refund_needs_sense(desk: Desk, name: str) -> None:
    body, pointer = BAD_REFUNDS[name]
    headers = {**desk.people.signed_in(scope=OPERATOR), "Idempotency-Key": "bad"}
    answer = await desk.client.post(f"/api/v1/payments/{uuid4()}/refunds", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_the_key_is_required_and_named(desk: Desk) -> None:
    for path in ("/api/v1/payments", f"/api/v1/payments/{uuid4()}/refunds"):
        body = {"charge_token": "abc"} if path.endswith("payments") else {"reason": "goodwill"}
        answer = await desk.client.post(path, json=body, headers=desk.people.signed_in(scope="*"))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["header/Idempotency-Key"]


async def test_paying_needs_the_permission(desk: Desk) -> None:
    owed = Owed()
    headers = {**desk.people.signed_in(owed.user_id, scope="read:parking"), "Idempotency-Key": "one"}
    body = {"charge_token": desk.people.charge_token(owed)}
    assert (await desk.client.post("/api/v1/payments", json=body, headers=headers)).status_code == 403


async def test_a_bad_cursor_is_named(desk: Desk) -> None:
    for cursor in ("x", "W10", "WyIyMDI2LTAxLTAxIiwgIjEiXQ"):
        answer = await desk.client.get(f"/api/v1/payments?cursor={cursor}", headers=desk.people.signed_in())
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/cursor")
