"""Alembic's entry point for parking's database."""

from parking_chassis.migrations import run_migrations
from parking_service.adapters.postgres.tables import metadata

run_migrations(metadata)
