"""A login and its family of refresh tokens (RFC 9700, 4.14.2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from auth_service.domain.logins import LOGIN_LIFETIME, REFRESH_TOKEN_LIFETIME, EndReason, Login, RefreshToken

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def started() -> tuple[Login, RefreshToken]:
    login = Login.start(uuid4(), uuid4(), "phone", NOW)
    return login, RefreshToken(b"hash", login.state.id, NOW, None)


def names(login: Login) -> list[str]:
    return [type(event).__name__ for event in login.events]


def test_a_token_counts_within_its_time() -> None:
    login, token = started()
    assert login.use(token, NOW + REFRESH_TOKEN_LIFETIME - SECOND)
    assert login.state.last_used_at == NOW + REFRESH_TOKEN_LIFETIME - SECOND


def test_using_a_login_is_no_event() -> None:
    login, token = started()
    login.use(token, NOW)
    assert names(login) == ["LoginStarted"]
    assert login.state.version == 1


def test_a_token_that_is_too_old_does_not_count_and_ends_nothing() -> None:
    login, token = started()
    assert not login.use(token, NOW + REFRESH_TOKEN_LIFETIME)
    assert login.state.is_open


def test_a_login_ends_however_often_it_is_used() -> None:
    login, token = started()
    fresh = replace(token, issued_at=NOW + LOGIN_LIFETIME - SECOND)
    assert not login.use(fresh, NOW + LOGIN_LIFETIME)


def test_a_token_that_comes_again_ends_the_whole_login() -> None:
    login, token = started()
    assert not login.use(replace(token, used_at=NOW), NOW + SECOND)
    assert (login.state.ended_at, login.state.end_reason) == (NOW + SECOND, EndReason.REUSE_DETECTED)
    assert names(login) == ["LoginStarted", "ReuseDetected"]


def test_no_token_of_an_ended_login_counts() -> None:
    login, token = started()
    login.end(EndReason.SIGNED_OUT, NOW)
    assert not login.use(token, NOW)


def test_a_login_ends_once() -> None:
    login, token = started()
    login.end(EndReason.SIGNED_OUT, NOW)
    login.end(EndReason.SUSPENDED, NOW)
    login.use(replace(token, used_at=NOW), NOW)
    assert names(login) == ["LoginStarted", "LoginEnded"]
    assert login.state.end_reason is EndReason.SIGNED_OUT
    assert login.state.version == 2
