"""Wrong passwords in a row wait longer and longer, for each account and each network address, known or not."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from services.auth.tests.fakes.crypto.passwords import FakePasswords
from services.auth.tests.fakes.installation import EMAIL, PASSWORD, FakeInstallation

from auth_service.application.commands.sign_in import SignIn
from auth_service.application.ports import OpenWork, Work
from auth_service.domain.attempts import (
    KNOWN_FOR,
    SIGN_INS_FROM_ADDRESS,
    SIGN_INS_TO_ACCOUNT,
    SIGN_INS_TO_ACCOUNT_AT_ALL,
)
from auth_service.domain.errors import InvalidCredentials, TooBusy, TooManyAttempts
from auth_service.domain.mails import MailKind
from parking_kernel.askers import Asker

NOBODY = "nobody@example.com"
OFFICE = "192.0.2.1"
STRANGER = "192.0.2.66"


async def tried(auth: FakeInstallation, email: str, password: str = "wrong password", at: str | None = None) -> Any:
    """The kind of answer, or how long to wait."""
    try:
        await auth.sign_in(SignIn(email, password, "phone", at))
    except InvalidCredentials:
        return "refused"
    except TooManyAttempts as error:
        return error.wait.total_seconds()
    return "signed in"


async def after_free_ones(auth: FakeInstallation, email: str = EMAIL, at: str | None = None) -> None:
    for _ in range(SIGN_INS_TO_ACCOUNT.free):
        assert await tried(auth, email, at=at) == "refused"


async def after_free_ones_of_all(auth: FakeInstallation, email: str = EMAIL) -> None:
    """As many guesses as an account has free, from as few addresses as it takes."""
    for number in range(SIGN_INS_TO_ACCOUNT_AT_ALL.free // SIGN_INS_TO_ACCOUNT.free):
        await after_free_ones(auth, email, f"198.51.100.{number}")


@pytest.mark.parametrize("email", [EMAIL, NOBODY])
async def test_the_waits_grow_and_are_the_same_for_an_unknown_address(auth: FakeInstallation, email: str) -> None:
    await auth.verified()
    await after_free_ones(auth, email)
    waits: list[float] = []
    for _ in range(10):
        wait = await tried(auth, email)
        assert await tried(auth, email, PASSWORD) == wait, "the right one does not help before"
        waits.append(wait)
        auth.clock.advance(timedelta(seconds=wait))
        assert await tried(auth, email) == "refused"
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


async def test_the_right_password_ends_the_row(auth: FakeInstallation) -> None:
    await auth.verified()
    await after_free_ones(auth)
    auth.clock.advance(timedelta(seconds=5))
    assert await tried(auth, EMAIL, PASSWORD) == "signed in"
    await after_free_ones(auth)


async def test_a_day_later_nothing_counts_any_more(auth: FakeInstallation) -> None:
    await auth.verified()
    await after_free_ones(auth)
    auth.clock.advance(SIGN_INS_TO_ACCOUNT.over_after)
    await after_free_ones(auth)


async def test_an_account_waits_in_any_spelling_and_no_other_does(auth: FakeInstallation) -> None:
    await auth.verified()
    await auth.verified("other@example.com")
    await after_free_ones(auth)
    assert await tried(auth, f" {EMAIL.upper()} ") == 5
    assert await tried(auth, "other@example.com", PASSWORD) == "signed in"


async def test_a_network_address_waits_whatever_accounts_it_tries(auth: FakeInstallation) -> None:
    await auth.verified()
    for number in range(SIGN_INS_FROM_ADDRESS.free):
        assert await tried(auth, f"user{number}@example.com", at=OFFICE) == "refused"
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == 5
    assert await tried(auth, EMAIL, PASSWORD, at="192.0.2.2") == "signed in"
    auth.clock.advance(timedelta(seconds=5))
    assert [await tried(auth, EMAIL, PASSWORD, at=OFFICE) for _ in range(3)] == ["signed in"] * 3
    assert await tried(auth, NOBODY, at=OFFICE) == "refused"
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == 10, "signing in to one's own account wipes nothing out"


async def test_somebody_elsewhere_keeps_no_owner_waiting(auth: FakeInstallation) -> None:
    await auth.verified()
    await after_free_ones(auth, at=STRANGER)
    for _ in range(100):  # the stranger goes on for a day, as soon as it is let
        wait = await tried(auth, EMAIL, at=STRANGER)
        auth.clock.advance(timedelta(seconds=wait))
        assert await tried(auth, EMAIL, at=STRANGER) == "refused"
    assert await tried(auth, EMAIL, PASSWORD, at=STRANGER) == 900, "where it is tried it waits (the control)"
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"


@pytest.mark.parametrize("email", [EMAIL, NOBODY])
async def test_an_account_has_a_cap_over_all_addresses(auth: FakeInstallation, email: str) -> None:
    await auth.verified()
    await after_free_ones_of_all(auth, email)
    waits: list[float] = []
    for number in range(10):
        fresh = f"203.0.113.{number}"
        waits.append(wait := await tried(auth, email, at=fresh))
        auth.clock.advance(timedelta(seconds=wait))
        assert await tried(auth, email, at=fresh) == "refused"
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]


async def test_an_owner_who_has_signed_in_there_lately_is_not_kept_out_by_the_cap(auth: FakeInstallation) -> None:
    await auth.verified()
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"
    await after_free_ones_of_all(auth)
    assert await tried(auth, EMAIL, PASSWORD, at="203.0.113.1") == 5, "another address is (the control)"
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"


async def test_a_known_address_is_known_to_its_account_alone_and_for_a_while(auth: FakeInstallation) -> None:
    await auth.verified()
    await auth.verified("other@example.com")
    assert await tried(auth, "other@example.com", PASSWORD, at=OFFICE) == "signed in"
    await after_free_ones_of_all(auth)
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == 5
    auth.clock.advance(timedelta(days=1))
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"
    auth.clock.advance(KNOWN_FOR + timedelta(seconds=1))
    await after_free_ones_of_all(auth)
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == 5


async def test_guesses_from_a_known_address_wait_there(auth: FakeInstallation) -> None:
    await auth.verified()
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"
    await after_free_ones(auth, at=OFFICE)
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == 5


async def test_signing_in_takes_nothing_off_the_cap(auth: FakeInstallation) -> None:
    await auth.verified()
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"
    await after_free_ones_of_all(auth)
    assert await tried(auth, EMAIL, PASSWORD, at=OFFICE) == "signed in"
    auth.clock.advance(timedelta(seconds=5))
    assert await tried(auth, EMAIL, at="203.0.113.1") == "refused"
    assert await tried(auth, EMAIL, at="203.0.113.2") == 10


async def test_guesses_from_many_addresses_are_one_mail_a_day(auth: FakeInstallation) -> None:
    await auth.verified()
    await after_free_ones_of_all(auth)
    mails = [row.kind for row in auth.tables.account_mails.values()]
    assert mails.count(MailKind.SIGN_INS_FAILED) == 1


async def test_the_owner_of_a_verified_address_gets_one_mail(auth: FakeInstallation) -> None:
    user = await auth.verified()
    await after_free_ones(auth)
    for _ in range(5):
        auth.clock.advance(timedelta(minutes=15))
        assert await tried(auth, EMAIL) == "refused"
    await after_free_ones(auth, NOBODY)
    mails = [(row.user_id, row.kind) for row in auth.tables.account_mails.values()]
    assert mails == [(user.id, MailKind.VERIFY_EMAIL), (user.id, MailKind.SIGN_INS_FAILED)]


async def test_once_waits_are_due_guesses_at_once_are_one_guess(auth: FakeInstallation) -> None:
    class SlowPasswords(FakePasswords):
        async def match(self, password: str, hashes: Sequence[str]) -> str | None:
            await asyncio.sleep(0)
            return await super().match(password, hashes)

    await auth.verified()
    await after_free_ones(auth)
    auth.clock.advance(timedelta(seconds=5))
    auth.sign_in = replace(auth.sign_in, passwords=(slow := SlowPasswords()))
    outcomes = await asyncio.gather(*(tried(auth, EMAIL) for _ in range(20)))
    assert Counter(outcomes) == {"refused": 1, 10: 19}
    assert slow.work == {"check": 1}


async def test_known_and_unknown_take_the_same_work_at_each_attempt(auth: FakeInstallation) -> None:
    """Counted: which questions are put to the repositories, and how many passwords are checked."""
    await auth.verified()
    done: dict[str, list[Any]] = {}
    for email, network_address in ((EMAIL, OFFICE), (NOBODY, "192.0.2.2")):
        calls: list[str] = []
        sign_in = replace(auth.sign_in, open_work=_counting(auth, calls))
        for _ in range(SIGN_INS_TO_ACCOUNT.free + 2):
            before = auth.passwords.work["check"]
            with pytest.raises((InvalidCredentials, TooManyAttempts)):
                await sign_in(SignIn(email, "wrong password", "phone", network_address))
            calls.append(f"{auth.passwords.work['check'] - before} passwords")
        done[email] = calls
    assert "queue_to_address" in done[EMAIL]
    assert done[EMAIL] == done[NOBODY]


async def test_what_was_never_checked_is_no_failure(auth: FakeInstallation) -> None:
    await auth.verified()
    auth.passwords.is_busy = True
    for _ in range(SIGN_INS_TO_ACCOUNT.free * 2):
        with pytest.raises(TooBusy):
            await auth.signed_in()
    auth.passwords.is_busy = False
    await auth.signed_in()


class _Counting:
    """A repository that notes what is asked of it."""

    def __init__(self, repository: object, calls: list[str]) -> None:
        self._repository = repository
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        self._calls.append(name)
        return getattr(self._repository, name)


def _counting(auth: FakeInstallation, calls: list[str]) -> OpenWork:
    @asynccontextmanager
    async def open_work(asker: Asker) -> AsyncIterator[Work]:
        calls.append("open")
        async with auth.work(asker) as work:
            watched = {name: _Counting(getattr(work, name), calls) for name in ("users", "mails", "attempts", "places")}
            yield replace(work, **watched)

    return open_work
