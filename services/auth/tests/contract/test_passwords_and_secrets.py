"""See `auth_service.application.ports.PasswordHasher` and `Secrets`."""

import asyncio
from collections.abc import Iterator

import pytest
from services.auth.tests.fakes.crypto.password_standards import FakePasswordStandards
from services.auth.tests.fakes.crypto.passwords import FakePasswords
from services.auth.tests.fakes.crypto.secrets import FakeSecrets
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auth_service.adapters.crypto import password_standards
from auth_service.adapters.crypto.password_standards import PublishedStandards
from auth_service.adapters.crypto.passwords import BcryptPasswords
from auth_service.adapters.crypto.secrets import RandomSecrets
from auth_service.application.ports import PasswordHasher, PasswordStandards, Secrets
from auth_service.domain.errors import TooBusy, UnacceptablePassword


@pytest.fixture(params=["fake", "bcrypt"])
def passwords(request: pytest.FixtureRequest) -> Iterator[PasswordHasher]:
    if request.param == "fake":
        yield FakePasswords()
        return
    bcrypt = BcryptPasswords(cost=4, max_waiting=8)
    yield bcrypt
    bcrypt.close()


@pytest.fixture(params=[FakeSecrets, RandomSecrets])
def secrets(request: pytest.FixtureRequest) -> Secrets:
    return request.param()


async def matches(passwords: PasswordHasher, password: str, hashed: str | None) -> bool:
    return await passwords.match(password, [hashed] if hashed else []) is not None


async def test_accounts_of_one_address_are_checked_together(passwords: PasswordHasher) -> None:
    first = await passwords.hash("correct horse")
    hashes = [first, await passwords.hash("battery staple", like=first), await passwords.hash("dragon", like=first)]
    for password, found in (("battery staple", hashes[1]), ("correct horse", first), ("another", None)):
        assert await passwords.match(password, hashes) == found


async def test_a_password_matches_its_own_hash_alone(passwords: PasswordHasher) -> None:
    hashed = await passwords.hash("correct horse")
    assert await matches(passwords, "correct horse", hashed)
    assert not await matches(passwords, "correct hors", hashed)
    assert not await matches(passwords, "correct horse", None)


@pytest.mark.parametrize("password", ["x" * 72, "\u00e9" * 36, "\U0001f697" * 18, "  blanks  "])
async def test_every_byte_of_a_long_password_counts(passwords: PasswordHasher, password: str) -> None:
    hashed = await passwords.hash(password)
    assert await matches(passwords, password, hashed)
    assert not await matches(passwords, password[:-1], hashed)


@pytest.mark.parametrize("password", ["x" * 73, "x" * 10_000, "with\0nul"])
async def test_what_cannot_have_been_set_does_not_match(passwords: PasswordHasher, password: str) -> None:
    assert not await matches(passwords, password, await passwords.hash("x" * 72))


async def test_two_hashes_of_one_password_differ() -> None:
    bcrypt = BcryptPasswords(cost=4, max_waiting=8)
    assert await bcrypt.hash("correct horse") != await bcrypt.hash("correct horse")
    bcrypt.close()


async def test_beyond_the_bound_nobody_waits_and_the_unknown_wait_like_the_known() -> None:
    """Room for one: so a caller that is refused would have had to do the work."""
    bcrypt = BcryptPasswords(cost=10, max_waiting=1)
    hashed = await bcrypt.hash("correct horse")
    under_way = asyncio.create_task(matches(bcrypt, "correct horse", hashed))
    await asyncio.sleep(0)
    for known in (hashed, None):
        with pytest.raises(TooBusy):
            await matches(bcrypt, "x" * 100, known)
    with pytest.raises(TooBusy):
        await bcrypt.hash("correct horse")
    assert await under_way
    assert await matches(bcrypt, "correct horse", hashed)
    bcrypt.close()


def test_secrets_are_new_each_time_and_found_by_their_hash(secrets: Secrets) -> None:
    one, other = secrets.new(), secrets.new()
    assert one.text != other.text
    assert secrets.hash(one.text) == one.hash != other.hash


