"""The tables of payment's database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from parking_chassis.ended_logins import ended_logins_table
from parking_chassis.schedules import schedules_table
from parking_chassis.stored_answers import idempotency_table
from parking_chassis.tables import instant, service_metadata
from parking_messaging.tables import messaging_tables

metadata = service_metadata()

payments = Table(
    "payments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("charge_id", Uuid, nullable=False),
    Column("reservation_id", Uuid, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("stage", String(24), nullable=False),
    Column("status", String(24), nullable=False),
    Column("is_live", Boolean, nullable=False),
    Column("save_method", Boolean, nullable=False),
    Column("intent_key", Text, nullable=False),
    Column("intent_id", Text, unique=True),
    Column("client_secret", Text),
    Column("observed_at", instant()),
    Column("failure_code", String(64)),
    Column("failed_attempt", Text),
    Column("cancel_requested_at", instant()),
    Column("requested_at", instant(), nullable=False),
    Column("succeeded_at", instant()),
    Column("dispute_id", Text),
    Column("dispute_amount", BigInteger),
    Column("dispute_tax", BigInteger),
    Column("dispute_status", String(16)),
    Column("look_at", instant()),
    Column("parked", JSONB, nullable=False, server_default=text("'[]'")),
    Column("version", Integer, nullable=False),
    Column("trace", JSONB, nullable=False, server_default=text("'{}'")),
    CheckConstraint("amount > 0 AND tax BETWEEN 0 AND amount", name="amounts"),
    Index("uq_payments_live_charge", "charge_id", unique=True, postgresql_where=text("is_live")),
    Index("ix_payments_of_user", "user_id", "requested_at", "id"),
    Index("ix_payments_of_organization", "organization_id", "requested_at", "id"),
    Index("ix_payments_of_status", "organization_id", "status", "requested_at", "id"),
    Index("ix_payments_of_lot", "organization_id", "parking_lot_id", "requested_at", "id"),
    Index("ix_payments_of_reservation", "reservation_id"),
    Index("ix_payments_parked", "id", postgresql_where=text("parked <> '[]'")),
    Index("ix_payments_agenda", "look_at", postgresql_where=text("look_at IS NOT NULL")),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, ForeignKey("payments.id"), nullable=False, index=True),
    Column("place", SmallInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("requested_at", instant(), nullable=False),
    Column("due_at", instant()),
    Column("key", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("provider_id", Text, unique=True),
    Column("failure_code", String(64)),
    Column("is_booked", Boolean, nullable=False),
    Column("tax", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_refunds_agenda", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_refunds_outstanding", "payment_id", postgresql_where=text("status <> 'succeeded'")),
)

refund_orders = Table(
    "refund_orders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reservation_id", Uuid, nullable=False, index=True),
    # No foreign key: an order may be there before its payment is known.
    Column("payment_id", Uuid, nullable=False, index=True),
    Column("is_named", Boolean, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("ordered_at", instant(), nullable=False),
    Column("place", Integer, nullable=False),
    Column("given_before", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("covered_by_goodwill", BigInteger, nullable=False),
    Column("lost_to_dispute", BigInteger, nullable=False),
    Column("exceeds_payment", BigInteger, nullable=False),
    Column("decided_at", instant()),
    CheckConstraint(
        "least(given_before, refunded, covered_by_goodwill, lost_to_dispute, exceeds_payment) >= 0 AND CASE"
        " WHEN decided_at IS NULL THEN given_before <= amount"
        " AND refunded + covered_by_goodwill + lost_to_dispute + exceeds_payment = 0"
        " ELSE given_before + refunded + covered_by_goodwill + lost_to_dispute + exceeds_payment = amount END",
        name="parts_add_up",
    ),
    Index("ix_refund_orders_waiting", "ordered_at", postgresql_where=text("decided_at IS NULL")),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(24), nullable=False),
    Column("organization_id", Uuid, nullable=False),
    Column("parking_lot_id", Uuid, nullable=False),
    Column("reservation_id", Uuid, nullable=False),
    Column("payment_id", Uuid, ForeignKey("payments.id"), nullable=False, index=True),
    Column("refund_id", Uuid),
    Column("currency", String(3), nullable=False),
    Column("gross", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("posted_at", instant(), nullable=False),
)

ledger_postings = Table(
    "ledger_postings",
    metadata,
    Column("entry_id", Uuid, ForeignKey("ledger_entries.id"), primary_key=True),
    Column("place", SmallInteger, primary_key=True),
    Column("account", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("ix_ledger_postings_account", "account"),
)

captured_amounts = Table(
    "captured_amounts",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("currency", String(3), nullable=False),
    Column("amount", Numeric, nullable=False),
)

known_figures = Table(
    "known_figures",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("known_at", instant(), nullable=False, server_default=text("now()")),
)

reservation_amounts = Table(
    "reservation_dues",
    metadata,
    Column("reservation_id", Uuid, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("charges", JSONB, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("refund_due", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
)

webhook_events = Table(
    "webhook_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("received_at", instant(), nullable=False, server_default=text("now()")),
    Index("ix_webhook_events_received_at", "received_at"),
)

# What is open, by triggers: see migration 0009.
payments_to_settle = Table(
    "payments_to_settle",
    metadata,
    Column("payment_id", Uuid, ForeignKey("payments.id", ondelete="CASCADE"), primary_key=True),
    Column("changes", BigInteger, nullable=False, server_default=text("1")),
)

refund_orders_to_settle = Table(
    "refund_orders_to_settle",
    metadata,
    Column("order_id", Uuid, ForeignKey("refund_orders.id", ondelete="CASCADE"), primary_key=True),
    Column("changes", BigInteger, nullable=False, server_default=text("1")),
)

idempotency_keys = idempotency_table(metadata)
messaging = messaging_tables(metadata, notes_refusals=True)
ended_logins = ended_logins_table(metadata)
schedules = schedules_table(metadata)
