"""Make a new signing key when it is time, and delete those that are done."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from auth_service.domain.signing_keys import retired_keys, rotation_is_due
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class RotateSigningKeys:
    """The timer came round; with `now` an operator wants a new key at once."""

    now: bool = False


@dataclass(frozen=True, slots=True)
class RotateSigningKeysHandler:
    """Keeps at least one key, a new one every month; the old ones go when the last of their tokens is over."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: RotateSigningKeys) -> None:
        """See `auth_service.domain.signing_keys` for the rules."""
        async with self.open_work(THE_SERVICE) as work:
            ages = list(await work.signing_keys.ages())
            at = self.clock.now()
            if command.now or rotation_is_due(ages, at):
                ages.append(await work.signing_keys.create(at))
            for key in retired_keys(ages, at):
                await work.signing_keys.drop(key.key_id)
