"""Stripe's messages: signature first, then what they tell."""

import stripe

from payment_service.adapters.stripe.objects import Translation, instant
from payment_service.application.ports import InvalidSignature
from payment_service.domain.provider import ProviderEvent


class StripeWebhooks:
    """See `payment_service.application.ports.ReadWebhook`."""

    def __init__(self, secret: str, translation: Translation) -> None:
        self._secret = secret
        self._translation = translation

    def __call__(self, body: bytes, signature: str) -> ProviderEvent:
        """The event of a message. Raises `InvalidSignature`, also for one that was signed more than 5 minutes ago."""
        try:
            event = stripe.Webhook.construct_event(body, signature, self._secret)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise InvalidSignature from error
        found = self._translation.observation(event.data.object, instant(event.created))
        return ProviderEvent(event.id, event.type, found)
