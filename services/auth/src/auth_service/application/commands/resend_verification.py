"""Ask for another mail to verify an address."""

from dataclasses import dataclass, field

from auth_service.application.commands.send_verification import SendVerification, send_verification
from auth_service.application.ports import OpenWork, Secrets
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class ResendVerification:
    """Someone's link is too old, or never came; `network_address` is where the request came from, if that is known."""

    email: str = field(repr=False)
    network_address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ResendVerificationHandler:
    """Does the same for any address: nobody learns from it whether there is an account, or whether it is verified."""

    open_work: OpenWork
    secrets: Secrets
    clock: Clock

    async def __call__(self, command: ResendVerification) -> None:
        """Queue the mail where an unverified account has the address, and not too many were sent."""
        async with self.open_work(THE_SERVICE) as work:
            sending = SendVerification(command.email, command.network_address, self.clock.now())
            await send_verification(work, self.secrets, sending)
