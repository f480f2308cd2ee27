"""The mail catcher as a mail client and a browser meet it."""

from email.message import EmailMessage

import aiosmtplib
import httpx
import pytest

from mail_catcher.mailbox import Mailbox
from parking_platform.testing.servers import MailCatcherServer, unique_name


def message_to(recipient: str, subject: str = "Your reservation") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Parking <no-reply@parking.example>"
    message["To"] = recipient
    message["Subject"] = subject
    message.set_content("Plain words")
    message.add_alternative("<p>Rich <b>words</b></p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="stay.ics")
    return message


async def send(server: MailCatcherServer, message: EmailMessage, recipients: list[str] | None = None) -> None:
    await aiosmtplib.send(message, recipients=recipients, hostname=server.smtp_host, port=server.smtp_port)


@pytest.fixture
def recipient() -> str:
    return f"{unique_name('driver')}@example.com"


async def test_shows_what_was_sent(mail_catcher_server: MailCatcherServer, recipient: str) -> None:
    await send(mail_catcher_server, message_to(recipient, "Ihr Parkplatz für morgen"))

    async with httpx.AsyncClient(base_url=mail_catcher_server.url) as client:
        [caught] = (await client.get("/messages", params={"to": recipient.upper()})).json()
        again = (await client.get(f"/messages/{caught['id']}")).json()
        attachment = await client.get(f"/messages/{caught['id']}/attachments/0")

    assert caught["from"] == "Parking <no-reply@parking.example>"
    assert caught["to"] == [recipient]
    assert caught["subject"] == "Ihr Parkplatz für morgen"
    assert caught["text"].strip() == "Plain words"
    assert "<b>words</b>" in caught["html"]
    assert caught["attachments"] == [{"filename": "stay.ics", "content_type": "text/calendar", "size": 15}]
    assert attachment.content == b"BEGIN:VCALENDAR"
    assert again == caught


async def test_lists_the_newest_first(mail_catcher_server: MailCatcherServer, recipient: str) -> None:
    for subject in ("first", "second"):
        await send(mail_catcher_server, message_to(recipient, subject))

    async with httpx.AsyncClient(base_url=mail_catcher_server.url) as client:
        caught = (await client.get("/messages", params={"to": recipient})).json()

    assert [message["subject"] for message in caught] == ["second", "first"]


async def test_knows_recipients_that_no_header_names(mail_catcher_server: MailCatcherServer, recipient: str) -> None:
    await send(mail_catcher_server, message_to("someone@example.com"), recipients=[recipient])

    async with httpx.AsyncClient(base_url=mail_catcher_server.url) as client:
        [caught] = (await client.get("/messages", params={"to": recipient})).json()

    assert caught["to"] == [recipient]


async def test_page_runs_nothing_of_the_message(mail_catcher_server: MailCatcherServer, recipient: str) -> None:
    await send(mail_catcher_server, message_to(recipient, "<script>alert(2)</script>"))

    async with httpx.AsyncClient(base_url=mail_catcher_server.url) as client:
        [caught] = (await client.get("/messages", params={"to": recipient})).json()
        listing = await client.get("/")
        page = await client.get(f"/view/{caught['id']}")

    assert f"/view/{caught['id']}" in listing.text
    assert "<script" not in listing.text + page.text
    assert "<iframe sandbox " in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


async def test_says_when_there_is_no_such_message(mail_catcher_server: MailCatcherServer) -> None:
    async with httpx.AsyncClient(base_url=mail_catcher_server.url) as client:
        for path in ("/messages/0-none", "/view/0-none", "/messages/0-none/attachments/0"):
            assert (await client.get(path)).status_code == 404


def test_mailbox_keeps_messages_over_a_restart_until_it_is_cleared(tmp_path) -> None:
    kept = Mailbox(tmp_path).add("a@example.com", ("b@example.com",), b"Subject: =?x-none?Q?odd?=\r\n\r\nHello\r\n")

    restarted = Mailbox(tmp_path)
    assert restarted.newest_first() == [kept]
    restarted.clear()

    assert restarted.newest_first() == Mailbox(tmp_path).newest_first() == []


def test_mailbox_drops_the_oldest_beyond_its_limit(tmp_path) -> None:
    mailbox = Mailbox(tmp_path, most=2)
    added = [mailbox.add("a@example.com", ("b@example.com",), b"Subject: %d\r\n\r\n" % number) for number in range(3)]

    assert mailbox.newest_first() == added[:0:-1]
    assert len(list(tmp_path.iterdir())) == 2
