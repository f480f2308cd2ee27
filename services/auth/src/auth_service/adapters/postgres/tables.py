"""The tables of auth's database."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from parking_chassis.stored_answers import idempotency_table
from parking_chassis.tables import instant, service_metadata
from parking_messaging import messaging_tables

metadata = service_metadata()

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text),
    Column("full_name", Text, nullable=False),
    Column("phone_number", Text),
    Column("password_hash", Text, nullable=False),
    Column("is_verified", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status_reason", Text),
    Column("status_changed_by", Uuid),
    Column("status_changed_at", instant()),
    Column("has_signed_in", Boolean, nullable=False, server_default=text("false")),
    Column("registered_from", Text),
    Index("uq_users_verified_email", "email", unique=True, postgresql_where=text("is_verified")),
    Index("ix_users_email", "email", "id"),
    Index("ix_users_status", "status", "id"),
    Index("ix_users_is_verified", "is_verified", "id"),
    Index("ix_users_roles", "roles", postgresql_using="gin"),
    Index(
        "ix_users_words",
        literal_column("folded((COALESCE(email, ''::text) || ' '::text) || full_name)").label("words"),
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    ),
)

status_changes = Table(
    "status_changes",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_by", Uuid),
    Column("changed_at", instant(), nullable=False),
)
"""Each suspension and its end, by the version of the user that it led to; the last one stands in `users` too."""

roles = Table(
    "roles",
    metadata,
    Column("name", Text, primary_key=True),
    Column("permissions", ARRAY(Text), nullable=False),
)

logins = Table(
    "logins",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("device", Text, nullable=False),
    Column("started_at", instant(), nullable=False),
    Column("last_used_at", instant(), nullable=False),
    Column("ended_at", instant()),
    Column("end_reason", String(32)),
    Column("version", Integer, nullable=False),
    Index("ix_logins_open_of_user", "user_id", "id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_logins_open_last_used_at", "last_used_at", postgresql_where=text("ended_at IS NULL")),
    Index("ix_logins_open_started_at", "started_at", postgresql_where=text("ended_at IS NULL")),
    Index("ix_logins_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)

login_count_changes = Table(
    "login_count_changes",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("change", BigInteger, nullable=False),
)
"""The number of open logins is the sum of these; triggers write them."""

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("login_id", Uuid, ForeignKey("logins.id"), nullable=False, index=True),
    Column("issued_at", instant(), nullable=False, index=True),
    Column("used_at", instant()),
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("version", Integer, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("organization_id", Uuid, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True, index=True),
    Column("role", String(16), nullable=False),
)

account_mails = Table(
    "account_mails",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", instant(), nullable=False),
    Column("sent_at", instant()),
    Index("ix_account_mails_due", "due_at", postgresql_where=text("sent_at IS NULL")),
    Index("ix_account_mails_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
)

mail_tokens = Table(
    "mail_tokens",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False, index=True),
    Column("purpose", String(32), nullable=False),
    Column("expires_at", instant(), nullable=False, index=True),
    Column("used_at", instant()),
)

counted_attempts = Table(
    "counted_attempts",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", instant(), nullable=False, index=True),
    Column("blocked_until", instant()),
)
"""What may be tried only so often in a row, by the hash of what it is tried on."""

sign_in_places = Table(
    "sign_in_places",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("last_at", instant(), nullable=False, index=True),
)
"""Where accounts were signed in to, by the hash of account and network address."""

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("sealed_private_key", LargeBinary, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", instant(), nullable=False),
)

idempotency_keys = idempotency_table(metadata)

messaging = messaging_tables(metadata)
