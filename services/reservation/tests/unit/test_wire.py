"""From and to the wire contracts."""

import ast
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from libs.events.tests.later_values import LATER, with_a_later_value
from prometheus_client import REGISTRY
from services.reservation.tests.examples import NOW, START, a_hold, a_lot, hourly, period

from parking_events import (
    EVENT_CLASSES,
    LotCreatedV1,
    PaymentRefundedV1,
    PaymentStatus,
    Refund,
    RefundStatus,
    ReservationChangedV1,
    ReservationState,
    SpotCreatedV1,
    TariffPublishedV1,
    WireEvent,
)
from parking_events.contracts import lot as wire_lot
from parking_events.contracts import tariff as wire_tariff
from parking_events.contracts.spot import SpotStatus, SpotType
from parking_events.values import Money, Place
from parking_kernel.opening_hours import Hours
from parking_kernel.tariffs import Cap, CapPeriod, LineType, RateLine, Tax, TimeBand
from parking_messaging.failures import PoisonEvent
from parking_messaging.outbox_rows import outbox_values
from reservation_service.adapters.kafka.to_wire import CONTRACTS, booked_values, to_wire
from reservation_service.adapters.metrics import outcome_of
from reservation_service.application.event_handlers.follow_refunds import Refunded
from reservation_service.domain import reservations
from reservation_service.domain.charges import ChargeReason, open_charge
from reservation_service.domain.lots import SPOT_TYPES, Closure, Spot
from reservation_service.domain.refund_orders import RefundReason
from reservation_service.domain.reservations import HOLD, Reservation, ReservationChanged, ReservationEvent
from reservation_service.entrypoints import consumers
from reservation_service.entrypoints.http.views import ReservationView, reservation_json

MICROSECOND = timedelta(microseconds=1)

DOMAIN_EVENTS = [
    each
    for each in vars(reservations).values()
    if isinstance(each, type) and issubclass(each, ReservationEvent) and each is not ReservationEvent
]


def a_wire_lot(**changes: object) -> LotCreatedV1:
    event = LotCreatedV1(
        version=3,
        parking_lot_id=uuid4(),
        organization_id=uuid4(),
        name="Sihlquai",
        address="Sihlquai 41",
        location=Place(latitude=47.38, longitude=8.53),
        time_zone="Europe/Zurich",
        currency="CHF",
        status=wire_lot.LotStatus.OPEN,
        total_spots=3,
    )
    return event.model_copy(update=changes)


def a_wire_tariff(**changes: object) -> TariffPublishedV1:
    event = TariffPublishedV1(
        version=1,
        tariff_id=uuid4(),
        organization_id=uuid4(),
        number=1,
        currency="CHF",
        tax=wire_tariff.Tax(rate_basis_points=770, included=True),
        lines=(),
        published_at=NOW,
    )
    return event.model_copy(update=changes)


class TestLots:
    def test_what_is_kept(self) -> None:
        hours = wire_lot.OpeningHours(
            mon=(wire_lot.Hours(opens="06:00", closes="24:00"),),
            exceptions=(wire_lot.ExceptionalDay(day=date(2026, 12, 25), hours=()),),
        )
        event = a_wire_lot(opening_hours=hours, tariff_id=uuid4())
        copy = consumers.lot_copy(event)
        assert (copy.id, copy.version, copy.is_open, copy.tariff_id) == (event.parking_lot_id, 3, True, event.tariff_id)
        assert copy.opening_hours is not None
        assert copy.opening_hours.week[0] == (Hours(6 * 60, 24 * 60),)
        assert copy.opening_hours.week[1] == ()
        assert copy.opening_hours.exceptions == {date(2026, 12, 25): ()}

    @pytest.mark.parametrize("status", [wire_lot.LotStatus.CLOSED, wire_lot.LotStatus.RETIRED])
    def test_only_an_open_one_can_be_booked(self, status: wire_lot.LotStatus) -> None:
        assert not consumers.lot_copy(a_wire_lot(status=status)).is_open

    def test_closures_of_the_whole_lot_are_kept(self) -> None:
        whole = wire_lot.Closure(closure_id=uuid4(), starts_at=START, ends_at=None)
        of_spots = wire_lot.Closure(closure_id=uuid4(), starts_at=START, spot_ids=(uuid4(),))
        assert consumers.lot_copy(a_wire_lot(closures=(whole, of_spots))).closures == (Closure(START, None),)

    @pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "../etc/passwd"])
    def test_a_zone_that_does_not_exist_is_poison(self, zone: str) -> None:
        with pytest.raises(PoisonEvent, match="time zone"):
            consumers.lot_copy(a_wire_lot(time_zone=zone))


@pytest.mark.parametrize("status", list(SpotStatus))
def test_a_spot(status: SpotStatus) -> None:
    event = SpotCreatedV1(
        version=1,
        spot_id=uuid4(),
        parking_lot_id=uuid4(),
        organization_id=uuid4(),
        spot_number="A1",
        spot_type=SpotType.COMPACT,
        status=status,
    )
    copy = consumers.spot_copy(event)
    assert (copy.id, copy.number, copy.type) == (event.spot_id, "A1", "compact")
    assert copy.in_service is (status is SpotStatus.IN_SERVICE)


