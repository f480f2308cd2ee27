"""Alembic's entry point for auth's database."""

from auth_service.adapters.postgres.tables import metadata
from parking_chassis.migrations import run_migrations

run_migrations(metadata)
