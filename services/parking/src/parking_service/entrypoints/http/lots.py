"""Lots, one at a time."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BeforeValidator, Field

from parking_chassis.api_document import carries, may_answer
from parking_chassis.concurrency import IfMatch
from parking_chassis.idempotency import KeyOf, fingerprint_of
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import PatchBody, RequestBody
from parking_kernel.new_tariffs import Confirmation, check_new_tariff
from parking_kernel.tariffs import NO_TAX, Tariff, simple_tariff
from parking_kernel.violations import InvalidFields, Violation, refuse_any
from parking_service.application.commands.change_lot import ChangeLot
from parking_service.application.commands.create_lot import CreateLot
from parking_service.application.commands.retire_lot import RetireLot
from parking_service.domain.lots import LotChanges
from parking_service.entrypoints.http.dependencies import Asks, Does, Operator
from parking_service.entrypoints.http.lot_answers import LotAnswer, created_lot, created_lot_response, lot_answer
from parking_service.entrypoints.http.problems import CHANGED_MEANWHILE, LOT_RETIRED, ORGANIZATION_NOT_READY
from parking_service.entrypoints.http.supply import (
    PREVIEWS,
    TAKES_SUPPLY,
    AffectedBookingsAnswer,
    Terms,
    response_to,
)
from parking_service.entrypoints.http.tariff_bodies import Confirmations, Minimum, TariffBody, TaxBody
from parking_service.entrypoints.http.values import (
    Address,
    Amenities,
    Amount,
    Currency,
    Description,
    MoneyBody,
    Name,
    OpeningHoursBody,
    PlaceBody,
    ZoneName,
)

router = APIRouter(prefix="/api/v1/parking-lots", tags=["parking lots"])

NO_CONTENT = 204


class RateBody(RequestBody):
    """A price. Without a currency of its own it is in the lot's `currency`."""

    amount: Amount
    currency: Currency | None = None


def _as_rate(value: object) -> object:
    return {"amount": value} if isinstance(value, int) else value


# One shape behind both ways to write it, so that an error names the field and not a shape that was not meant.
Rate = Annotated[
    RateBody,
    BeforeValidator(_as_rate, json_schema_input_type=Amount | MoneyBody),
    Field(description="Money, or minor units of `currency`"),
]


class NewLot(RequestBody):
    """A lot with a simple tariff, a full one, or, with neither, its organization's default one."""

    organization_id: UUID | None = None
    name: Name
    description: Description | None = None
    location: PlaceBody
    address: Address
    time_zone: ZoneName
    amenities: Amenities = ()
    opening_hours: OpeningHoursBody | None = None
    hourly_rate: Rate | None = None
    daily_rate: Rate | None = None
    currency: Currency | None = None
    tax: TaxBody | None = None
    minimum: Minimum = None
    confirm: Confirmations = None
    tariff: TariffBody | None = None

    @property
    def confirmed(self) -> Collection[Confirmation]:
        """What of its prices is meant, though it looks like a mistake."""
        return (self.tariff.confirm if self.tariff else self.confirm) or ()

    def terms(self) -> Tariff | None:
        """The tariff that the body describes. Raises `InvalidFields`."""
        if self.tariff:
            refuse_any(
                Violation(f"/{name}", "must be left out beside a tariff, which says it itself")
                for name in ("hourly_rate", "daily_rate", "currency", "tax", "minimum", "confirm")
                if getattr(self, name)
            )
            return check_new_tariff(self.tariff.terms(), "/tariff", confirmed=self.tariff.confirm or ())
        if self.hourly_rate is None:
            named = [name for name in ("daily_rate", "tax", "minimum", "confirm") if getattr(self, name)]
            refuse_any(Violation(f"/{name}", "needs an hourly_rate") for name in named)
            return None
        return self._simple_terms(self.hourly_rate)

    def _simple_terms(self, hourly: RateBody) -> Tariff:
        daily = self.daily_rate
        named = {self.currency, hourly.currency, daily.currency if daily else None} - {None}
        if len(named) != 1:
            refuse_any([Violation("/currency", "must be named, and be that of both rates")])
        (currency,) = filter(None, named)
        tariff = simple_tariff(
            hourly.amount,
            daily.amount if daily else None,
            currency,
            tax=self.tax.tax() if self.tax else NO_TAX,
            minimum=self.minimum,
        )
        try:
            return check_new_tariff(tariff, confirmed=self.confirm or ())
        except InvalidFields as error:
            raise InvalidFields([_of_simple_fields(each) for each in error.violations]) from error