def test_a_tariff_in_the_order_of_its_lines() -> None:
    line, later = (
        wire_tariff.RateLine(
            sequence=sequence, type=wire_tariff.RateLineType.FLAT, from_minutes=sequence, amount=sequence
        )
        for sequence in (1, 2)
    )
    event = a_wire_tariff(
        lines=(later, line),
        caps=(wire_tariff.Cap(per=wire_tariff.CapPeriod.TWENTY_FOUR_HOURS, amount=5),),
        time_bands=(wire_tariff.TimeBand(weekdays=(6, 7), starts="18:00", ends="24:00", lines=(line,)),),
    )
    version = consumers.tariff_version(event)
    assert version is not None
    assert version.id == event.tariff_id
    tariff = version.tariff
    flat = RateLine(1, LineType.FLAT, 1, None, None, 1)
    assert tariff.lines == (flat, RateLine(2, LineType.FLAT, 2, None, None, 2))
    assert (tariff.tax, tariff.caps) == (Tax(770, included=True), (Cap(CapPeriod.TWENTY_FOUR_HOURS, 5),))
    assert tariff.time_bands == (TimeBand((6, 7), "18:00", "24:00", (flat,)),)


def test_a_tariff_that_nothing_can_be_priced_by_is_poison() -> None:
    endless = wire_tariff.RateLine(sequence=1, type=wire_tariff.RateLineType.INCREMENTING, from_minutes=0, amount=200)
    band = wire_tariff.TimeBand(weekdays=(6,), starts="18:00", ends="24:00", lines=(endless,))
    for event in (a_wire_tariff(lines=(endless,)), a_wire_tariff(time_bands=(band,))):
        with pytest.raises(PoisonEvent, match="increments"):
            consumers.tariff_version(event)


class TestValuesThatCameLater:
    """A newer parking may know more than this release."""

    def test_a_lot_of_another_status_cannot_be_booked(self) -> None:
        copies = [consumers.lot_copy(event) for _path, event in later_events(LotCreatedV1)]
        assert [copy.is_open for copy in copies] == [path != "status" for path, _event in later_events(LotCreatedV1)]

    def test_a_spot_of_another_status_cannot_be_booked_and_a_type_is_kept(self) -> None:
        copies = {path: consumers.spot_copy(event) for path, event in later_events(SpotCreatedV1)}
        assert copies.keys() == {"status", "spot_type"}
        assert not copies["status"].in_service
        assert (copies["spot_type"].type, copies["spot_type"].in_service) == (LATER, True)

    def test_a_tariff_that_counts_otherwise_is_not_understood(self) -> None:
        found = {path: consumers.tariff_version(event) for path, event in later_events(TariffPublishedV1)}
        assert {"lines/0/type", "caps/0/per", "time_bands/0/lines/0/type"} <= found.keys()
        assert set(found.values()) == {None}

    def test_the_types_that_can_be_booked_are_those_that_can_be_published(self) -> None:
        assert set(SPOT_TYPES) == {each.value for each in SpotType}


def later_events[Event: WireEvent](event_class: type[Event]) -> list[tuple[str, Event]]:
    changed = with_a_later_value(event_class)
    return [(path, event_class.from_json(json.dumps(document).encode())) for path, document in changed]


def test_the_contract_names_all_that_a_change_can_name() -> None:
    tree = ast.parse(Path(str(reservations.__file__)).read_text())
    changes = [each.value for each in ast.walk(tree) if isinstance(each, ast.keyword) and each.arg == "changed"]
    named = {name for each in changes if isinstance(each, ast.Tuple) for name in ast.literal_eval(each)}
    assert {"spot", "user_status"} <= named
    described = ReservationChangedV1.model_json_schema()["description"]
    assert {name for name in named if f"`{name}`" not in described} == set()


class TestRefunds:
    @staticmethod
    def event(*refunds: tuple[int, RefundStatus, str]) -> PaymentRefundedV1:
        arrived = sum(amount for amount, status, _ in refunds if status is RefundStatus.SUCCEEDED)
        return PaymentRefundedV1(
            version=4,
            payment_id=uuid4(),
            charge_id=uuid4(),
            reservation_id=uuid4(),
            organization_id=uuid4(),
            parking_lot_id=uuid4(),
            status=PaymentStatus.REFUNDED,
            amount=Money(amount=600, currency="CHF"),
            amount_refunded=Money(amount=arrived, currency="CHF"),
            refunds=tuple(
                Refund(refund_id=uuid4(), amount=Money(amount=amount, currency="CHF"), status=status, reason=reason)
                for amount, status, reason in refunds
            ),
            requested_at=NOW,
            succeeded_at=NOW,
        )

    def test_only_all_of_a_payment_concerns_its_reservation(self) -> None:
        arrived = RefundStatus.SUCCEEDED
        part = self.event((599, arrived, "goodwill"), (1, RefundStatus.FAILED, "goodwill"))
        assert consumers.refunded(part) is None
        whole = self.event((599, arrived, "goodwill"), (1, arrived, "provider"), (5, RefundStatus.FAILED, "goodwill"))
        assert consumers.refunded(whole) == Refunded(
            whole.reservation_id, whole.payment_id, frozenset(each.refund_id for each in whole.refunds[:2])
        )

    def test_what_payment_gave_before_orders_had_names_is_no_operators(self) -> None:
        refunded = consumers.refunded(self.event((600, RefundStatus.SUCCEEDED, "reservation")))
        assert refunded is not None
        assert refunded.refund_ids == frozenset()


