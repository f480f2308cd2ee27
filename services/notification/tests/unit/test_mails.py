"""The mails: each kind is written, in both parts, and nobody's text becomes markup or a header."""

import email
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.utils import parsedate_to_datetime

import aiosmtplib
import pytest
from aiosmtplib.email import flatten_message
from hypothesis import given
from hypothesis import strategies as st
from services.notification.tests.stories import details, lot, notification

from notification_service.adapters.smtp.sender import SmtpMailSender, meaning
from notification_service.application.ports import Contact, Letter, MailPutOff, MailRefused, MailServerAway
from notification_service.domain.declines import GENERAL, in_words
from notification_service.domain.notifications import OF_OPERATORS, TITLES, NotificationKind
from parking_chassis.ids import new_id
from parking_kernel.money import Money
from stripe_simulator.cards import CARDS

SENDER = SmtpMailSender("localhost", 25, "Parking <no-reply@parking.example>", "https://parking.example")
K = NotificationKind
MAILED = [kind for kind in K if kind not in OF_OPERATORS]
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


@pytest.mark.parametrize("kind", MAILED)
def test_each_kind_says_what_it_is_about(kind: NotificationKind) -> None:
    text, html, headers = written(kind)
    assert headers["Subject"] == f"{TITLES[kind]}: Lot Dora"
    for part in (text, html):
        for fact in ("Hello Dora", "Lot Dora", "A7", "Wed 1 July 2026, 15:00 CEST", "12.50 CHF", "/reservations/"):
            assert fact in part
        assert "None" not in part
    assert "<" not in text


@pytest.mark.parametrize("kind", MAILED)
def test_nobodys_name_becomes_markup(kind: NotificationKind) -> None:
    _, html, _ = written(kind, EVIL)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_line_end_in_a_name_breaks_no_header() -> None:
    _, _, headers = written(NotificationKind.PAYMENT_FAILED, "Dora\r\nBcc: eve@example.com")
    assert "Bcc" not in headers
    assert headers["Subject"].endswith("Lot Dora Bcc: eve@example.com")


def sent(name: str) -> tuple[list[bytes], str]:
    """The lines of a mail's subject as a server gets them, and the lot's name as a reader decodes it."""
    letter = Letter(new_id(), Contact("dora@example.com", "Dora", "en"), notification(), lot(name=name))
    message = flatten_message(SENDER.message(letter, Address("Dora", "dora", "example.com")))
    subject = message.partition(b"Subject: ")[2].partition(b"\r\nFrom: ")[0]
    decoded = email.message_from_bytes(message, policy=policy.default)["Subject"]
    return subject.split(b"\r\n"), str(decoded).removeprefix(f"{TITLES[notification().kind]}: ")


@pytest.mark.parametrize(
    "name",
    [
        "Messe",
        "Zürich, 東京駅 Ümlaut Bäumlihof",
        "Parkhaus Bäumlihof (Nord) Zürich, Sihlquai und Grüner Weg mit Überdachung – Ausfahrt Süd",
        "Car park with a name of very many words that goes on and on beyond the end of any line",
        "P" * 200,
        "🅿" * 200,
        "=?utf-8?q?Bcc?=",
    ],
)
def test_a_long_name_is_folded_so_that_decoding_gives_it_again(name: str) -> None:
    (_, *continuations), decoded = sent(name)
    assert decoded == name
    for line in continuations:
        assert line.startswith(b" =?"), "a single blank, which folding adds"
        assert len(line) <= 78


NAME_WORDS = st.sampled_from(["Parkhaus", "Bäumlihof", "–", "Zürich,", "(Nord)", "東京駅", "Ж" * 20, "x" * 90, "=?x?="])


@given(st.lists(NAME_WORDS, min_size=1, max_size=12).map(lambda words: " ".join(words)[:200].strip()))
def test_any_name_is_read_as_it_is(name: str) -> None:
    assert sent(name)[1] == name


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


def test_a_cancellation_names_what_is_still_to_come() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="driver", amount=Money(800, "CHF"))
    for part in (text, html):
        assert "8.00 CHF is still to come" in part


