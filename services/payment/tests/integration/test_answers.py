"""Answers that are stored for repeated requests."""

from services.payment.tests.browser import Browser
from services.payment.tests.desk import Desk
from services.payment.tests.integration.test_refunds import paid
from services.payment.tests.people import Owed
from services.payment.tests.schema import downgrade, upgrade

from parking_platform.testing.servers import SchemaOwner
from payment_service.bootstrap import Payments

PROBLEM = "application/problem+json"


async def test_they_are_sealed_and_given_again_as_they_were(desk: Desk) -> None:
    """The answer has the secret with which the page pays."""
    owed = Owed()
    token = desk.people.charge_token(owed)
    first = await desk.start(owed, "one", charge_token=token)
    [row] = await desk.rows("SELECT status, body FROM idempotency_keys")
    secret = first.json()["client_secret"].encode()
    assert secret in first.content
    assert (row["status"], secret in row["body"]) == (201, False)
    again = await desk.start(owed, "one", charge_token=token)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")


async def test_once_it_is_captured_its_secret_is_stored_in_the_sealed_answer_alone(
    desk: Desk, browser: Browser
) -> None:
    owed = Owed()
    token = desk.people.charge_token(owed)
    first = await desk.start(owed, "one", charge_token=token)
    assert await desk.rows("SELECT id FROM payments WHERE client_secret IS NOT NULL")
    await browser.confirm(first.json()["client_secret"], "visa")
    await desk.wait_for_status(first.json()["id"], "succeeded")
    assert await desk.rows("SELECT id FROM payments WHERE client_secret IS NOT NULL") == []
    again = await desk.start(owed, "one", charge_token=token)
    assert (again.status_code, again.content) == (201, first.content)
    other = (await desk.start(owed, "two", charge_token=token)).json()
    assert other == {**first.json(), "status": "succeeded", "client_secret": None}


async def test_the_secrets_of_what_is_over_go_with_the_migration(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    over, opened = await paid(desk, browser, Owed()), await desk.started(Owed())
    await downgrade(schema_owner.url, "0009")
    await desk.run("UPDATE payments SET client_secret = 'pi_secret_old'")
    await desk.run("DELETE FROM payments_to_settle")
    await upgrade(schema_owner.url)
    stored = {str(row["id"]): row["client_secret"] for row in await desk.rows("SELECT * FROM payments")}
    assert stored == {over["id"]: None, opened["id"]: "pi_secret_old"}
    assert await desk.rows("SELECT * FROM payments_to_settle") == [], "it opens nothing again"


async def test_another_request_under_the_key_is_refused(desk: Desk) -> None:
    owed = Owed()
    token = desk.people.charge_token(owed)
    await desk.start(owed, "one", charge_token=token)
    other = await desk.start(owed, "one", charge_token=token, save_method=True)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_refusal_of_the_provider_is_given_again_and_the_provider_is_not_asked_again(desk: Desk) -> None:
    owed = Owed(amount=1, tax=0)
    token = desk.people.charge_token(owed)
    first = await desk.start(owed, "one", charge_token=token)
    assert (first.status_code, first.json()["type"]) == (402, "/problems/payment-refused")
    assert (first.headers["content-type"], "idempotent-replayed" in first.headers) == (PROBLEM, False)
    assert first.json()["request_id"] == first.headers["x-request-id"]
    asked = len(desk.simulator.journal())
    again = await desk.start(owed, "one", charge_token=token)
    assert (again.status_code, again.content) == (402, first.content)
    assert (again.headers["content-type"], again.headers["idempotent-replayed"]) == (PROBLEM, "true")
    assert len(desk.simulator.journal()) == asked
    assert len(await desk.rows("SELECT id FROM payments")) == 1
    other = await desk.start(owed, "two", charge_token=token)
    assert (other.status_code, "idempotent-replayed" in other.headers) == (402, False)
    assert len(desk.simulator.journal()) > asked, "the measure itself sees a call"


async def test_a_refused_refund_is_no_answer(desk: Desk, browser: Browser, service: Payments) -> None:
    owed = Owed()
    payment = await paid(desk, browser, owed)
    much = {"amount": {"amount": 1251, "currency": "CHF"}}
    assert (await desk.refund(owed, payment["id"], "one", **much)).status_code == 409
    fitting = await desk.refund(owed, payment["id"], "one", amount={"amount": 1250, "currency": "CHF"})
    assert fitting.status_code == 201, fitting.text


async def test_what_the_release_before_stored_is_given_again(
    desk: Desk, browser: Browser, service: Payments, schema_owner: SchemaOwner
) -> None:
    """In plain text: the migration leaves it as it is. Of sealed ones, which that release cannot read, none stays."""
    owed = Owed()
    payment = await paid(desk, browser, owed)
    sealed = await desk.refund(owed, payment["id"], "sealed", amount={"amount": 100, "currency": "CHF"})
    plain = await desk.refund(owed, payment["id"], "plain", amount={"amount": 200, "currency": "CHF"})
    assert (sealed.status_code, plain.status_code) == (201, 201)
    body = plain.content.decode()
    await desk.run("UPDATE idempotency_keys SET body = convert_to(:body, 'UTF8') WHERE key = 'plain'", body=body)
    await downgrade(schema_owner.url, "0007")
    assert [row["key"] for row in await desk.rows("SELECT key FROM idempotency_keys WHERE status = 201")] == ["plain"]
    await upgrade(schema_owner.url)
    again = await desk.refund(owed, payment["id"], "plain", amount={"amount": 200, "currency": "CHF"})
    assert (again.status_code, again.content) == (201, plain.content)
    assert again.headers["idempotent-replayed"] == "true"
