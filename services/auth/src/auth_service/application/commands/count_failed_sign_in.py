"""Count a wrong password, for the account and for the network address."""

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import SIGN_INS_TO_ACCOUNT, SignInAttempt
from auth_service.domain.mails import MailKind


async def count_failed_sign_in(work: Work, secrets: Secrets, attempt: SignInAttempt) -> None:
    """A verified owner gets one mail for failures in a row, when attempts begin to wait.

    It never asks whether there is an account: the mail finds its owner, or nobody.
    """
    for name, limit in attempt.limits:
        key = secrets.hash(name)
        so_far = (await work.attempts.open(key, attempt.at)).as_of(limit, attempt.at)
        counted = so_far.one_more(limit, attempt.at)
        await work.attempts.store(key, counted)
        if limit is SIGN_INS_TO_ACCOUNT and counted.count == limit.free:
            await work.mails.queue_to_address(attempt.email, MailKind.SIGN_INS_FAILED, attempt.at)
