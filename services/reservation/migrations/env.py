"""Alembic's entry point for reservation's database."""

from parking_chassis.migrations import run_migrations
from reservation_service.adapters.postgres.tables import metadata

run_migrations(metadata)