def test_who_was_given_everything_back_by_the_operator_is_promised_nothing_more() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="refunded", amount=Money(0, "CHF"))
    for part in (text, html):
        assert "the operator has given back all that you paid, so your reservation is cancelled" in part
        assert "still to come" not in part


@pytest.mark.parametrize(
    ("amount", "back"),
    [
        (800, "8.00 CHF is still to come: it is on its way to where you paid from"),
        (0, "Nothing is to come back to you"),
    ],
)
def test_whose_booking_an_operator_cancelled_reads_so_and_why_and_what_goes_back(amount: int, back: str) -> None:
    money = Money(amount, "CHF")
    reason = "Flooded <b>& closed</b>"
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="operator", operator_reason=reason, amount=money)
    assert (
        f"the operator of the car park has cancelled your reservation. The operator writes: “{reason}” {back}" in text
    )
    assert "The operator writes: “Flooded &lt;b&gt;&amp; closed&lt;/b&gt;”" in html
    assert back in html


def test_where_reservation_knows_no_words_the_mail_has_none() -> None:
    text, html, _ = written(K.RESERVATION_CANCELLED, reason="operator", operator_reason="")
    for part in (text, html):
        assert "the operator of the car park has cancelled your reservation" in part
        assert "writes" not in part


def test_a_refund_names_itself() -> None:
    text, html, _ = written(K.PAYMENT_REFUNDED, amount=Money(300, "CHF"))
    for part in (text, html):
        assert "3.00 CHF of what you had paid has been paid out" in part


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("insufficient_funds", "There is not enough money on the card or account."),
        ("expired_card", "The card has expired."),
        ("incorrect_cvc", "The security code of the card is not right."),
        ("payment_intent_authentication_failure", "The bank wanted you to confirm the payment"),
        ("processing_error", "An error occurred while the payment was processed."),
        ("generic_decline", GENERAL),
        ("a_code_of_tomorrow", GENERAL),
        (None, GENERAL),
    ],
)
def test_a_failed_payment_says_why_in_plain_words_and_until_when_the_spot_is_held(code: str | None, words: str) -> None:
    text, html, _ = written(K.PAYMENT_FAILED, reason=code, held_until=datetime(2026, 7, 1, 10, 15, tzinfo=UTC))
    for part in (text, html):
        assert words in part
        assert "The spot is held for you until Wed 1 July 2026, 12:15 CEST" in part
        assert code is None or code not in part


@pytest.mark.parametrize("code", ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card"])
def test_what_the_provider_asks_not_to_disclose_is_a_decline_like_any_other(code: str) -> None:
    text, html, _ = written(K.PAYMENT_FAILED, reason=code)
    for part in (text, html):
        assert GENERAL in part


def test_every_decline_of_the_simulators_cards_has_words_of_its_own_but_those_that_stay_undisclosed() -> None:
    codes = {card.decline.decline_code or card.decline.code for card in CARDS if card.decline}
    assert {code for code in codes if in_words(code) == GENERAL} == {
        "generic_decline",
        "lost_card",
        "stolen_card",
        "fraudulent",
    }


def test_where_no_spot_is_held_a_failed_payment_names_no_time() -> None:
    text, html, _ = written(K.PAYMENT_FAILED, reason="expired_card", starts_at=None, ends_at=None)
    for part in (text, html):
        assert "held for you" not in part
        assert "What is still to pay, and how, is shown with your reservation." in part


def test_who_did_not_come_reads_that_the_spot_was_kept_and_nothing_goes_back() -> None:
    text, html, _ = written(K.RESERVATION_NO_SHOW)
    for part in (text, html):
        assert "your car did not come" in part
        assert "so what you paid does not go back" in part


def test_a_free_spot_that_nobody_came_for_has_nothing_to_go_back() -> None:
    text, html, _ = written(K.RESERVATION_NO_SHOW, amount=Money(0, "CHF"))
    for part in (text, html):
        assert "go back" not in part


def test_who_stayed_too_long_reads_what_is_owed() -> None:
    text, html, _ = written(K.OVERSTAY_WARNING, amount=Money(400, "CHF"))
    for part in (text, html):
        assert "you stayed longer than you had booked, and that costs 4.00 CHF more" in part


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
