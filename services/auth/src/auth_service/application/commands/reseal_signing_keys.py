"""Seal the signing keys with the newest master key, so that an older one can go."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork
from parking_kernel.askers import THE_SERVICE


@dataclass(frozen=True, slots=True)
class ResealSigningKeys:
    """The master key is being rotated."""


@dataclass(frozen=True, slots=True)
class ResealSigningKeysHandler:
    """All in one transaction: afterwards no stored key needs an older master key. Again changes nothing that counts."""

    open_work: OpenWork

    async def __call__(self, _command: ResealSigningKeys) -> int:
        """How many there are."""
        async with self.open_work(THE_SERVICE) as work:
            ages = await work.signing_keys.ages()
            for each in ages:
                await work.signing_keys.reseal(each.key_id)
        return len(ages)
