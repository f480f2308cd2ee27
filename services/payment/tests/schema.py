"""The schema of an earlier release, and the present one again."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config

import payment_service
from parking_chassis.migrations import migrate, migrations_folder

FOLDER = migrations_folder(Path(payment_service.__path__[0]))


async def downgrade(url: object, revision: str) -> None:
    """Take the migrations after this one back."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["database_url"] = str(url)
    await asyncio.to_thread(command.downgrade, config, revision)


async def upgrade(url: object) -> None:
    """Make the present schema."""
    await asyncio.to_thread(migrate, str(url), FOLDER)
