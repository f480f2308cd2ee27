"""How reservations, prices and spots are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, Self, get_args
from uuid import UUID

from pydantic import Field
from pydantic_core import to_json

from parking_chassis.schemas import ResponseBody, open_words
from parking_kernel import money, pricing
from parking_kernel.least_charges import MINIMUM
from reservation_service.application.ports import Alternative
from reservation_service.domain import reservations
from reservation_service.domain.charges import WAIVED

SpotType = Literal["standard", "compact", "accessible", "ev_charging", "motorcycle"]
SpotTypeWord = Annotated[str, Field(description="which vehicles fit", json_schema_extra=open_words(get_args(SpotType)))]
LINE_KINDS = ("time", "cap", "tax", MINIMUM, WAIVED)


class MoneyView(ResponseBody):
    """An amount in the currency's minor unit."""

    amount: int
    currency: str

    @classmethod
    def of(cls, value: money.Money) -> Self:
        """From the domain's."""
        return cls(amount=value.amount, currency=value.currency)


class LineItemView(ResponseBody):
    """One line of a price; the lines add up to the total."""

    label: str
    kind: Annotated[
        str,
        Field(
            description="what the line is for; later versions may know more", json_schema_extra=open_words(LINE_KINDS)
        ),
    ]
    amount: int

    @classmethod
    def all_of(cls, items: Sequence[pricing.LineItem]) -> list[Self]:
        """From the domain's."""
        return [cls(label=item.label, kind=item.kind, amount=item.amount) for item in items]


class SpotView(ResponseBody):
    """A spot that is free."""

    spot_id: UUID
    spot_number: str
    spot_type: SpotTypeWord


class ChargeView(ResponseBody):
    """What is to be paid; `token` is for `POST /payments`."""

    id: UUID
    amount: MoneyView
    token: str


class ParkingSessionView(ResponseBody):
    """The actual stay."""

    id: UUID
    entered_at: datetime
    exited_at: datetime | None


class MovedFromView(ResponseBody):
    """The spot that it had until that went away; its driver may cancel it free of charge."""

    spot_id: UUID
    spot_number: str


class ReservationView(ResponseBody):
    """A reservation. Where one is asked for by its driver, `charge` is there while something is to be paid.

    `notice` is in the answer to the booking alone, for a driver who should know something more.
    """

    id: UUID
    user_id: UUID
    parking_lot_id: UUID
    lot_name: str
    spot_id: UUID
    spot_number: str
    spot_type: SpotTypeWord
    moved_from: MovedFromView | None
    start_time: datetime
    end_time: datetime
    status: Annotated[
        str, Field(description="where it stands", json_schema_extra=open_words(reservations.ReservationStatus))
    ]
    hold_expires_at: datetime | None
    total_cost: MoneyView
    line_items: list[LineItemView]
    refund_due: Annotated[
        MoneyView, Field(description="all that goes back by the reservation's own orders, what has arrived included")
    ]
    charge: ChargeView | None
    vehicle_plate: str | None
    parking_session: ParkingSessionView | None
    created_at: datetime
    version: int
    notice: str | None = None

    @classmethod
    def of(cls, state: reservations.ReservationState, lot_name: str, charge_token: str | None = None) -> Self:
        """From the domain's; the token is that of the charge to be paid."""
        return cls.model_validate_json(reservation_json(state, lot_name, charge_token))


def reservation_json(
    state: reservations.ReservationState, lot_name: str, charge_token: str | None = None, notice: str | None = None
) -> bytes:
    """A `ReservationView` as it is answered, without the check: a booking is made of what was just checked."""
    stay, payable = state.parking_session, state.payable
    return to_json(
        {
            "id": str(state.id),
            "user_id": str(state.user_id),
            "parking_lot_id": str(state.parking_lot_id),
            "lot_name": lot_name,
            "spot_id": str(state.spot.id),
            "spot_number": state.spot.number,
            "spot_type": state.spot.type,
            "moved_from": {"spot_id": str(state.moved_from.id), "spot_number": state.moved_from.number}
            if state.moved_from
            else None,
            "start_time": state.period.starts_at,
            "end_time": state.period.ends_at,
            "status": state.status.value,
            "hold_expires_at": state.hold_expires_at,
            "total_cost": _plain(state.priced),
            "line_items": [
                {"label": item.label, "kind": item.kind, "amount": item.amount}
                for charge in state.charges
                for item in charge.line_items
            ],
            "refund_due": _plain(state.refund_due),
            "charge": {"id": str(payable.id), "amount": _plain(payable.amount), "token": charge_token}
            if payable and charge_token
            else None,
            "vehicle_plate": state.vehicle_plate,
            "parking_session": {"id": str(stay.id), "entered_at": stay.entered_at, "exited_at": stay.exited_at}
            if stay
            else None,
            "created_at": state.created_at,
            "version": state.version,
            "notice": notice,
        }
    )


def _plain(amount: money.Money) -> dict[str, object]:
    return {"amount": amount.amount, "currency": amount.currency}


NEEDS_PERMIT: Final = "An accessible spot is for holders of a disabled parking permit: show it in the car."


class AlternativeView(ResponseBody):
    """Another way to park; true at `as_of`. `notice` is what a driver should know before booking it."""

    parking_lot_id: UUID
    lot_name: str
    spot_id: UUID
    spot_number: str
    spot_type: SpotTypeWord
    start_time: datetime
    end_time: datetime
    total_cost: MoneyView
    distance_m: int
    notice: str | None
    as_of: datetime

    @classmethod
    def of(cls, alternative: Alternative) -> Self:
        """From the application's."""
        return cls(
            parking_lot_id=alternative.parking_lot_id,
            lot_name=alternative.lot_name,
            spot_id=alternative.spot.id,
            spot_number=alternative.spot.number,
            spot_type=alternative.spot.type,
            start_time=alternative.period.starts_at,
            end_time=alternative.period.ends_at,
            total_cost=MoneyView.of(alternative.price.total),
            distance_m=alternative.distance_m,
            notice=NEEDS_PERMIT if alternative.spot.type == "accessible" else None,
            as_of=alternative.as_of,
        )
