"""End the row of wrong passwords from where the right one came."""

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import SignInAttempt


async def clear_failed_sign_ins(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    """From now on the network address is known for this account.

    The address keeps its count, since an attacker has an account too; and the account keeps the count of other
    addresses, since an attacker there goes on. Neither waits longer for this attempt.
    """
    for name, _ in attempt.limits(is_known=False):
        key = secrets.hash(name)
        if name == attempt.place:
            await work.attempts.clear(key)
        elif found := await work.attempts.find(key):
            await work.attempts.store(key, found.free_again())
    if attempt.network_address is not None:
        await work.places.note(secrets.hash(attempt.place), attempt.at)
