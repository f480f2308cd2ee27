"""Count a wrong password, for the account and for the network address."""

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import (
    KNOWN_FOR,
    SIGN_IN_MAILS,
    SIGN_INS_TO_ACCOUNT,
    SIGN_INS_TO_ACCOUNT_AT_ALL,
    AttemptLimit,
    Attempts,
    SignInAttempt,
)
from auth_service.domain.mails import MailKind


async def count_failed_sign_in(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    """A verified owner gets a mail, at most one a day, when attempts begin to wait.

    It never asks whether there is an account: the mail finds its owner, or nobody.
    """
    is_known = await work.places.is_known(secrets.hash(attempt.place), attempt.at - KNOWN_FOR)
    begins_to_wait = is_over_free = False
    for name, limit in attempt.limits(is_known=is_known):
        key = secrets.hash(name)
        so_far = (await work.attempts.open(key, attempt.at)).as_of(limit, attempt.at)
        counted = so_far.one_more(limit, attempt.at)
        if limit is SIGN_INS_TO_ACCOUNT:
            is_over_free = counted.count > limit.free
        elif limit is SIGN_INS_TO_ACCOUNT_AT_ALL and is_over_free and not so_far.waits(limit):
            continue  # this address waits by itself already, and has the others wait no sooner
        await work.attempts.store(key, counted)
        begins_to_wait |= _is_of_account(limit) and counted.count == limit.free
    if begins_to_wait:
        await _inform_owner(work, secrets, attempt)


def _is_of_account(limit: AttemptLimit) -> bool:
    return limit in {SIGN_INS_TO_ACCOUNT, SIGN_INS_TO_ACCOUNT_AT_ALL}


async def _inform_owner(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    key = secrets.hash(attempt.mails)
    sent: Attempts = (await work.attempts.open(key, attempt.at)).as_of(SIGN_IN_MAILS, attempt.at)
    if not sent.wait(attempt.at):
        await work.attempts.store(key, sent.one_more(SIGN_IN_MAILS, attempt.at))
        await work.mails.queue_to_address(attempt.email, MailKind.SIGN_INS_FAILED, attempt.at)
