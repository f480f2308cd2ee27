"""Rotation of the signing keys without a moment in which somebody cannot check a signature."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from auth_service.domain.signing_keys import (
    ACCESS_TOKEN_LIFETIME,
    HAND_OVER_TIME,
    ROTATE_AFTER,
    SETTLING_TIME,
    KeyAge,
    retired_keys,
    rotation_is_due,
    signing_key,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
REMEMBERED = timedelta(seconds=30)


def key(name: str, age: timedelta) -> KeyAge:
    return KeyAge(name, START - age)


def test_without_a_key_nothing_signs_and_one_is_due() -> None:
    assert signing_key([], START) is None
    assert rotation_is_due([], START)
    assert retired_keys([], START) == []


def test_the_very_first_key_signs_at_once_because_nobody_knows_another() -> None:
    first = key("first", timedelta())
    assert signing_key([first], START) == first


def test_of_two_first_keys_the_older_signs_in_every_process() -> None:
    same_time = [key("b", timedelta()), key("a", timedelta())]
    assert signing_key(same_time, START) == signing_key(same_time[::-1], START) == same_time[1]


def test_a_new_key_is_published_before_it_signs() -> None:
    old = key("old", ROTATE_AFTER)
    new = key("new", SETTLING_TIME - SECOND)
    assert signing_key([old, new], START) == old
    assert signing_key([old, new], START + SECOND) == new


def test_a_key_is_followed_by_the_next_after_a_month() -> None:
    assert not rotation_is_due([key("young", ROTATE_AFTER - SECOND), key("old", 2 * ROTATE_AFTER)], START)
    assert rotation_is_due([key("old", ROTATE_AFTER)], START)


def test_an_old_key_stays_until_its_last_token_is_over() -> None:
    old, new = key("old", ROTATE_AFTER), key("new", timedelta())
    last_token_is_over = START + SETTLING_TIME + HAND_OVER_TIME + ACCESS_TOKEN_LIFETIME
    assert retired_keys([old, new], last_token_is_over - SECOND) == []
    assert retired_keys([old, new], last_token_is_over) == [old]


PAUSES = st.one_of(
    st.sampled_from([SETTLING_TIME - SECOND, SETTLING_TIME, ACCESS_TOKEN_LIFETIME, ACCESS_TOKEN_LIFETIME + SECOND]),
    st.timedeltas(SECOND, timedelta(minutes=1)),
    st.timedeltas(SECOND, timedelta(days=20)),
)


@settings(max_examples=500)
@given(st.lists(st.tuples(PAUSES, st.booleans()), min_size=1, max_size=40))
def test_whatever_happens_when_no_token_outlives_its_key(steps: list[tuple[timedelta, bool]]) -> None:
    """Timers come round early or late, operators rotate at will, processes remember for half a minute what signs."""
    now = START
    keys: list[KeyAge] = []
    tokens: list[tuple[KeyAge, datetime]] = []
    for number, (pause, operator_rotates) in enumerate(steps):
        if rotation_is_due(keys, now) or operator_rotates:
            keys.append(KeyAge(str(number), now))
        for retired in retired_keys(keys, now):
            keys.remove(retired)
        tokens = [(signer, expires_at) for signer, expires_at in tokens if expires_at > now]
        assert all(signer in keys for signer, _ in tokens)

        signs = signing_key(keys, now)
        assert signs is not None
        assert signs.created_at + SETTLING_TIME <= now or signs == min(keys, key=lambda each: each.created_at)
        tokens.append((signs, now + REMEMBERED + ACCESS_TOKEN_LIFETIME))
        now += pause
