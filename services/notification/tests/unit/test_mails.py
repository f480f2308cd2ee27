"""The mails: each kind is written, in both parts, and nobody's text becomes markup or a header."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.utils import parsedate_to_datetime

import aiosmtplib
import pytest
from services.notification.tests.stories import details, lot, notification

from notification_service.adapters.smtp.sender import SmtpMailSender, meaning
from notification_service.application.ports import Contact, Letter, MailPutOff, MailRefused, MailServerAway
from notification_service.domain.notifications import TITLES, NotificationKind
from parking_chassis.ids import new_id
from parking_kernel.money import Money

SENDER = SmtpMailSender("localhost", 25, "Parking <no-reply@parking.example>", "https://parking.example")
K = NotificationKind
EVIL = '<script>alert("x")</script>'


def written(kind: NotificationKind, name: str = "Dora", **changes: object) -> tuple[str, str, dict[str, str]]:
    contact = Contact("dora@example.com", name, "en")
    state = notification(kind=kind, details=details(**changes))
    letter = Letter(new_id(), contact, state, lot(name=f"Lot {name}"))
    before = datetime.now(UTC).replace(microsecond=0)
    message = SENDER.message(letter, Address("Dora", "dora", "example.com"))
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    headers = {name: str(value) for name, value in message.items()}
    assert headers["Message-ID"] == f"<{letter.delivery_id}@parking.example>"
    assert before <= parsedate_to_datetime(headers["Date"]) <= datetime.now(UTC)
    return text.get_content(), html.get_content(), headers


@pytest.mark.parametrize("kind", list(NotificationKind))
def test_each_kind_says_what_it_is_about(kind: NotificationKind) -> None:
    text, html, headers = written(kind)
    assert headers["Subject"] == f"{TITLES[kind]}: Lot Dora"
    for part in (text, html):
        for fact in ("Hello Dora", "Lot Dora", "A7", "Wed 1 July 2026, 15:00 CEST", "12.50 CHF", "/reservations/"):
            assert fact in part
        assert "None" not in part
    assert "<" not in text


@pytest.mark.parametrize("kind", list(NotificationKind))
def test_nobodys_name_becomes_markup(kind: NotificationKind) -> None:
    _, html, _ = written(kind, EVIL)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_line_end_in_a_name_breaks_no_header() -> None:
    _, _, headers = written(NotificationKind.PAYMENT_FAILED, "Dora\r\nBcc: eve@example.com")
    assert "Bcc" not in headers
    assert headers["Subject"].endswith("Lot Dora Bcc: eve@example.com")


def test_a_driver_who_was_moved_reads_both_spots_and_that_cancelling_is_free() -> None:
    text, html, _ = written(K.RESERVATION_CHANGED, reason="supply_change", previous_spot_number="B12")
    for part in (text, html):
        for fact in ("spot B12, which you had reserved", "to spot A7", "cancel free of charge and get everything back"):
            assert fact in part


def test_a_driver_whose_spot_went_reads_that_the_car_park_changed_and_all_goes_back() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="supply_change")
    for part in (text, html):
        for fact in ("the car park has changed", "is cancelled", "Everything that you paid is on its way", "12.50 CHF"):
            assert fact in part


def test_a_driver_who_had_not_paid_yet_reads_of_no_refund() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="supply_change", amount=Money(0, "CHF"))
    for part in (text, html):
        assert "the car park has changed" in part
        assert "You owe nothing" in part
        assert "CHF" not in part


def test_a_drivers_own_cancellation_says_nothing_of_the_car_park() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="driver")
    for part in (text, html):
        assert "the car park has changed" not in part


def test_a_payment_has_no_times_and_nothing_back_has_no_amount() -> None:
    bare = {"spot_number": None, "starts_at": None, "ends_at": None, "amount": Money(0, "CHF")}
    text, html, _ = written(NotificationKind.RESERVATION_CANCELLED, **bare)
    for part in (text, html):
        assert "From" not in part
        assert "CHF" not in part
        assert "What you get back" not in part


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(-1250, "CHF"), "-12.50 CHF"),
        (Money(300, "JPY"), "300 JPY"),
        (Money(1234, "KWD"), "1.234 KWD"),
    ],
)
def test_amounts_have_their_currencys_digits(amount: Money, shown: str) -> None:
    assert str(amount) == shown


@pytest.mark.parametrize(
    ("error", "means"),
    [
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(550, "no", "x")]), MailRefused),
        (aiosmtplib.SMTPRecipientsRefused([aiosmtplib.SMTPRecipientRefused(450, "later", "x")]), MailPutOff),
        (aiosmtplib.SMTPDataError(554, "no"), MailRefused),
        (aiosmtplib.SMTPDataError(451, "later"), MailPutOff),
        (aiosmtplib.SMTPAuthenticationError(535, "who?"), MailServerAway),
        (aiosmtplib.SMTPSenderRefused(550, "who?", "x"), MailServerAway),
        (aiosmtplib.SMTPConnectError("away"), MailServerAway),
        (TimeoutError(), MailServerAway),
    ],
)
def test_what_a_servers_answer_means(error: Exception, means: type[Exception]) -> None:
    assert type(meaning(error)) is means
