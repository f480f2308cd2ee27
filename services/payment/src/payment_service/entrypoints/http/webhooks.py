"""Where the provider sends its messages."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request

from parking_chassis.api_document import may_answer
from parking_messaging.crash_points import CrashPoint, reach
from payment_service.application.commands.take_webhook import TakeWebhook
from payment_service.entrypoints.http.dependencies import Does
from payment_service.entrypoints.http.problems import INVALID_SIGNATURE

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

# Read from the raw body, which is signed; what stands in `object` is Stripe's business.
EVENT: dict[str, Any] = {
    "type": "object",
    "description": "An event of Stripe's",
    "required": ["id", "type", "created", "data"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "created": {"type": "integer", "description": "seconds since 1970"},
        "data": {"type": "object", "required": ["object"], "properties": {"object": {"type": "object"}}},
    },
}
EVENT_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": EVENT}}}}


@router.post("/stripe", openapi_extra=EVENT_BODY)
@may_answer(INVALID_SIGNATURE)
async def take_webhook(
    request: Request, does: Does, signature: Annotated[str, Header(alias="Stripe-Signature")] = ""
) -> dict[str, bool]:
    """A message of Stripe's; its signature is over the raw body. 200 once it took effect, also when it did before."""
    await does.take_webhook(TakeWebhook(await request.body(), signature))
    reach(CrashPoint.WEBHOOK_COMMITTED)
    return {"received": True}
