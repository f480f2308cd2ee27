"""Changes of supply, from parking's events and to our own."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import NOW, START, a_hold, a_spot
from services.reservation.tests.unit.test_wire import a_wire_lot

from parking_chassis.ids import new_id
from parking_events import AffectedPolicy as WirePolicy
from parking_events import LotStatus, ReservationChangedV1, SupplyChange, SupplyChangeState, WireEvent
from parking_events.enumerations import UnknownValue
from parking_messaging.cloud_events import Envelope
from parking_messaging.records import Subject
from reservation_service.adapters.kafka.to_wire import SUPPLY_CONTRACTS, booked_values, to_wire
from reservation_service.domain import supply
from reservation_service.domain.supply import AffectedPolicy, SupplyChangeEvent, SupplyOutcome, TakenAway
from reservation_service.entrypoints import consumers


def enveloped(event: WireEvent, event_id: UUID | None = None) -> Envelope:
    subject = Subject(event.topic.name, event.subject)
    return Envelope(event_id or new_id(), event.event_type, "/services/parking", subject, datetime.now(UTC), 0, 0, {})


@pytest.mark.parametrize("policy", list(AffectedPolicy))
def test_a_version_says_by_which_change_it_takes_supply_away(policy: AffectedPolicy) -> None:
    change = SupplyChange(id=uuid4(), affected=WirePolicy(policy.value))
    event = a_wire_lot(status=LotStatus.RETIRED, supply_change=change)
    taken = consumers.taken_away(event, enveloped(event))
    assert taken == TakenAway(change.id, policy, event.parking_lot_id, event.organization_id, is_named=True)
    assert consumers.lot_copy(event).is_retired
    assert not consumers.lot_copy(a_wire_lot(status=LotStatus.CLOSED)).is_retired


def test_one_that_names_none_would_be_a_change_of_its_own_which_moves_and_has_the_same_id_again() -> None:
    event, event_id = a_wire_lot(), new_id()
    taken = consumers.taken_away(event, enveloped(event, event_id))
    assert (taken.affected, taken.is_named) == (AffectedPolicy.MOVE, False)
    assert taken == consumers.taken_away(event, enveloped(event, event_id))
    assert taken.id != consumers.taken_away(event, enveloped(event)).id


def test_a_policy_that_came_later_moves() -> None:
    change = SupplyChange.model_construct(id=uuid4(), affected=UnknownValue("ask"))
    event = a_wire_lot(supply_change=change)
    assert consumers.taken_away(event, enveloped(event)).affected is AffectedPolicy.MOVE


def test_each_event_of_a_change_has_its_contract() -> None:
    assert set(SUPPLY_CONTRACTS) == set(SupplyChangeEvent.__subclasses__())
    lot, one = a_wire_lot(), uuid4()
    by = TakenAway(uuid4(), AffectedPolicy.REFUND, lot.parking_lot_id, lot.organization_id, is_named=True)
    change = supply.SupplyChange.begun(by, NOW)
    change.look([one], NOW, START)
    change.settle(one, SupplyOutcome.REFUNDED, NOW)
    change.look([], START, START)
    events = [to_wire(event) for event in change.events]
    assert [event.event_type.split(".")[2] for event in events] == ["started", "progressed", "finished"]
    for version, event in enumerate(events, start=1):
        assert isinstance(event, SupplyChangeState)
        assert (event.version, event.id, event.partition_key) == (version, by.id, str(lot.parking_lot_id))
        assert (event.organization_id, event.affected) == (lot.organization_id, WirePolicy.REFUND)
    begun, progressed, ended = (json.loads(event.to_json()) for event in events)
    assert progressed["last"] == {"reservation_id": str(one), "outcome": "refunded"}
    assert (begun["status"], begun["total"], begun["last"]) == ("running", 0, None)
    assert (ended["status"], ended["total"], ended["refunded"], ended["last"]) == ("done", 1, 1, None)


def test_a_reservation_that_was_moved_says_from_where() -> None:
    reservation, other = a_hold(), a_spot("2")
    before = reservation.state.spot
    reservation.move(other, NOW)
    event = to_wire(reservation.events[-1])
    assert isinstance(event, ReservationChangedV1)
    assert (event.reason, event.spot_id) == ("supply_change", other.id)
    assert event.moved_from
    assert (event.moved_from.spot_id, event.moved_from.spot_number) == (before.id, before.number)
    assert booked_values(reservation.events[-1])["payload"] == event.to_json()
