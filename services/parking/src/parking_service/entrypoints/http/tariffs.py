"""The tariff of a lot."""

from uuid import UUID

from fastapi import APIRouter

from parking_chassis.api_document import may_answer
from parking_chassis.concurrency import IfMatch
from parking_chassis.problems import NOT_FOUND
from parking_service.application.commands.publish_tariff import PublishTariff
from parking_service.entrypoints.http.dependencies import Asks, Does, Operator
from parking_service.entrypoints.http.problems import CHANGED_MEANWHILE, LOT_RETIRED
from parking_service.entrypoints.http.tariff_bodies import TariffBody, TariffView, tariff_view

router = APIRouter(prefix="/api/v1/parking-lots/{lot_id}/tariff", tags=["tariffs"])


@router.get("")
@may_answer(NOT_FOUND)
async def get_tariff(lot_id: UUID, asks: Asks) -> TariffView:
    """The prices in force, 404 of a lot that is a draft; no sign-in needed."""
    return tariff_view(await asks.written.tariff(lot_id))


@router.put("")
@may_answer(NOT_FOUND, LOT_RETIRED, CHANGED_MEANWHILE)
async def publish_tariff(
    lot_id: UUID, body: TariffBody, does: Does, operator: Operator, version: IfMatch
) -> TariffView:
    """Put new prices in force, as the lot's next version; `If-Match` is the lot's ETag. The first puts a draft on sale.

    A tariff whose prices cannot all be charged is refused, unless it names `minimum`. One that looks like a mistake is
    refused, unless `confirm` says that it is meant.
    """
    command = PublishTariff(operator, lot_id, body.terms(), version, body.confirm or ())
    return tariff_view(await does.publish_tariff(command))
