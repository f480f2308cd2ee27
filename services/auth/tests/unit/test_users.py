"""What can happen to a user, and the event of each change."""

import sys
import unicodedata
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_service.domain.users import StatusChange, User, UserStatus, normalised_email

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ABUSE = StatusChange("sold its bookings on", uuid4(), NOW)
SORRY = StatusChange("said sorry", uuid4(), NOW)


def registered(email: str = "Dora@Example.com") -> User:
    return User.register(uuid4(), email=email, full_name="Dora Driver", phone_number=None, password_hash="hash", at=NOW)


def test_a_new_user_is_unverified_active_and_has_the_first_role() -> None:
    state = registered().state
    assert (state.is_verified, state.status, state.roles) == (False, UserStatus.ACTIVE, {"user"})


def test_each_change_makes_one_event_with_the_state_that_it_led_to() -> None:
    user = registered()
    user.verify(NOW)
    user.assign_role("operator", NOW)
    user.revoke_role("user", NOW)
    user.suspend(ABUSE)
    assert [type(event).__name__ for event in user.events] == [
        "UserRegistered",
        "UserVerified",
        "RoleAssigned",
        "RoleRevoked",
        "UserSuspended",
    ]
    assert [event.user.version for event in user.events] == [1, 2, 3, 4, 5]
    assert user.events[-1].user == user.state
    assert user.state.roles == {"operator"}
    assert not user.state.may_sign_in


def test_a_change_of_nothing_makes_no_event() -> None:
    user = registered()
    user.verify(NOW)
    user.suspend(ABUSE)
    user.events.clear()
    user.verify(NOW)
    user.suspend(ABUSE)
    user.assign_role("user", NOW)
    user.revoke_role("admin", NOW)
    assert user.events == []
    assert user.state.version == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dora@Example.COM", " dora@example.com "),
        ("u\u0308ser@example.com", "\u00fcser@example.com"),
        ("J\u030cana@example.com", "\u01f0ana@example.com"),
        ("dora@b\u00fccher.example", "dora@xn--bcher-kva.example"),
        ("dora@b\u00fccher.example", "dora@XN--BCHER-KVA.example"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(one: str, other: str) -> None:
    assert normalised_email(one) == normalised_email(other)


def test_different_mailboxes_stay_different() -> None:
    assert normalised_email("strasse@example.com") != normalised_email("stra\u00dfe@example.com")


@given(st.one_of(st.text(), st.from_regex(r"(xn--[a-z0-9-]{0,20}\.?)+")))
def test_no_text_breaks_the_comparison(text: str) -> None:
    assert normalised_email(text) == normalised_email(f" {text} ")


@given(st.one_of(st.text(), st.from_regex(r"(xn--[a-z0-9-]{0,20}\.?)+")))
def test_the_form_of_the_form_is_the_form(text: str) -> None:
    once = normalised_email(text)
    assert normalised_email(once) == once


def test_it_is_so_for_every_letter_with_every_mark() -> None:
    """Some letters exist with a mark only when they are small: composed before that alone, they stayed apart."""
    letters = [chr(number) for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number)) in {"Lu", "Lt"}]
    marks = [chr(number) for number in range(0x300, 0x370)]
    broken = [
        letter + mark
        for letter in letters
        for mark in ["", *(marks if letter < "\u2000" else ())]
        if normalised_email(normalised_email(letter + mark)) != normalised_email(letter + mark)
    ]
    assert broken == []


@pytest.mark.parametrize("text", ["J\u030c", "H\u0331", "T\u0308", "W\u030a", "Y\u030a"])
def test_without_composing_again_these_would_stay_apart(text: str) -> None:
    """The negative control."""
    once = unicodedata.normalize("NFC", text).lower()
    assert unicodedata.normalize("NFC", once).lower() != once
    assert normalised_email(text) == normalised_email(normalised_email(text))


@pytest.mark.parametrize("spelled", ["\u00dc", "a b\u00fc", "a\x80", "a@\u00fc", "plain", "xn--bcher-kva"])
def test_what_no_browser_writes_in_punycode_stays_as_it_is(spelled: str) -> None:
    label = f"xn--{spelled.encode('punycode').decode()}"
    assert normalised_email(f"dora@{label}") == f"dora@{label}"


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-.", max_size=30))
def test_what_is_looked_for_can_be_written_whatever_a_domain_spells(label: str) -> None:
    assert normalised_email(f"a@xn--{label}").encode()


def test_a_label_that_spells_no_character_stays_as_it_is() -> None:
    """Half of a surrogate pair; signing in with it was an error of ours."""
    assert normalised_email("a@xn--ib9b") == "a@xn--ib9b"


def test_a_user_in_a_log_line_says_nothing_of_the_person() -> None:
    shown = repr(registered().state)
    assert "example.com" not in shown.lower()
    assert "Dora" not in shown
    assert "hash" not in shown


def test_a_suspension_and_its_end_say_why_by_whom_and_when() -> None:
    user = registered()
    user.suspend(ABUSE)
    assert (user.state.may_sign_in, user.state.last_status_change) == (False, ABUSE)
    user.suspend(SORRY)
    assert user.state.last_status_change == ABUSE, "it was closed for the first reason"
    user.reinstate(SORRY)
    assert (user.state.may_sign_in, user.state.last_status_change) == (True, SORRY)
    user.reinstate(ABUSE)
    assert [type(event).__name__ for event in user.events] == ["UserRegistered", "UserSuspended", "UserReinstated"]
    assert ABUSE.reason not in repr(user.state)
