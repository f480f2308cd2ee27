"""What a page can do at Stripe, with the publishable key and a client secret, as Stripe.js does."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Browser:
    page: httpx.AsyncClient
    publishable_key: str

    async def confirm(self, client_secret: str, card: str) -> httpx.Response:
        """Pay with one of Stripe's test cards."""
        intent_id = client_secret.partition("_secret_")[0]
        return await self.page.post(
            f"/v1/payment_intents/{intent_id}/confirm",
            data={"client_secret": client_secret, "payment_method": f"pm_card_{card}"},
            headers={"Authorization": f"Bearer {self.publishable_key}"},
        )

    async def authenticate(self, confirmed: dict[str, Any], button: str) -> None:
        """Press a button of the bank's 3-D Secure page."""
        answer = await self.page.post(f"{confirmed['next_action']['redirect_to_url']['url']}/{button}")
        assert answer.status_code < 400, answer.text
