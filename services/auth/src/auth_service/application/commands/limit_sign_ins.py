"""Let wrong passwords in a row wait, for each account and for each network address."""

from dataclasses import dataclass, field
from datetime import datetime

from auth_service.application.ports import OpenWork, Secrets, Work
from auth_service.domain.attempts import SIGN_INS_FROM_ADDRESS, SIGN_INS_TO_ACCOUNT, AttemptLimit
from auth_service.domain.errors import TooManyAttempts
from auth_service.domain.mails import MailKind
from auth_service.domain.users import normalised_email
from parking_kernel.askers import THE_SERVICE


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Someone tries a password for an address, whether it has an account or not."""

    email: str = field(repr=False)
    network_address: str | None = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """Counts what failed. It asks never whether there is an account, so unknown addresses wait and cost the same."""

    open_work: OpenWork
    secrets: Secrets

    async def begin(self, work: Work, attempt: SignInAttempt) -> None:
        """Raises `TooManyAttempts` while an earlier failure has it wait, or another attempt is under way meanwhile."""
        for key, limit in self._keys(attempt):
            found = await work.attempts.find(key)
            if found is None:
                continue
            so_far = found.as_of(limit, attempt.at)
            if wait := so_far.wait(attempt.at):
                raise TooManyAttempts(wait)
            await work.attempts.store(key, so_far.one_at_a_time(limit, attempt.at))

    async def failed(self, attempt: SignInAttempt) -> None:
        """Count it. The owner learns of it once in a row, when attempts begin to wait."""
        async with self.open_work(THE_SERVICE) as work:
            for key, limit in self._keys(attempt):
                so_far = (await work.attempts.open(key, attempt.at)).as_of(limit, attempt.at)
                counted = so_far.one_more(limit, attempt.at)
                await work.attempts.store(key, counted)
                if limit is SIGN_INS_TO_ACCOUNT and counted.count == limit.free:
                    await work.mails.queue_to_address(attempt.email, MailKind.SIGN_INS_FAILED, attempt.at)

    async def succeeded(self, work: Work, attempt: SignInAttempt) -> None:
        """The account's row of failures is over; the network address keeps its count, and waits no longer for this."""
        (account, _), *others = self._keys(attempt)
        await work.attempts.clear(account)
        for key, _ in others:
            if found := await work.attempts.find(key):
                await work.attempts.store(key, found.free_again())

    def _keys(self, attempt: SignInAttempt) -> list[tuple[bytes, AttemptLimit]]:
        """Always in this order, so that no two transactions wait for each other in a circle."""
        account = self.secrets.hash(f"sign-ins to {normalised_email(attempt.email)}")
        if attempt.network_address is None:
            return [(account, SIGN_INS_TO_ACCOUNT)]
        address = self.secrets.hash(f"sign-ins from {attempt.network_address}")
        return [(account, SIGN_INS_TO_ACCOUNT), (address, SIGN_INS_FROM_ADDRESS)]
