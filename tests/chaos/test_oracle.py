"""What the oracle says of what should not be. Rows with a protection switched off (C0) show the rest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from tests.chaos.history import History, Operation
from tests.chaos.oracle import bookings, documents, effects, events, money, supply
from tests.chaos.oracle.flows import Flow
from tests.chaos.oracle.money import Books
from tests.system.backstage import Databases

from parking_messaging.fakes.operations import RecordedOperations
from parking_messaging.migrations import create_messaging_tables
from parking_platform.testing.servers import PostgresServer, unique_name

PAYMENT, CHARGE, RESERVATION, ORDER, GOODWILL, OTHER = (str(uuid4()) for _ in range(6))


def flow(captured: int, refunded: int, intents: int, *, goodwill: int = 0, disputed: int = 0) -> Flow:
    given = {ORDER: [refunded], GOODWILL: [goodwill]}
    return Flow(captured, {each: amounts for each, amounts in given.items() if sum(amounts)}, intents, disputed)


def outcome(**parts: int) -> dict[str, Any]:
    """What payment says that came of the order."""
    nothing = dict.fromkeys(
        ("given_before", "refunded", "covered_by_goodwill", "lost_to_dispute", "exceeds_payment"), 0
    )
    amount = sum(parts.values())
    return {"payment_id": PAYMENT, "amount": amount, "is_named": True, "decided_at": "now", **nothing, **parts}


def books(
    flow: Flow,
    *,
    paid_by: str | None = PAYMENT,
    status: str = "confirmed",
    refund_due: int = 0,
    ledger: int = 600,
    outcome: dict[str, Any] | None = None,
) -> Books:
    charge = {"id": CHARGE, "status": "paid" if paid_by else "open", "amount": 600, "paid_by": paid_by}
    order = {"id": ORDER, "payment_id": PAYMENT, "amount": refund_due}
    reservation = {"status": status, "charges": [charge], "refund_due": refund_due}
    return Books(
        flows={PAYMENT: flow},
        payments={PAYMENT: {"charge_id": CHARGE, "reservation_id": RESERVATION}},
        reservations={RESERVATION: {**reservation, "refund_orders": [order] if refund_due else []}},
        ledger={PAYMENT: ledger},
        orphans=[],
        outcomes={ORDER: outcome} if outcome else {},
        unordered={GOODWILL: PAYMENT},
    )


def test_a_payment_that_pays_for_a_reservation_is_right() -> None:
    assert money.violations(books(flow(600, 0, 1))) == []
    assert money.violations(books(flow(600, 0, 1, goodwill=100), ledger=500)) == []


@pytest.mark.parametrize(
    ("flow", "parts"),
    [
        (flow(600, 600, 1), {"refunded": 600}),
        (flow(600, 500, 1, goodwill=100), {"refunded": 500, "covered_by_goodwill": 100}),
        (flow(600, 0, 1, goodwill=600), {"covered_by_goodwill": 600}),
        (flow(600, 0, 1, disputed=600), {"lost_to_dispute": 600}),
        (flow(600, 0, 1, goodwill=100, disputed=500), {"covered_by_goodwill": 100, "lost_to_dispute": 500}),
    ],
)
def test_an_order_that_is_paid_or_closed_with_its_reason_is_right(flow: Flow, parts: dict[str, int]) -> None:
    found = books(flow, status="cancelled", refund_due=600, ledger=0, outcome=outcome(**parts))
    assert money.violations(found) == []


def ordered(flow: Flow, **parts: int) -> Books:
    return books(flow, status="cancelled", refund_due=600, ledger=flow.kept, outcome=outcome(**parts))


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (ordered(flow(600, 300, 1), refunded=600), "600 due back, 300 given, 600 decided"),
        (ordered(Flow(1200, {ORDER: [600, 600]}, 1), refunded=600), "was paid 2 times"),
        (ordered(flow(600, 500, 1), refunded=500, covered_by_goodwill=100), "is closed, and 100 is left"),
        (ordered(flow(600, 500, 1), refunded=500, covered_by_goodwill=100), "covered by goodwill, which was less"),
        (ordered(flow(600, 500, 1), refunded=500, lost_to_dispute=100), "lost to a dispute, which took 0"),
        (ordered(flow(600, 500, 1), refunded=500, exceeds_payment=100), "asks for 100 more than was paid"),
        (ordered(flow(600, 500, 1), refunded=500), "is another one in payment"),
        (ordered(flow(600, 500, 1), refunded=500), "does not add up"),
        (books(flow(600, 0, 1), outcome=outcome(refunded=0)), "is in payment and in no reservation"),
        (books(flow(600, 0, 1, goodwill=600), ledger=0), "is confirmed, and all that was paid for it went back"),
    ],
)
def test_an_order_that_is_not_paid_once_or_closed_truly_is_reported(found: Books, sentence: str) -> None:
    assert any(sentence in each for each in money.violations(found)), money.violations(found)


def test_an_order_that_another_payment_paid_is_reported() -> None:
    found = ordered(flow(600, 0, 1), refunded=600)
    other = {OTHER: Flow(600, {ORDER: [600]}, 1)}
    wrong = replace(
        found,
        flows={**found.flows, **other},
        payments={**found.payments, OTHER: {"charge_id": OTHER, "reservation_id": OTHER}},
        ledger={**found.ledger, OTHER: 0},
    )
    assert any(f"was paid of {OTHER}" in each for each in money.violations(wrong))


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (books(flow(600, 0, 1), paid_by=None, status="expired"), "pays for nothing"),
        (books(flow(600, 300, 1), paid_by=None, status="expired", refund_due=300, ledger=300), "pays for nothing"),
        (books(flow(600, 0, 2)), "has 2 intents"),
        (books(flow(0, 0, 1), ledger=0), "the provider has no money for it"),
        (books(flow(600, 0, 1), status="cancelled", refund_due=600), "600 due back, 0 given"),
        (books(flow(600, 600, 1), status="cancelled", ledger=0), "0 due back, 600 given"),
        (books(flow(600, 0, 1), ledger=1200), "the ledger has 1200"),
    ],
)
def test_money_that_is_not_where_it_belongs_is_reported(found: Books, sentence: str) -> None:
    assert any(sentence in each for each in money.violations(found)), money.violations(found)


def test_a_charge_that_two_payments_were_kept_for_is_reported() -> None:
    one = books(flow(600, 0, 1))
    second = {"other": one.payments[PAYMENT]}
    twice = replace(
        one,
        flows={**one.flows, "other": flow(600, 0, 1)},
        payments={**one.payments, **second},
        ledger={PAYMENT: 600, "other": 600},
        orphans=["lost"],
    )
    reported = money.violations(twice)
    assert any("was paid by 2 payments" in each for each in reported)
    assert any("which payment does not know" in each for each in reported)


@pytest.mark.parametrize(("versions", "is_right"), [([1, 2, 3], True), ([1, 3], False), ([2, 1], False), ([2], False)])
def test_versions_that_come_out_of_order_are_reported(versions: list[int], is_right: bool) -> None:
    log = events.Log(versions={("topic", "subject"): versions})
    assert (events.disorder(log) == []) is is_right


@pytest.mark.parametrize(
    ("documents_", "rows"),
    [({"a": {"n": 1}}, {}), ({}, {"a": {"n": 1}}), ({"a": {"n": 1}}, {"a": {"n": 2}})],
)
def test_documents_that_differ_are_reported(documents_: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
    assert len(documents.compared("reservations", documents_, rows)) == 1
    assert documents.compared("reservations", rows, rows) == []


@pytest.mark.parametrize(
    ("versions", "reported"),
    [([1, 2], 0), ([1], 1), ([2, 1], 1), ([1, 1, 2], 2)],
    ids=["right", "one is missing", "out of order", "one came twice"],
)
def test_rooms_that_did_not_receive_every_version_once_are_reported(versions: list[int], reported: int) -> None:
    room = f"reservation:{RESERVATION}"
    messages = [("reservation.changed", {"id": RESERVATION, "version": version}) for version in versions]
    assert len(effects.violations(effects.Effects({room: 2}, {room: messages}))) == reported


def test_a_spot_that_was_promised_to_two_is_reported(tmp_path: Any) -> None:
    history = History(tmp_path / "history.jsonl")
    for number in (1, 1, 2):
        booked = {"id": f"reservation {number}", "spot_id": "spot", "start_time": "noon"}
        history.note(Operation("POST", "/reservations", str(number), {}, 0, 1, ("201",), 201, booked))
    history.close()
    assert [each.answer["id"] for each in history.acknowledged()] == ["reservation 1", "reservation 2"]
    assert bookings.sold_twice(history) == ["spot spot was promised to 2"]
    assert len(history.file.read_text().splitlines()) == 3


GONE, THERE = "gone", "there"


def decided(booking: supply.Booking | None, *notified: str) -> list[str]:
    """What is said of a booking that was made on a spot that is gone."""
    bookings = {RESERVATION: booking} if booking else {}
    return supply.violations(
        {RESERVATION: GONE}, supply.Lot({THERE}, bookings, {(RESERVATION, kind) for kind in notified})
    )


@pytest.mark.parametrize(
    ("booking", "notified"),
    [
        (supply.Booking(THERE, "confirmed", 600), supply.MOVED),
        (supply.Booking(GONE, "cancelled", 600, 600), supply.CANCELLED),
        (supply.Booking(GONE, "cancelled"), supply.CANCELLED),
        (supply.Booking(GONE, "active", 600), ""),
        (supply.Booking(GONE, "completed", 600), ""),
    ],
)
def test_a_booking_that_is_moved_refunded_or_waits_for_its_exit_is_right(
    booking: supply.Booking, notified: str
) -> None:
    assert decided(booking, notified) == []


@pytest.mark.parametrize(
    ("booking", "notified", "sentence"),
    [
        (supply.Booking(GONE, "confirmed", 600), supply.MOVED, "stands on a spot that is gone"),
        (supply.Booking(GONE, "pending"), "", "stands on a spot that is gone"),
        (supply.Booking(THERE, "confirmed", 600), supply.CANCELLED, "was moved, and its driver not told"),
        (supply.Booking(GONE, "cancelled", 600, 500), supply.CANCELLED, "was ended, and 500 of 600 goes back"),
        (supply.Booking(GONE, "cancelled", 600, 600), supply.MOVED, "was ended, and its driver not told"),
        (supply.Booking(GONE, "cancelled"), "", "was ended, and its driver not told"),
        (supply.Booking(THERE, "pending"), supply.MOVED, "is moved before it was paid for"),
        (supply.Booking(GONE, "expired"), "", "is expired"),
        (None, "", "is lost"),
    ],
)
def test_a_booking_that_lost_its_supply_and_nothing_came_of_it_is_reported(
    booking: supply.Booking | None, notified: str, sentence: str
) -> None:
    assert decided(booking, notified) == [f"reservation {RESERVATION} {sentence}"]


def test_somebody_elses_booking_on_a_spot_that_is_gone_is_reported_too() -> None:
    lot = supply.Lot({THERE}, {OTHER: supply.Booking(GONE, "confirmed", 600)}, set())
    assert supply.violations({}, lot) == [f"reservation {OTHER} stands on a spot that is gone"]


def test_somebody_else_who_was_moved_or_whose_booking_ended_has_to_be_notified_too() -> None:
    bookings = {RESERVATION: supply.Booking(THERE, "confirmed", 600), OTHER: supply.Booking(THERE, "cancelled", 600)}
    promised, notified = {RESERVATION: GONE, OTHER: THERE}, {(RESERVATION, supply.MOVED), (OTHER, supply.CANCELLED)}
    assert supply.unnotified(promised, supply.Lot({THERE}, bookings, notified)) == []
    assert supply.unnotified(promised, supply.Lot({THERE}, bookings, set())) == [
        f"reservation {RESERVATION} was moved, and its driver not told",
        f"reservation {OTHER} was ended, and its driver not told",
    ]


def test_a_booking_that_was_moved_where_the_operator_wanted_it_refunded_is_reported() -> None:
    bookings = {RESERVATION: supply.Booking(THERE, "confirmed", 600), OTHER: supply.Booking(GONE, "cancelled", 600)}
    lot = supply.Lot({THERE}, bookings, set())
    booked = {RESERVATION: GONE, OTHER: GONE}
    assert supply.moved_instead(booked, [], lot) == []
    assert supply.moved_instead(booked, [GONE], lot) == [f"reservation {RESERVATION} was moved instead of refunded"]


async def test_a_hold_that_ran_out_although_it_was_paid_for_is_reported(postgres_server: PostgresServer) -> None:
    """Its late money may have brought it back: only the event shows it."""
    name, operations = unique_name("oracle"), RecordedOperations()
    create_messaging_tables(operations)
    url = await postgres_server.create_database(name)
    row = "INSERT INTO outbox (id, aggregatetype, aggregateid, version, partition_key, type, payload) VALUES"
    happened = (
        ("one", "created"),
        ("one", "expired"),
        ("one", "reinstated"),
        ("two", "confirmed"),
        ("other", "expired"),
    )
    rows = [
        f"{row} (gen_random_uuid(), 't', '{each}', 1, 'k', 'parking.reservation.{what}.v1', '')"
        for each, what in happened
    ]
    await postgres_server.execute(*operations.statements, *rows, database=name)
    try:
        reported = await bookings.expired_though_paid(Databases({"reservation": url}), ["one", "two"])
    finally:
        await postgres_server.drop_database(name)
    assert reported == ["the hold of one ran out although it was paid for"]


def test_an_answer_that_nobody_thought_of_is_reported(tmp_path: Any) -> None:
    history = History(tmp_path / "history")
    for tries in (("503", "201"), ("500", "201")):
        history.note(Operation("POST", "/payments", None, {}, 0, 1, tries, 201, {}))
    assert history.surprises() == ["POST /payments was answered 500 at 0.0"]
    history.close()