class TestOwnEvents:
    def test_each_has_its_contract_and_its_outcome(self) -> None:
        assert set(CONTRACTS) == set(DOMAIN_EVENTS)
        names = {outcome_of(event) for event in DOMAIN_EVENTS}
        assert names == {
            *("created", "confirmed", "reinstated", "changed", "cancelled", "expired"),
            *("checked_in", "completed", "no_show", "charge_raised"),
        }

    def test_each_outcome_is_counted_from_the_start(self) -> None:
        """A counter that appears with its first count shows no increase."""
        for outcome in ("refused", *map(outcome_of, DOMAIN_EVENTS)):
            assert REGISTRY.get_sample_value("reservations_total", {"outcome": outcome}) is not None, outcome

    def test_an_event_carries_the_whole_state_and_nothing_personal(self) -> None:
        reservation = a_hold()
        reservation.settle(reservation.state.charges[0].id, uuid4(), reservation.state.owed, NOW)
        reservation.check_in(uuid4(), START)
        reservation.check_out(None, START + timedelta(hours=1))
        for event in reservation.events:
            wire = to_wire(event)
            assert isinstance(wire, ReservationState)
            text = wire.to_json()
            assert EVENT_CLASSES[wire.event_type].from_json(text) == wire
            assert b"ZH 1" not in text
            assert (wire.version, wire.status.value) == (event.reservation.version, event.reservation.status.value)
            assert wire.amount_owed.amount == 600
        assert reservation.state.parking_session is not None

    def test_each_refund_order_names_its_payment_and_the_sum_is_theirs(self) -> None:
        reservation, payments = a_hold(), [uuid4(), uuid4()]
        for payment in payments:
            reservation.settle(reservation.state.charges[0].id, payment, reservation.state.owed, NOW)
        reservation.cancel(START - timedelta(minutes=30))
        wire = to_wire(reservation.events[-1])
        assert isinstance(wire, ReservationState)
        assert wire.refund_orders is not None
        assert [(each.payment_id, each.amount.amount, each.reason) for each in wire.refund_orders] == [
            (payments[1], 600, "not_owed"),
            (payments[0], 300, "cancelled"),
        ]
        assert [each.id for each in wire.refund_orders] == [each.id for each in reservation.state.refund_orders]
        assert wire.refund_due.amount == 900
        first = to_wire(reservation.events[0])
        assert isinstance(first, ReservationState)
        assert first.refund_orders == (), "none is said, or it would look like an event of release 0.1"

    def test_what_a_booking_writes_unchecked_is_what_the_contract_would_have_written(self) -> None:
        for event in self.all_that_may_happen():
            checked, unchecked = outbox_values(to_wire(event)), booked_values(event)
            assert unchecked.pop("id") != checked.pop("id")
            assert unchecked == checked

    def test_what_a_booking_answers_unchecked_is_what_the_view_would_have_answered(self) -> None:
        for event in self.all_that_may_happen():
            for token in (None, "token"):
                checked = ReservationView.of(event.reservation, "Käfig", token)
                assert reservation_json(event.reservation, "Käfig", token) == checked.model_dump_json().encode()

    def all_that_may_happen(self) -> list[ReservationEvent]:
        """Holds that cost something and nothing, a stay with its end, money that goes back, in a lot with odd names."""
        lot, spot = a_lot(hourly(0)), Spot(uuid4(), 'Ä-"1"', "ev_charging")
        values: dict[str, Any] = {
            "user_id": uuid4(),
            "lot": lot,
            "spot": spot,
            "period": period(),
            "at": NOW + MICROSECOND,
        }
        free = Reservation.hold(uuid4(), **values, price=lot.price(period()), charge_id=uuid4(), vehicle_plate=None)
        reservation, refunded = a_hold(), a_hold()
        reservation.settle(reservation.state.charges[0].id, uuid4(), reservation.state.owed, NOW)
        reservation.check_in(uuid4(), START)
        reservation.check_out(open_charge(uuid4(), ChargeReason.OVERSTAY, a_lot().price(period())), START + HOLD)
        refunded.give_back(uuid4(), refunded.state.owed, RefundReason.NOT_OWED, NOW)
        refunded.cancel(NOW)
        return [*free.events, *reservation.events, *refunded.events]

    def test_why_and_what_changed(self) -> None:
        state = replace(a_hold().state, version=2)
        wire = to_wire(ReservationChanged(NOW, state, "too_late", ("refund_due",)))
        assert (wire.reason, wire.changed) == ("too_late", ("refund_due",))
