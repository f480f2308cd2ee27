"""Balance transactions: what each movement leaves in the account after fees, for reconciliation."""

from stripe_simulator.account import Account, Body, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.lists import page
from stripe_simulator.parameters import EXPAND, PAGE, Form, Text

FEE_BASIS_POINTS = 150
FEE_FIXED = 25
DISPUTE_FEE = 2_000
DAYS_UNTIL_AVAILABLE = 2
DAY = 86_400


def record(account: Account, kind: str, source: Body, amount: int, fee: int = 0, *, at_once: bool = False) -> Body:
    """Book a movement of money and its fee."""
    now = account.now()
    available_on = now if at_once else now + DAYS_UNTIL_AVAILABLE * DAY
    description = "Stripe processing fees" if kind == "charge" else "Dispute fee"
    details = {"amount": fee, "application": None, "currency": source["currency"], "description": description}
    return account.insert(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": available_on,
            "balance_type": "payments",
            "created": now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [{**details, "type": "stripe_fee"}] if fee else [],
            "net": amount - fee,
            "reporting_category": {"adjustment": "dispute", "refund_failure": "refund_failure"}.get(kind, kind),
            "source": source["id"],
            "status": "pending",
            "type": kind,
        }
    )


def charge_fee(amount: int) -> int:
    """Stripe's fee for a charge: 1.5 % and 25 minor units."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED


def retrieve(call: Call) -> Body:
    """GET /v1/balance_transactions/{id}."""
    return call.account.get("balance_transaction", call.path["id"], "id")


def listed(call: Call) -> Body:
    """GET /v1/balance_transactions."""
    return page(call.account, "balance_transaction", "/v1/balance_transactions", call.parameters)


OPERATIONS = (
    Operation("GET", "/v1/balance_transactions/{id}", Form(EXPAND), retrieve),
    Operation(
        "GET",
        "/v1/balance_transactions",
        Form({**PAGE, "type": Text(), "source": Text(), "currency": Text()}),
        listed,
    ),
)
