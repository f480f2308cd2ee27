"""Stripe's messages: signature first, then what they say."""

from datetime import UTC, datetime
from typing import Annotated, Any

import stripe
from pydantic import BaseModel, Field, ValidationError

from parking_chassis.error_words import rule_of
from parking_chassis.invalid_requests import pointer_of
from payment_service.adapters.stripe.objects import Translation, instant
from payment_service.application.ports import InvalidEvent, InvalidSignature
from payment_service.domain.provider import ProviderEvent

LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())


class _Data(BaseModel):
    object: dict[str, Any]


class _Envelope(BaseModel):
    """What every event has (https://docs.stripe.com/api/events/object), as far as it is read here."""

    id: str
    type: str
    created: Annotated[int, Field(ge=0, lt=LATEST, strict=True)]
    data: _Data


class StripeWebhooks:
    """See `payment_service.application.ports.ReadWebhook`."""

    def __init__(self, secret: str, translation: Translation) -> None:
        self._secret = secret
        self._translation = translation

    def __call__(self, body: bytes, signature: str) -> ProviderEvent:
        """The event of a message.

        Raises `InvalidSignature`, also for one that was signed more than 5 minutes ago, and `InvalidEvent`.
        """
        try:
            text = body.decode()
            stripe.WebhookSignature.verify_header(text, signature, self._secret, stripe.Webhook.DEFAULT_TOLERANCE)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise InvalidSignature from error
        _check(text)
        event = stripe.Webhook.construct_event(body, signature, self._secret)
        found = self._translation.observation(event.data.object, instant(event.created))
        return ProviderEvent(event.id, event.type, found)


def _check(text: str) -> None:
    try:
        _Envelope.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidEvent(pointer_of(["body", *first["loc"]]), rule_of(first)) from error
