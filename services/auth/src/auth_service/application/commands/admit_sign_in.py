"""Let a sign-in go on, unless wrong passwords before it have it wait."""

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import KNOWN_FOR, SignInAttempt
from auth_service.domain.errors import TooManyAttempts


async def admit_sign_in(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    """Raises `TooManyAttempts` while an earlier failure has it wait, or another attempt is under way meanwhile.

    Where the owner has signed in lately, only what was tried from there counts: strangers keep nobody out. It never
    asks whether there is an account, so unknown addresses wait and cost the same.
    """
    is_known = await work.places.is_known(secrets.hash(attempt.place), attempt.at - KNOWN_FOR)
    for name, limit in attempt.limits(is_known=is_known):
        key = secrets.hash(name)
        found = await work.attempts.find(key)
        if found is None:
            continue
        so_far = found.as_of(limit, attempt.at)
        if wait := so_far.wait(attempt.at):
            raise TooManyAttempts(wait)
        await work.attempts.store(key, so_far.one_at_a_time(limit, attempt.at))
