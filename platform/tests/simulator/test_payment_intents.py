import pytest
import stripe

pytestmark = pytest.mark.integration

RETURN_URL = "https://parking.example/paid"


def pay(client: stripe.StripeClient, method: str = "pm_card_visa", **params: object) -> stripe.PaymentIntent:
    given = {"amount": 1250, "currency": "eur", "payment_method": method, "confirm": True, "return_url": RETURN_URL}
    return client.v1.payment_intents.create(given | params)  # pyright: ignore[reportArgumentType] -- built at run time


def test_a_payment_goes_from_nothing_to_succeeded(client: stripe.StripeClient) -> None:
    intents = client.v1.payment_intents
    intent = intents.create(
        {
            "amount": 1250,
            "currency": "EUR",
            "automatic_payment_methods": {"enabled": True},
            "description": "Lot 7",
            "metadata": {"charge_id": "c-1", "empty": ""},
        }
    )
    assert (intent.status, intent.currency, intent.metadata.to_dict()) == (
        "requires_payment_method",
        "eur",
        {"charge_id": "c-1"},
    )
    assert intent.client_secret
    assert intent.client_secret.startswith(f"{intent.id}_secret_")

    intent = intents.update(intent.id, {"amount": 1300, "metadata": {"charge_id": "", "lot": "7"}})
    assert (intent.amount, intent.metadata.to_dict()) == (1300, {"lot": "7"})
    intent = intents.update(intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "requires_confirmation"
    intent = intents.confirm(intent.id, {"return_url": RETURN_URL, "expand": ["latest_charge"]})
    assert (intent.status, intent.amount_received) == ("succeeded", 1300)
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert (charge.amount_captured, charge.paid, charge.metadata.to_dict()) == (1300, True, {"lot": "7"})
    assert intents.retrieve(intent.id).status == "succeeded"

    events = [event.type for event in client.v1.events.list().data]
    assert events == ["payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "processing_error"),
    ],
)
def test_a_declined_card_can_be_followed_by_another(
    client: stripe.StripeClient, method: str, code: str, decline_code: str
) -> None:
    intent = client.v1.payment_intents.create({"amount": 900, "currency": "chf"})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": method, "return_url": RETURN_URL})
    assert refused.value.http_status == 402
    assert refused.value.code == code

    intent = client.v1.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error
    assert (intent.last_payment_error.code, intent.last_payment_error.decline_code) == (code, decline_code)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.status, charge.failure_code, charge.paid) == ("failed", code, False)

    intent = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL})
    assert (intent.status, intent.last_payment_error) == ("succeeded", None)
    assert len(client.v1.charges.list({"payment_intent": intent.id}).data) == 2


def test_a_decline_at_creation_leaves_the_intent_behind(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError):
        pay(client, "pm_card_chargeDeclined")
    assert [intent.status for intent in client.v1.payment_intents.list().data] == ["requires_payment_method"]


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (49, "eur", "amount_too_small"),
        (49, "chf", "amount_too_small"),
        (49, "jpy", "amount_too_small"),
        (100_000_000, "eur", "amount_too_large"),
        (0, "eur", "parameter_invalid_integer"),
        (1000, "xxx", None),
    ],
)
def test_amounts_have_limits(client: stripe.StripeClient, amount: int, currency: str, code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({"amount": amount, "currency": currency})
    assert refused.value.code == code
    assert client.v1.payment_intents.list().data == []


def test_what_is_done_stays_done(client: stripe.StripeClient) -> None:
    intent = pay(client)
    intents = client.v1.payment_intents
    for attempt in (
        lambda: intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL}),
        lambda: intents.cancel(intent.id),
        lambda: intents.update(intent.id, {"amount": 60}),
        lambda: intents.capture(intent.id),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            attempt()
        assert refused.value.code == "payment_intent_unexpected_state"
    assert intents.update(intent.id, {"metadata": {"note": "late"}}).metadata.to_dict() == {"note": "late"}


def test_a_cancelled_intent_takes_no_money(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    cancelled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL})
    assert client.v1.charges.list({"payment_intent": intent.id}).data == []