def test_a_secret_has_256_bits_and_fits_into_a_link() -> None:
    secret = RandomSecrets().new()
    assert len(secret.text) == 43
    assert secret.text.replace("-", "").replace("_", "").isalnum()
    assert secret.text not in repr(secret)


@pytest.fixture(params=[FakePasswordStandards, PublishedStandards])
def standards(request: pytest.FixtureRequest) -> PasswordStandards:
    return request.param()


def test_what_looks_alike_has_one_form(standards: PasswordStandards) -> None:
    assert standards.form("u\u0308ber alle Berge") == "\u00fcber alle Berge"
    assert standards.form("  blanks  ") == "  blanks  "
    assert standards.form("Stra\u00dfe") != standards.form("strasse")


def test_what_cannot_be_typed_everywhere_is_refused(standards: PasswordStandards) -> None:
    with pytest.raises(UnacceptablePassword):
        standards.form("line\nbreak")


def test_the_common_ones_are_known_in_any_case(standards: PasswordStandards) -> None:
    assert standards.is_common("password1234")
    assert standards.is_common("PassWord1234")
    assert not standards.is_common("correct horse battery")


def test_a_repetition_is_guessed_at_once(standards: PasswordStandards) -> None:
    assert standards.is_guessable("aaaaaaaaaa")
    assert standards.is_guessable(" " * 10)
    assert not standards.is_guessable("correct horse battery")


@pytest.mark.parametrize(
    "password",
    ["0123456789", "abcdefghij", "passwordpassword", "\u5bc6\u7801" * 5, "x" * 72, "password" * 9, "1234567890" * 7],
)
def test_sequences_and_repetitions_are_guessed_at_once(password: str) -> None:
    assert PublishedStandards().is_guessable(password)


@pytest.mark.parametrize(
    "password",
    [
        *("mein hund bello", "\u00fcber alle Berge", "sunshine day", "tr0ub4dor&3", "januar2026", "correcthorse"),
        *("  blanks count  ", "\u043f\u0430\u0440\u043e\u043b\u044c 1234 \u0438 \u043a\u043e\u0442"),
        *("a" * 30 + " and a horse", "a horse and " + "a" * 30),
    ],
)
def test_ordinary_passphrases_are_not(password: str) -> None:
    assert not PublishedStandards().is_guessable(password)


def test_rating_reads_little_whatever_the_password_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """All marks that can be read as letters, in one password, take zxcvbn ten seconds."""
    rated: list[str] = []

    def note(text: str) -> dict[str, object]:
        rated.append(text)
        return {"score": 0}

    monkeypatch.setattr(password_standards, "zxcvbn", note)
    standards = PublishedStandards()
    assert standards.is_guessable("1@(" * 24)
    assert max(map(len, rated)) <= password_standards.READ
    rated.clear()
    assert not standards.is_guessable("4@8({[<69!1|70$5+7%2" * 3)
    assert rated == []


@pytest.mark.parametrize(
    ("password", "named"),
    [
        ("with\0nul", "NUL character"),
        ("\u2764\ufe0f\u2764\ufe0f\u2764\ufe0f", "variation selector"),
        ("\u0378\u0378\u0378", "U+0378"),
        ("half \ud83d a car", "U+D83D"),
    ],
)
def test_what_is_refused_is_named(password: str, named: str) -> None:
    with pytest.raises(UnacceptablePassword, match=named.replace("+", r"\+")):
        PublishedStandards().form(password)


def test_other_blanks_are_blanks() -> None:
    assert PublishedStandards().form("ten\u3000letters\u00a0here") == "ten letters here"


def test_more_than_ten_thousand_common_ones_are_shipped() -> None:
    shipped = FREQUENCY_LISTS["passwords"]
    assert len(shipped) >= 10_000
    standards = PublishedStandards()
    assert all(standards.is_common(each) for each in shipped)
