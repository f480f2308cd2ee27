"""The payment provider by Stripe's official SDK."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import stripe
from stripe.params import PaymentIntentCreateParams

from parking_kernel.money import Money
from parking_messaging.crash_points import CrashPoint, reach
from payment_service.adapters.metrics import UNKNOWN_STATUSES
from payment_service.adapters.stripe.amounts import NotChargeable, to_stripe
from payment_service.adapters.stripe.http_client import TimedHttpClient
from payment_service.adapters.stripe.objects import ATTEMPT, REFUND, Translation, UnknownStatus
from payment_service.application.ports import IntentRequest, OutcomeUnknown, ProviderRefused, RefundRequest
from payment_service.domain.provider import Intent, ProviderDispute, ProviderRefund

PAGE = 100
ATTEMPTS_MORE = 2
SERVER_ERROR = 500
_log = logging.getLogger(__name__)


class StripeGateway:
    """See `payment_service.application.ports.PaymentGateway`.

    One attempt takes `timeout` seconds at most; the SDK makes up to two more after a broken connection, a conflict or
    an error of Stripe's, under the same idempotency key; all of it together is cut off after `deadline` seconds.
    """

    def __init__(
        self,
        secret_key: str,
        translation: Translation,
        now: Callable[[], datetime],
        *,
        api_base: str | None,
        timeout: float,
        deadline: float,
    ) -> None:
        # At INFO and below the SDK logs requests and answers, client secrets among them.
        logging.getLogger("stripe").setLevel(logging.WARNING)
        self._http = TimedHttpClient(timeout)
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else None,
            http_client=self._http,
            max_network_retries=ATTEMPTS_MORE,
        )
        self._deadline = deadline
        self._translation = translation
        self._now = now

    async def create_intent(self, request: IntentRequest) -> Intent:
        """Make an intent, or find the one that the same key made. Raises `ProviderRefused`."""
        amount = request.charge.amount
        parameters: PaymentIntentCreateParams = {
            "amount": _units(amount),
            "currency": amount.currency.lower(),
            "automatic_payment_methods": {"enabled": True},
            "metadata": self._translation.metadata(request.payment_id),
        }
        if request.save_method:
            parameters["setup_future_usage"] = "off_session"
        made = await self._ask(
            self._client.v1.payment_intents.create_async(parameters, {"idempotency_key": request.key})
        )
        return self._intent(made)

    async def find_intent(self, payment_id: UUID, since: datetime) -> Intent | None:
        """The intent that was made for a payment at `since` or later."""
        async for each in self._pages(self._client.v1.payment_intents.list_async, since):
            # An unknown status of this one is an error: were it passed over, a second intent would be made.
            if self._translation.payment_id(each) == payment_id:
                return self._intent(each)
        return None

    async def read_intent(self, intent_id: str) -> Intent:
        """An intent as it is. Raises `ProviderRefused` for one that is not there."""
        return self._intent(await self._ask(self._client.v1.payment_intents.retrieve_async(intent_id)))

    async def cancel_intent(self, intent_id: str) -> Intent:
        """Withdraw an intent. Cancelling twice does no harm, so the SDK's own key, one for each call, will do."""
        try:
            return self._intent(await self._ask(self._client.v1.payment_intents.cancel_async(intent_id)))
        except ProviderRefused:
            return await self.read_intent(intent_id)

    async def create_refund(self, request: RefundRequest) -> ProviderRefund:
        """Give money back, or find the refund that the same key made. Raises `ProviderRefused`."""
        metadata = {
            **self._translation.metadata(request.payment_id),
            REFUND: str(request.refund_id),
            ATTEMPT: str(request.attempt),
        }
        made = await self._ask(
            self._client.v1.refunds.create_async(
                {
                    "payment_intent": request.intent_id,
                    "amount": _units(request.amount),
                    "reason": "duplicate" if request.reason == "duplicate" else "requested_by_customer",
                    "metadata": metadata,
                },
                {"idempotency_key": request.key},
            )
        )
        refund = self._translation.refund(made)
        assert refund is not None, "it was made of an intent"
        return refund

    async def refunds_of(self, intent_id: str) -> Sequence[ProviderRefund]:
        """All refunds of an intent."""
        found = await self._ask(self._client.v1.refunds.list_async({"payment_intent": intent_id, "limit": PAGE}))
        return [refund for each in found.data if (refund := self._translation.refund(each))]

    async def disputes_of(self, intent_id: str) -> Sequence[ProviderDispute]:
        """All disputes of an intent."""
        found = await self._ask(self._client.v1.disputes.list_async({"payment_intent": intent_id, "limit": PAGE}))
        return [dispute for each in found.data if (dispute := self._translation.dispute(each))]

    async def intents_since(self, since: datetime) -> AsyncIterator[Intent]:
        """All intents that were made since then; one of an unknown status is logged, counted and passed over."""
        async for each in self._pages(self._client.v1.payment_intents.list_async, since):
            if intent := _if_known("intent", each.id, partial(self._intent, each)):
                yield intent

    async def refunds_since(self, since: datetime) -> AsyncIterator[ProviderRefund]:
        """All refunds that were made since then; one of an unknown status is logged, counted and passed over."""
        async for each in self._pages(self._client.v1.refunds.list_async, since):
            if refund := _if_known("refund", each.id, partial(self._translation.refund, each)):
                yield refund

    async def disputes_since(self, since: datetime) -> AsyncIterator[ProviderDispute]:
        """All disputes since then, newest first; one of an unknown status is logged, counted and passed over."""
        async for each in self._pages(self._client.v1.disputes.list_async, since):
            if dispute := _if_known("dispute", each.id, partial(self._translation.dispute, each)):
                yield dispute

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()

    def _intent(self, found: stripe.PaymentIntent) -> Intent:
        return self._translation.intent(found, self._now())

    async def _pages[Found: (stripe.PaymentIntent, stripe.Refund, stripe.Dispute)](
        self, ask_for: Callable[[Any], Awaitable[stripe.ListObject[Found]]], since: datetime
    ) -> AsyncIterator[Found]:
        # Not the SDK's own paging, which would ask for the next page without our deadline.
        parameters: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        while True:
            page = await self._ask(ask_for(parameters))
            for each in page.data:
                yield each
            if not page.has_more:
                return
            parameters["starting_after"] = page.data[-1].id

    async def _ask[Result](self, call: Awaitable[Result]) -> Result:
        try:
            async with asyncio.timeout(self._deadline):
                answer = await call
        except TimeoutError as error:
            raise OutcomeUnknown("no answer in time") from error
        except stripe.StripeError as error:
            raise _verdict(error) from error
        reach(CrashPoint.PROVIDER_ANSWERED)
        return answer


