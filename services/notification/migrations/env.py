"""Alembic's entry point for notification's database."""

from notification_service.adapters.postgres.tables import metadata
from parking_chassis.migrations import run_migrations

run_migrations(metadata)
