"""Alembic's entry point for analytics' database."""

from analytics_service.adapters.postgres.tables import metadata
from parking_chassis.migrations import run_migrations

run_migrations(metadata)
