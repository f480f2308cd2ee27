"""Each refund order is paid once, of its own payment, or closed with its reason; and nothing goes back besides."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tests.chaos.oracle.flows import Flow

from parking_demo.people import Json

PARTS = ("given_before", "refunded", "covered_by_goodwill", "lost_to_dispute", "exceeds_payment")


def violations(
    flows: Mapping[str, Flow],
    reservations: Mapping[str, Json],
    outcomes: Mapping[str, Json],
    unordered: Mapping[str, str],
) -> Iterable[str]:
    """What is not as it has to be once everything has come to rest.

    `outcomes` is what payment says that came of each order, `unordered` the payment of each refund that nobody ordered.
    """
    orders = {key: documents(row["refund_orders"]) for key, row in reservations.items()}
    for reservation_id, its in orders.items():
        due = reservations[reservation_id]["refund_due"]
        if (total := sum(each["amount"] for each in its)) != due:
            yield f"reservation {reservation_id}: {due} due back, and the orders are {total}"
        for order in its:
            yield from _order(order, flows, outcomes.get(order["id"]), unordered)
    yield from _unasked(flows, {order["id"] for its in orders.values() for order in its}, outcomes, unordered)


def _unasked(
    flows: Mapping[str, Flow], ordered: Collection[str], outcomes: Mapping[str, Json], unordered: Mapping[str, str]
) -> Iterable[str]:
    """Orders and refunds that nobody asked for."""
    for order_id, outcome in outcomes.items():
        if outcome["is_named"] and order_id not in ordered:
            yield f"refund order {order_id} is in payment and in no reservation"
    for payment_id, flow in flows.items():
        for refund_id, amounts in flow.refunds.items():
            if refund_id not in outcomes and unordered.get(refund_id) != payment_id:
                yield f"refund {refund_id} of payment {payment_id}: 0 due back, {sum(amounts)} given"


def documents(column: Any) -> Sequence[Json]:
    """A column of JSON, as the driver gives it."""
    return json.loads(column) if isinstance(column, str) else column


def _order(order: Json, flows: Mapping[str, Flow], outcome: Json | None, unordered: Mapping[str, str]) -> Iterable[str]:
    name = f"refund order {order['id']} of payment {order['payment_id']}"
    flow = flows.get(order["payment_id"])
    elsewhere = [payment_id for payment_id, each in flows.items() if order["id"] in each.refunds]
    given = flow.refunds.get(order["id"], ()) if flow else ()
    if elsewhere not in ([], [order["payment_id"]]):
        yield f"{name} was paid of {', '.join(elsewhere)}"
    if len(given) > 1:
        yield f"{name} was paid {len(given)} times"
    if flow is None or outcome is None or outcome["decided_at"] is None:
        yield f"{name}: {order['amount']} due back, {sum(given)} given, and nothing came of it"
        return
    if (str(outcome["payment_id"]), outcome["amount"]) != (order["payment_id"], order["amount"]):
        yield f"{name} is another one in payment"
    if sum(given) != outcome["refunded"]:
        yield f"{name}: {order['amount']} due back, {sum(given)} given, {outcome['refunded']} decided"
    if sum(outcome[part] for part in PARTS) != order["amount"]:
        yield f"{name} does not add up"
    yield from _closed(name, flow, outcome, {each for each, of in unordered.items() if of == order["payment_id"]})


def _closed(name: str, flow: Flow, outcome: Json, goodwill: set[str]) -> Iterable[str]:
    """Closed with less than its amount, though there is something left, or for a reason that is not so."""
    covered, lost = outcome["covered_by_goodwill"], outcome["lost_to_dispute"]
    if (covered or lost) and flow.kept > 0:
        yield f"{name} is closed, and {flow.kept} is left of the payment"
    if covered > sum(sum(amounts) for refund_id, amounts in flow.refunds.items() if refund_id in goodwill):
        yield f"{name}: {covered} covered by goodwill, which was less"
    if lost > flow.disputed:
        yield f"{name}: {lost} lost to a dispute, which took {flow.disputed}"
    if outcome["exceeds_payment"]:
        yield f"{name} asks for {outcome['exceeds_payment']} more than was paid"
