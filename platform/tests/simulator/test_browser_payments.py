from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
import stripe

from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration

RETURN_URL = "https://parking.example/paid?reservation=7"


def confirm(browser: httpx.Client, intent: stripe.PaymentIntent, **form: str) -> httpx.Response:
    data = {"client_secret": str(intent.client_secret), **form}
    return browser.post(f"/v1/payment_intents/{intent.id}/confirm", data=data)


@pytest.fixture
def intent(client: stripe.StripeClient) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {"amount": 1250, "currency": "eur", "automatic_payment_methods": {"enabled": True}}
    )


def test_a_page_pays_with_the_publishable_key(browser: httpx.Client, intent: stripe.PaymentIntent) -> None:
    answer = confirm(browser, intent, payment_method="pm_card_visa")
    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"
    assert "metadata" not in answer.json(), "a browser is not shown what the server noted"


def test_the_key_may_stand_in_the_form(simulator: SimulatorProcess, intent: stripe.PaymentIntent) -> None:
    form = {"client_secret": str(intent.client_secret), "payment_method": "pm_card_visa"}
    address = f"{simulator.url}/v1/payment_intents/{intent.id}/confirm"
    assert httpx.post(address, data=form).status_code == 401
    answer = httpx.post(address, data={**form, "key": simulator.publishable_key})
    assert answer.json()["status"] == "succeeded"


def test_a_page_needs_the_right_client_secret(browser: httpx.Client, intent: stripe.PaymentIntent) -> None:
    wrong = browser.post(
        f"/v1/payment_intents/{intent.id}/confirm",
        data={"client_secret": f"{intent.id}_secret_guess", "payment_method": "pm_card_visa"},
    )
    assert wrong.status_code == 400
    assert wrong.json()["error"]["code"] == "payment_intent_invalid_parameter"
    without = browser.post(f"/v1/payment_intents/{intent.id}/confirm", data={"payment_method": "pm_card_visa"})
    assert without.json()["error"]["code"] == "parameter_missing"
    assert browser.get(f"/v1/payment_intents/{intent.id}").status_code == 400
    shown = browser.get(f"/v1/payment_intents/{intent.id}", params={"client_secret": intent.client_secret})
    assert shown.json()["status"] == "requires_payment_method"


def test_a_page_cannot_do_what_a_server_does(browser: httpx.Client, intent: stripe.PaymentIntent) -> None:
    refused = browser.post("/v1/refunds", data={"payment_intent": intent.id})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "secret_key_required")
    assert browser.get("/v1/payment_intents").status_code == 403
    assert browser.post(f"/v1/payment_intents/{intent.id}/cancel").status_code == 403


@pytest.mark.parametrize(
    ("button", "outcome", "status"),
    [("complete", "succeeded", "succeeded"), ("fail", "failed", "requires_payment_method")],
)
def test_3d_secure_by_its_forms(
    browser: httpx.Client,
    client: stripe.StripeClient,
    intent: stripe.PaymentIntent,
    button: str,
    outcome: str,
    status: str,
) -> None:
    answer = confirm(browser, intent, payment_method="pm_card_threeDSecure2Required", return_url=RETURN_URL).json()
    assert answer["status"] == "requires_action"
    assert answer["next_action"]["redirect_to_url"]["return_url"] == RETURN_URL
    page = answer["next_action"]["redirect_to_url"]["url"]
    html = httpx.get(page).text
    assert "12.50 eur" in html

    back = httpx.post(f"{page}/{button}")
    assert back.status_code == 303
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["reservation"] == ["7"]
    assert query["redirect_status"] == [outcome]
    assert query["payment_intent"] == [intent.id]
    assert query["payment_intent_client_secret"] == [intent.client_secret]
    after = client.v1.payment_intents.retrieve(intent.id)
    assert (after.status, after.next_action) == (status, None)

    httpx.post(f"{page}/complete")
    assert client.v1.payment_intents.retrieve(intent.id).status == status, "an answered question stays answered"


def test_an_authentication_that_failed_says_so(
    browser: httpx.Client, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    answer = confirm(browser, intent, payment_method="pm_card_authenticationRequired").json()
    httpx.post(answer["next_action"]["redirect_to_url"]["url"] + "/fail")
    after = client.v1.payment_intents.retrieve(intent.id)
    assert after.last_payment_error
    assert after.last_payment_error.code == "payment_intent_authentication_failure"
    assert after.latest_charge is None


def test_an_authenticated_card_can_still_be_declined(
    browser: httpx.Client, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    card = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
    answer = confirm(browser, intent, payment_method=card, return_url=RETURN_URL).json()
    back = httpx.post(answer["next_action"]["redirect_to_url"]["url"] + "/complete")
    assert "redirect_status=failed" in back.headers["location"]
    error = client.v1.payment_intents.retrieve(intent.id).last_payment_error
    assert error
    assert error.decline_code == "insufficient_funds"


def test_a_cancelled_intent_cannot_be_authenticated(
    browser: httpx.Client, client: stripe.StripeClient, intent: stripe.PaymentIntent
) -> None:
    answer = confirm(browser, intent, payment_method="pm_card_threeDSecure2Required", return_url=RETURN_URL).json()
    client.v1.payment_intents.cancel(intent.id)
    back = httpx.post(answer["next_action"]["redirect_to_url"]["url"] + "/complete")
    assert "redirect_status=failed" in back.headers["location"]
    assert client.v1.payment_intents.retrieve(intent.id).status == "canceled"


@pytest.mark.parametrize(
    ("number", "status", "decline_code"),
    [
        ("4242424242424242", "succeeded", None),
        ("4000000000009995", None, "insufficient_funds"),
        ("4000002760003184", "requires_action", None),
        ("4000002500003155", "requires_action", None),
        ("4111111111111111", None, "test_mode_live_card"),
    ],
)
def test_card_numbers_as_the_element_sends_them(
    simulator: SimulatorProcess,
    browser: httpx.Client,
    intent: stripe.PaymentIntent,
    number: str,
    status: str | None,
    decline_code: str | None,
) -> None:
    card = {"number": number, "exp_month": "12", "exp_year": "34", "cvc": "737"}
    form = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
    answer = confirm(browser, intent, return_url=RETURN_URL, **form, **{"payment_method_data[type]": "card"}).json()
    assert answer.get("status") == status
    assert answer.get("error", {}).get("decline_code") == decline_code
    entry = next(entry for entry in simulator.journal() if entry["path"].endswith("/confirm"))
    noted = {name: value for name, value in parse_qsl(entry["form"]) if name.startswith("payment_method_data[card]")}
    public = {**card, "number": "4242424242424242", "cvc": "123"}
    assert noted == {f"payment_method_data[card][{name}]": value for name, value in public.items()}
    assert number == "4242424242424242" or number not in str(entry)


def test_keys_are_checked(simulator: SimulatorProcess) -> None:
    without = httpx.get(f"{simulator.url}/v1/payment_intents")
    assert (without.status_code, without.json()["error"]["type"]) == (401, "invalid_request_error")
    wrong = httpx.get(f"{simulator.url}/v1/payment_intents", headers={"Authorization": "Bearer sk_test_wrong_key_9999"})
    assert wrong.status_code == 401
    assert wrong.json()["error"]["message"] == "Invalid API Key provided: sk_test_**********9999"
    basic = httpx.get(f"{simulator.url}/v1/payment_intents", auth=(simulator.secret_key, ""))
    assert basic.status_code == 200
    assert basic.headers["request-id"].startswith("req_")
    unknown = httpx.get(f"{simulator.url}/v1/parking_lots", auth=(simulator.secret_key, ""))
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "invalid_request_error")
