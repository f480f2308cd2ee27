"""End an account's row of wrong passwords, since the right one came."""

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import SignInAttempt


async def clear_failed_sign_ins(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    """A network address keeps its count, since an attacker has an account too; it waits no longer for this attempt."""
    for name, _ in attempt.limits:
        key = secrets.hash(name)
        if name == attempt.account:
            await work.attempts.clear(key)
        elif found := await work.attempts.find(key):
            await work.attempts.store(key, found.free_again())