def test_held_money_is_captured_in_part_or_released(client: stripe.StripeClient) -> None:
    intent = pay(client, capture_method="manual")
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 1250, 0)
    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1000})
    assert (captured.status, captured.amount_capturable, captured.amount_received) == ("succeeded", 0, 1000)

    other = pay(client, capture_method="manual")
    assert client.v1.payment_intents.cancel(other.id).status == "canceled"


def test_a_server_has_to_say_where_redirects_come_back(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.v1.payment_intents.create(
            {"amount": 900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        )
    intent = client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert intent.status == "succeeded"


def test_lists_page_both_ways_and_expand(client: stripe.StripeClient) -> None:
    made = [client.v1.payment_intents.create({"amount": 100 + n, "currency": "eur"}).id for n in range(7)]
    intents = client.v1.payment_intents
    first = intents.list({"limit": 3})
    assert ([intent.id for intent in first.data], first.has_more) == (made[:3:-1], True)
    second = intents.list({"limit": 3, "starting_after": first.data[-1].id})
    assert [intent.id for intent in second.data] == made[3:0:-1]
    back = intents.list({"limit": 3, "ending_before": second.data[0].id})
    assert [intent.id for intent in back.data] == made[:3:-1]
    assert [intent.id for intent in intents.list({"limit": 2}).auto_paging_iter()] == made[::-1]
    pay(client)
    listed = intents.list({"limit": 1, "expand": ["data.latest_charge", "data.payment_method"]}).data[0]
    assert isinstance(listed.latest_charge, stripe.Charge)
    assert isinstance(listed.payment_method, stripe.PaymentMethod)


def test_ids_that_name_nothing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.retrieve("pi_nothing")
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create({"amount": 900, "currency": "eur", "customer": "cus_nothing"})
    assert (refused.value.http_status, refused.value.param) == (400, "customer")


def test_unsupported_fields_are_refused_by_name(client: stripe.StripeClient) -> None:
    for params, code, param in (
        ({"amount": 900}, "parameter_missing", "currency"),
        ({"amount": 900, "currency": "eur", "colour": "red"}, "parameter_unknown", "colour"),
        (
            {"amount": 900, "currency": "eur", "automatic_payment_methods": {"enabled": True, "colour": "red"}},
            "parameter_unknown",
            "automatic_payment_methods[colour]",
        ),
        ({"amount": "much", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ({"amount": 900, "currency": ""}, "parameter_invalid_empty", "currency"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.payment_intents.create(params)  # pyright: ignore[reportArgumentType] -- wrong on purpose
        assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("isk", 50_000), ("ugx", 500_000), ("kwd", 1250), ("mga", 4000), ("huf", 60_050), ("twd", 20_050), ("jpy", 50)],
)
def test_amounts_as_the_currency_has_them(client: stripe.StripeClient, currency: str, amount: int) -> None:
    assert pay(client, amount=amount, currency=currency).amount_received == amount


@pytest.mark.parametrize(
    ("currency", "amount", "why"),
    [
        ("isk", 40, r"at least 71\.00 isk"),
        ("isk", 7_150, "multiple of 100"),
        ("isk", 50_050, "multiple of 100"),
        ("ugx", 500_001, "multiple of 100"),
        ("kwd", 1255, "multiple of 10"),
        ("eur", 20, r"at least 0\.50 eur"),
        ("gbp", 100_000_000, r"no more than 999999\.99 gbp"),
        ("inr", 1_000_000_000, r"no more than 9999999\.99 inr"),
    ],
)
def test_amounts_that_no_charge_can_have(client: stripe.StripeClient, currency: str, amount: int, why: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=why):
        pay(client, amount=amount, currency=currency)


def test_a_refund_has_the_fractions_of_a_charge(client: stripe.StripeClient) -> None:
    intent = pay(client, amount=1250, currency="kwd")
    with pytest.raises(stripe.InvalidRequestError, match="multiple of 10"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 625})
    assert client.v1.refunds.create({"payment_intent": intent.id, "amount": 630}).amount == 630
