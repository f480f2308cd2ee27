"""Counted in the process that did it. No label carries an id."""

from prometheus_client import Counter

REASONS = ("covered_by_goodwill", "lost_to_dispute", "exceeds_payment")
UNPAID_ORDERS = Counter(
    "refund_orders_unpaid", "Refund orders that were closed with less than their amount, by reason", ["reason"]
)
for _reason in REASONS:
    UNPAID_ORDERS.labels(_reason)

OBJECTS = ("intent", "refund", "dispute")
UNKNOWN_STATUSES = Counter(
    "provider_statuses_unknown",
    "Objects that the comparison with the provider passed over, as this release does not know their status",
    ["object"],
)
for _object in OBJECTS:
    UNKNOWN_STATUSES.labels(_object)
