"""Sending events, signed as https://docs.stripe.com/webhooks#verify-manually says, until the receiver answers 2xx."""

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterable

import httpx

from stripe_simulator.account import Account
from stripe_simulator.alarm import Alarm
from stripe_simulator.deliveries import Delivery

logger = logging.getLogger(__name__)


def signature(secret: str, payload: str, timestamp: int) -> str:
    """The `Stripe-Signature` header of a payload."""
    signed = hmac.new(secret.encode(), f"{timestamp}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={signed}"


class Sender:
    """Delivers what the queue says is due. A crash between sending and recording sends twice, as Stripe may."""

    def __init__(self, account: Account, client: httpx.AsyncClient) -> None:
        self.account = account
        self.alarm = Alarm()
        self._client = client
        # One round at a time, so that the loop and a "deliver now" never send the same copy twice.
        self.sending = asyncio.Lock()

    async def run(self) -> None:
        """Send, as long as the server runs."""
        deliveries = self.account.deliveries
        while True:
            if self.account.panel.knobs.webhook_paused:
                await self.alarm.wait(None)
            elif not await self.send_round():
                await self.alarm.wait(deliveries.seconds_until_due())

    async def send_round(self) -> int:
        """Send some of what is due; one after another while the order is being tested."""
        knobs = self.account.panel.knobs
        async with self.sending:
            due = self.account.deliveries.due(1 if knobs.webhook_reorder else self.account.settings.webhook_concurrency)
            await asyncio.gather(*(self._send(delivery) for delivery in due))
        return len(due)

    async def send_all(self) -> Iterable[dict[str, object]]:
        """Send everything that waits, once and in turn, whatever the knobs say; answers what became of it."""
        self.account.deliveries.hasten()
        async with self.sending:
            due = self.account.deliveries.due(100_000)
            for delivery in due:
                await self._send(delivery)
        sent = {delivery.seq for delivery in due}
        return [row for row in self.account.deliveries.report(limit=100_000) if row["seq"] in sent]

    async def _send(self, delivery: Delivery) -> None:
        event = self.account.find(delivery.event)
        if event is None:
            return
        payload = json.dumps(event, indent=2)
        settings = self.account.settings
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": signature(settings.webhook_secret, payload, int(time.time())),
        }
        try:
            response = await self._client.post(settings.webhook_url, content=payload, headers=headers)
            answer, accepted = str(response.status_code), response.is_success
        except httpx.HTTPError as error:
            answer, accepted = f"{type(error).__name__}: {error}", False
        if not accepted:
            logger.warning("webhook %s %s: %s", event["id"], event["type"], answer)
        self.account.deliveries.record(delivery, answer, accepted=accepted)
