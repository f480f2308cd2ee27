"""How long a mail waits for its next attempt."""

from datetime import timedelta

from auth_service.domain.mails import MAX_ATTEMPTS, PAUSE


def test_pauses_double_from_five_seconds_to_half_an_hour() -> None:
    assert [PAUSE.after(attempts + 1).total_seconds() for attempts in range(10)] == [
        5, 10, 20, 40, 80, 160, 320, 640, 1280, 1800,
    ]  # fmt: skip


def test_pauses_never_grow_beyond_all_bounds() -> None:
    assert PAUSE.after(10_000) == PAUSE.longest


def test_a_mail_is_given_up_after_about_two_days() -> None:
    total = sum((PAUSE.after(attempts + 1) for attempts in range(MAX_ATTEMPTS)), timedelta())
    assert timedelta(days=1.5) < total < timedelta(days=2.5)
