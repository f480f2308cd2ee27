import pytest
import stripe

pytestmark = pytest.mark.integration

RETURN_URL = "https://parking.example/paid"


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.create({"email": "driver@parking.example", "metadata": {"user": "u-1"}})


def test_customers_come_and_go(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    customers = client.v1.customers
    assert customers.update(customer.id, {"name": "A. Driver", "metadata": {"user": ""}}).name == "A. Driver"
    assert [found.id for found in customers.list({"email": "driver@parking.example"}).data] == [customer.id]
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert customers.delete(customer.id).deleted
    assert customers.retrieve(customer.id).to_dict() == {"id": customer.id, "object": "customer", "deleted": True}
    assert client.v1.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.create({"amount": 900, "currency": "eur", "customer": customer.id})


def test_a_card_is_kept_and_used_without_the_driver(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    first = client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "customer": customer.id,
            "setup_future_usage": "off_session",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )
    [kept] = client.v1.customers.payment_methods.list(customer.id).data
    assert kept.id == first.payment_method
    later = client.v1.payment_intents.create(
        {
            "amount": 400,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": kept.id,
            "off_session": True,
            "confirm": True,
        }
    )
    assert later.status == "succeeded"
    assert client.v1.payment_methods.detach(kept.id).customer is None
    assert client.v1.payment_methods.list({"customer": customer.id}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_methods.attach(kept.id, {"customer": customer.id})


def test_a_card_that_wants_the_driver_declines_without(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    method = client.v1.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_intents.create(
            {
                "amount": 400,
                "currency": "eur",
                "customer": customer.id,
                "payment_method": method.id,
                "off_session": True,
                "confirm": True,
            }
        )
    assert refused.value.code == "authentication_required"
    intent = client.v1.payment_intents.list().data[0]
    assert intent.status == "requires_payment_method"
    retried = client.v1.payment_intents.confirm(intent.id, {"payment_method": method.id, "return_url": RETURN_URL})
    assert retried.status == "requires_action"


def test_a_card_paid_with_once_is_used_up(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    method = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    once = {
        "amount": 900,
        "currency": "eur",
        "payment_method": method.id,
        "confirm": True,
        "return_url": RETURN_URL,
    }
    client.v1.payment_intents.create(once)  # pyright: ignore[reportArgumentType] -- used twice
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        client.v1.payment_intents.create(once)  # pyright: ignore[reportArgumentType]


def test_a_card_belongs_to_one_customer(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    other = client.v1.customers.create({"email": "other@parking.example"})
    with pytest.raises(stripe.InvalidRequestError, match="belongs to the Customer"):
        client.v1.payment_intents.create(
            {"amount": 900, "currency": "eur", "customer": other.id, "payment_method": method.id}
        )
    with pytest.raises(stripe.InvalidRequestError, match="already been attached"):
        client.v1.payment_methods.attach(method.id, {"customer": other.id})