def _units(amount: Money) -> int:
    """An amount as Stripe counts it. Raises `ProviderRefused` for one that it would refuse."""
    try:
        return to_stripe(amount)
    except NotChargeable as error:
        raise ProviderRefused("amount_not_chargeable") from error


def _if_known[Seen](kind: str, found_id: str, read: Callable[[], Seen]) -> Seen | None:
    """What an object says; none where its status is one that there was not when this was written."""
    try:
        return read()
    except UnknownStatus as unknown:
        about = {"provider_object": kind, "provider_id": found_id, "error": str(unknown)}
        _log.warning("an object of the provider is passed over, as its status is unknown", extra=about)
        UNKNOWN_STATUSES.labels(kind).inc()
        return None


def _verdict(error: stripe.StripeError) -> Exception:
    """What an error says of the outcome. Being too fast, or not let in, is no word on the matter itself."""
    status = error.http_status or 0
    match error:
        case stripe.CardError() | stripe.InvalidRequestError():
            return ProviderRefused(error.code or "invalid_request")
        case stripe.APIError() if status >= SERVER_ERROR:
            return OutcomeUnknown(f"status {status}", key_is_spent=True)
        case stripe.IdempotencyError():
            return OutcomeUnknown("the key belongs to another call", key_is_spent=True)
        case _:
            return OutcomeUnknown(f"{type(error).__name__}, status {status}")
