"""What became of refund orders, counted in the process that did it. No label carries an id."""

from prometheus_client import Counter

REASONS = ("covered_by_goodwill", "lost_to_dispute", "exceeds_payment")
UNPAID_ORDERS = Counter(
    "refund_orders_unpaid", "Refund orders that were closed with less than their amount, by reason", ["reason"]
)
for _reason in REASONS:
    UNPAID_ORDERS.labels(_reason)
