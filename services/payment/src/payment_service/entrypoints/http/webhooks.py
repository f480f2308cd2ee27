"""Where the provider tells what happened."""

from typing import Annotated

from fastapi import APIRouter, Header, Request

from parking_messaging.crash_points import CrashPoint, reach
from parking_chassis.api_document import may_answer
from payment_service.application.commands.take_webhook import TakeWebhook
from payment_service.entrypoints.http.dependencies import Does
from payment_service.entrypoints.http.problems import INVALID_SIGNATURE

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])


@router.post("/stripe")
@may_answer(INVALID_SIGNATURE)
async def take_webhook(
    request: Request, does: Does, signature: Annotated[str, Header(alias="Stripe-Signature")] = ""
) -> dict[str, bool]:
    """A message of Stripe's; its signature is over the raw body. 200 once it took effect, also when it did before."""
    await does.take_webhook(TakeWebhook(await request.body(), signature))
    reach(CrashPoint.WEBHOOK_COMMITTED)
    return {"received": True}
