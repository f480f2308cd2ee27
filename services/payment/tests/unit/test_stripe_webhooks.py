"""What is signed by the provider's secret and yet is no event of its."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from payment_service.adapters.stripe.objects import Translation
from payment_service.adapters.stripe.webhooks import StripeWebhooks
from payment_service.application.ports import InvalidEvent
from payment_service.domain.provider import ProviderEvent

SECRET = "whsec_test"
EVENT = {"id": "evt_1", "object": "event", "type": "x", "created": 1_900_000_000, "data": {"object": {}}}


def read(body: str) -> ProviderEvent:
    at = int(time.time())
    signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", SECRET)
    return StripeWebhooks(SECRET, Translation("ours"))(body.encode(), f"t={at},v1={signed}")


def test_an_event_that_does_not_concern_us_is_read() -> None:
    assert read(json.dumps(EVENT)) == ProviderEvent("evt_1", "x", None)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"id": 7}, "/id"),
        ({"type": None}, "/type"),
        ({"created": 1_774_401_795_040_190_720}, "/created"),
        ({"created": -1}, "/created"),
        ({"created": "yesterday"}, "/created"),
        ({"created": "1900000000"}, "/created"),
        ({"created": False}, "/created"),
        ({"data": {}}, "/data/object"),
        ({"data": {"object": 1}}, "/data/object"),
        ({"data": []}, "/data"),
    ],
)
def test_an_event_of_another_shape_is_refused_by_field(changes: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(json.dumps({**EVENT, **changes}))
    assert refused.value.pointer == pointer
    assert refused.value.rule


def about(kind: str, **metadata: str) -> Any:
    """What is seen of an object of ours, by its metadata."""
    fields = {"id": "re_1", "object": kind, "payment_intent": "pi_1", "amount": 500, "currency": "chf"}
    if kind == "payment_intent":
        fields |= {"id": "pi_1", "amount_received": 500, "last_payment_error": None, "client_secret": "secret"}
    found = {**fields, "status": "succeeded", "metadata": {"installation": "ours", **metadata}}
    return read(json.dumps({**EVENT, "data": {"object": found}})).observation


OURS = "0199c6e1-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    "metadata",
    [
        {"refund_id": OURS, "attempt": "x"},
        {"refund_id": OURS, "attempt": "0"},
        {"refund_id": OURS, "attempt": "-1"},
        {"refund_id": OURS, "attempt": "1.5"},
        {"refund_id": OURS, "attempt": "9" * 5000},
        {"refund_id": "somebody's", "attempt": "1"},
        {"refund_id": "", "attempt": "1"},
    ],
    ids=lambda metadata: str(metadata)[:40],
)
def test_a_refund_that_is_ours_and_does_not_say_which_is_read_as_such(metadata: dict[str, str]) -> None:
    seen = about("refund", **metadata)
    assert (seen.refund_id, seen.attempt, seen.is_unreadable) == (None, 1, True)


def test_one_that_says_which_is_read_and_another_systems_words_mean_nothing() -> None:
    seen = about("refund", refund_id=OURS, attempt="2")
    assert (str(seen.refund_id), seen.attempt, seen.is_unreadable) == (OURS, 2, False)
    seen = about("refund", installation="theirs", refund_id="x", attempt="x")
    assert (seen.refund_id, seen.attempt, seen.is_unreadable) == (None, 1, False)


def test_an_intent_that_is_ours_and_does_not_say_which_is_known_by_its_own_id() -> None:
    seen = about("payment_intent", payment_id="nobody's", attempt="x")
    assert (seen.id, seen.payment_id, seen.is_unreadable) == ("pi_1", None, True)
    seen = about("payment_intent", payment_id=OURS, attempt="x")
    assert (str(seen.payment_id), seen.is_unreadable) == (OURS, False)


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", '"event"'])
def test_what_is_no_object_is_no_event(body: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(body)
    assert refused.value.pointer == "/"


def test_the_latest_instant_is_read() -> None:
    latest = int(datetime(2199, 12, 31, tzinfo=UTC).timestamp())
    assert read(json.dumps({**EVENT, "created": latest})).id == "evt_1"
