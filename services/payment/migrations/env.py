"""Alembic's entry point for payment's database."""

from parking_chassis.migrations import run_migrations
from payment_service.adapters.postgres.tables import metadata

run_migrations(metadata)
