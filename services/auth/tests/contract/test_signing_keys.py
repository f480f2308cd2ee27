"""See `auth_service.application.ports.SigningKeys`."""

import asyncio
from datetime import timedelta

from services.auth.tests.fakes.clock import FakeClock
from services.auth.tests.people import NOW

from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys, RotateSigningKeysHandler
from auth_service.application.ports import OpenWork
from parking_kernel.askers import THE_SERVICE


async def test_keys_come_and_go(open_work: OpenWork) -> None:
    async with open_work(THE_SERVICE) as work:
        assert await work.signing_keys.ages() == []
        old = await work.signing_keys.create(NOW)
        new = await work.signing_keys.create(NOW + timedelta(days=30))
        assert {key.key_id: key.created_at for key in await work.signing_keys.ages()} == {
            old.key_id: NOW,
            new.key_id: NOW + timedelta(days=30),
        }
        await work.signing_keys.drop(old.key_id)
        assert await work.signing_keys.ages() == [new]


async def test_processes_that_start_together_make_one_key(open_work: OpenWork) -> None:
    rotate = RotateSigningKeysHandler(open_work, FakeClock())
    await asyncio.gather(*(rotate(RotateSigningKeys()) for _ in range(5)))
    async with open_work(THE_SERVICE) as work:
        assert len(await work.signing_keys.ages()) == 1