def _of_simple_fields(violation: Violation) -> Violation:
    names = {"/lines/0/amount": "/hourly_rate", "/caps/0/amount": "/daily_rate"}
    return violation._replace(pointer=names.get(violation.pointer, violation.pointer))


class LotPatch(PatchBody):
    """New values for what is named."""

    name: Name = ""
    description: Description | None = None
    location: PlaceBody = PlaceBody(latitude=0, longitude=0)
    address: Address = ""
    time_zone: ZoneName = ""
    amenities: Amenities = ()
    opening_hours: OpeningHoursBody | None = None

    def changes(self) -> LotChanges:
        """What is named; the defaults above only say that a field may be left out."""
        named: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        if "location" in named:
            named["place"] = named.pop("location").place()
        if self.opening_hours:
            named["opening_hours"] = self.opening_hours.hours("/opening_hours")
        return LotChanges(**named)


@router.post("", status_code=201, response_model=LotAnswer)
@may_answer(NOT_FOUND, ORGANIZATION_NOT_READY)
@carries("ETag", "Location")
async def create_lot(body: NewLot, does: Does, operator: Operator, key_of: KeyOf) -> Response:
    """Open a lot. It can be booked as soon as it has spots and reservation knows it."""
    answer = await does.create_lot(
        CreateLot(
            operator,
            body.organization_id,
            name=body.name,
            description=body.description,
            address=body.address,
            place=body.location.place(),
            time_zone=body.time_zone,
            amenities=body.amenities,
            opening_hours=body.opening_hours.hours("/opening_hours") if body.opening_hours else None,
            terms=body.terms(),
            currency=body.currency,
            confirmed=body.confirmed,
            key=key_of(fingerprint_of(body)),
        ),
        created_lot,
    )
    return created_lot_response(answer)


@router.get("/{lot_id}", response_model=LotAnswer)
@may_answer(NOT_FOUND)
@carries("ETag")
async def get_lot(lot_id: UUID, asks: Asks, request: Request) -> Response:
    """One lot, also a retired one; no sign-in needed."""
    return lot_answer(await asks.written.lot(lot_id), request.app.state.clock.now())


@router.patch("/{lot_id}", response_model=LotAnswer | AffectedBookingsAnswer, responses=TAKES_SUPPLY)
@may_answer(NOT_FOUND, LOT_RETIRED, CHANGED_MEANWHILE)
@carries("ETag")
async def change_lot(
    lot_id: UUID,
    body: LotPatch,
    does: Does,
    asks: Asks,
    operator: Operator,
    version: IfMatch,
    terms: Terms,
    request: Request,
) -> Response:
    """Change what is named; with `If-Match` only if nobody changed the lot meanwhile.

    Shorter hours may meet bookings, and so may another time zone: a lot with hours is open at other instants then.
    """
    decision = await does.change_lot(ChangeLot(operator, lot_id, body.changes(), version, terms))
    return response_to(decision) or lot_answer(await asks.written.lot(lot_id), request.app.state.clock.now())


@router.put("/{lot_id}/opening-hours", response_model=LotAnswer | AffectedBookingsAnswer, responses=TAKES_SUPPLY)
@may_answer(NOT_FOUND, LOT_RETIRED, CHANGED_MEANWHILE)
@carries("ETag")
async def set_opening_hours(
    lot_id: UUID,
    body: OpeningHoursBody | None,
    does: Does,
    asks: Asks,
    operator: Operator,
    version: IfMatch,
    terms: Terms,
    request: Request,
) -> Response:
    """Set when the lot is open, in its own zone; `null` is day and night. Shorter hours may meet bookings."""
    changes = LotChanges(opening_hours=body.hours() if body else None)
    decision = await does.change_lot(ChangeLot(operator, lot_id, changes, version, terms))
    return response_to(decision) or lot_answer(await asks.written.lot(lot_id), request.app.state.clock.now())


@router.delete("/{lot_id}", status_code=204, responses=PREVIEWS)
@may_answer(NOT_FOUND, CHANGED_MEANWHILE)
async def retire_lot(lot_id: UUID, does: Does, operator: Operator, version: IfMatch, terms: Terms) -> Response:
    """Take a lot away permanently. It is found no more, but stays readable for drivers who booked it."""
    decision = await does.retire_lot(RetireLot(operator, lot_id, version, terms))
    return response_to(decision) or Response(status_code=NO_CONTENT)
