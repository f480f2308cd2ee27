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


@pytest.mark.parametrize("body", ["", "no json", "[]", "null", '"event"'])
def test_what_is_no_object_is_no_event(body: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read(body)
    assert refused.value.pointer == "/"


def test_the_latest_instant_is_read() -> None:
    latest = int(datetime(2199, 12, 31, tzinfo=UTC).timestamp())
    assert read(json.dumps({**EVENT, "created": latest})).id == "evt_1"
