"""Every captured payment has a reservation that it pays for, or went back in full; and nobody parks unpaid.

What has to go back is ordered by name: each order is paid once, of its own payment, or closed with its reason.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tests.chaos.oracle import refunds
from tests.chaos.oracle.flows import Flow, flows_of
from tests.system.backstage import Databases, Provider

from parking_demo.people import Json

RESERVATIONS = """
    SELECT id, status, charges, refund_due, refund_orders FROM reservations WHERE parking_lot_id = ANY($1)"""
PAYMENTS = "SELECT id, charge_id, reservation_id, amount FROM payments WHERE parking_lot_id = ANY($1)"
KNOWN = "SELECT id FROM payments"
LEDGER = """
    SELECT payment_id, sum(amount)::bigint AS amount FROM ledger_postings
        JOIN ledger_entries ON ledger_entries.id = entry_id
    WHERE parking_lot_id = ANY($1) AND account LIKE 'provider_clearing%' GROUP BY payment_id"""
OUTCOMES = """
    SELECT o.* FROM refund_orders o WHERE EXISTS (
        SELECT FROM payments p WHERE p.reservation_id = o.reservation_id AND p.parking_lot_id = ANY($1))"""
UNORDERED = """
    SELECT r.id, r.payment_id FROM refunds r JOIN payments p ON p.id = r.payment_id
    WHERE p.parking_lot_id = ANY($1) AND NOT EXISTS (SELECT FROM refund_orders o WHERE o.id = r.id)"""
PAID_FOR = frozenset({"confirmed", "active", "completed", "no_show"})


@dataclass(frozen=True)
class Books:
    """What each side has, by payment and by reservation."""

    flows: Mapping[str, Flow]
    payments: Mapping[str, Json]
    reservations: Mapping[str, Json]
    ledger: Mapping[str, int]
    orphans: Sequence[str]
    """Payments that the provider captured and that payment does not know, of whatever lot."""
    outcomes: Mapping[str, Json]
    """What payment says that came of each refund order."""
    unordered: Mapping[str, str]
    """The refunds that nobody ordered, which is goodwill, and the payment of each."""

    @property
    def captures(self) -> int:
        """How many payments were captured."""
        return sum(1 for flow in self.flows.values() if flow.captured)


async def books(databases: Databases, provider: Provider, lots: Iterable[str]) -> Books:
    """Read them: the provider's first, so that the others cannot lack what it has."""
    where = [UUID(lot) for lot in lots]
    flows = await flows_of(provider)
    payments = {str(row["id"]): dict(row) for row in await databases.rows("payment", PAYMENTS, where)}
    reservations = {str(row["id"]): dict(row) for row in await databases.rows("reservation", RESERVATIONS, where)}
    ledger = {str(row["payment_id"]): row["amount"] for row in await databases.rows("payment", LEDGER, where)}
    known = {str(row["id"]) for row in await databases.rows("payment", KNOWN)}
    outcomes = {str(row["id"]): dict(row) for row in await databases.rows("payment", OUTCOMES, where)}
    goodwill = {str(row["id"]): str(row["payment_id"]) for row in await databases.rows("payment", UNORDERED, where)}
    orphans = [payment_id for payment_id, flow in flows.items() if flow.captured and payment_id not in known]
    ours = {each: flows[each] for each in flows if each in payments}
    return Books(ours, payments, reservations, ledger, orphans, outcomes, goodwill)


def violations(found: Books) -> list[str]:
    """What is not as it has to be once everything has come to rest."""
    return [*_unsettled(found), *_double(found), *_unpaid(found), *_ledger(found), *_refunds(found)]


def _unsettled(found: Books) -> Iterable[str]:
    """Money that pays for nothing and was not given back."""
    yield from (f"the provider has money for {payment_id}, which payment does not know" for payment_id in found.orphans)
    for payment_id, flow in found.flows.items():
        if flow.intents > 1:
            yield f"payment {payment_id} has {flow.intents} intents"
        if flow.kept and not _pays(found, payment_id):
            yield f"payment {payment_id}: {flow.captured} captured, {flow.refunded} given back, and it pays for nothing"


def _double(found: Books) -> Iterable[str]:
    """Charges for which more than one payment was kept."""
    kept: dict[str, list[str]] = defaultdict(list)
    for payment_id, flow in found.flows.items():
        if flow.kept > 0:
            kept[str(found.payments[payment_id]["charge_id"])].append(payment_id)
    for charge_id, payments in kept.items():
        if len(payments) > 1:
            yield f"charge {charge_id} was paid by {len(payments)} payments"


def _unpaid(found: Books) -> Iterable[str]:
    """Reservations that hold a spot, or held it, by money that the provider does not have."""
    for reservation_id, row in found.reservations.items():
        for charge in _charges(row):
            is_owed = charge["status"] == "paid" and charge["amount"] and row["status"] in PAID_FOR
            flow = found.flows.get(charge.get("paid_by") or "")
            if is_owed and (flow is None or flow.captured != charge["amount"]):
                yield f"reservation {reservation_id} is {row['status']} and the provider has no money for it"
            elif is_owed and flow and row["status"] == "confirmed" and flow.refunded >= flow.captured:
                yield f"reservation {reservation_id} is confirmed, and all that was paid for it went back"


def _refunds(found: Books) -> Iterable[str]:
    """Orders that were not paid once, of their own payment, nor closed with their reason."""
    yield from refunds.violations(found.flows, found.reservations, found.outcomes, found.unordered)


def _ledger(found: Books) -> Iterable[str]:
    for payment_id, flow in found.flows.items():
        if found.ledger.get(payment_id, 0) != flow.kept:
            yield f"payment {payment_id}: the ledger has {found.ledger.get(payment_id, 0)}, the provider another sum"


def _pays(found: Books, payment_id: str) -> bool:
    reservation = found.reservations.get(str(found.payments[payment_id]["reservation_id"]))
    return bool(reservation) and any(each.get("paid_by") == payment_id for each in _charges(reservation))


def _charges(row: Json) -> Sequence[Json]:
    return refunds.documents(row["charges"])
