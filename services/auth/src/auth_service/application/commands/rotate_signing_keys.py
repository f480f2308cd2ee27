"""Make a new signing key when it is time, and forget those that are done."""

from dataclasses import dataclass

from auth_service.application.ports import Clock, SigningKeys
from auth_service.domain.signing_keys import retired_keys, rotation_is_due


@dataclass(frozen=True, slots=True)
class RotateSigningKeys:
    """The timer came round; with `now` an operator wants a new key at once."""

    now: bool = False


@dataclass(frozen=True, slots=True)
class RotateSigningKeysHandler:
    """Keeps at least one key, a new one every month; the old ones go when the last of their tokens is over."""

    keys: SigningKeys
    clock: Clock

    async def __call__(self, command: RotateSigningKeys) -> None:
        """See `auth_service.domain.signing_keys` for the rules."""
        at = self.clock.now()
        ages = list(await self.keys.ages())
        if command.now or rotation_is_due(ages, at):
            ages.append(await self.keys.create(at))
        for key in retired_keys(ages, at):
            await self.keys.drop(key.key_id)
