"""Mails on a real SMTP server."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from services.auth.tests.api import register
from services.auth.tests.installation import Database, Mails
from services.auth.tests.people import NOW

from auth_service.adapters.smtp.sender import SmtpMailSender
from auth_service.application.commands.send_account_mails import SendAccountMails
from auth_service.application.ports import Letter, MailUnsent
from auth_service.bootstrap import Auth
from auth_service.domain.mails import MailKind
from mail_catcher.mailbox import Mailbox
from mail_catcher.smtp import smtp_server
from parking_platform.ports import LOOPBACK, free_port

LETTER = Letter(MailKind.VERIFY_EMAIL, "dora@example.com", "Dora", "secret", NOW)


def sender(port: int) -> SmtpMailSender:
    return SmtpMailSender(LOOPBACK, port, "Parking <no-reply@parking.example>", "https://parking.test")


@pytest.mark.parametrize(
    ("letter", "recipient"),
    [
        (LETTER, "dora@example.com"),
        (replace(LETTER, email="dora@b\u00fccher.example"), "dora@xn--bcher-kva.example"),
        (replace(LETTER, email="zo\u00eb@b\u00fccher.example"), "zo\u00eb@xn--bcher-kva.example"),
        (replace(LETTER, full_name='Zo\u00eb "Z" <D\u00f6ra>, Ltd.'), "dora@example.com"),
    ],
)
async def test_a_letter_arrives_whatever_the_name_and_the_script(
    tmp_path: Path, letter: Letter, recipient: str
) -> None:
    mailbox, port = Mailbox(tmp_path), free_port()
    async with smtp_server(mailbox, LOOPBACK, port):
        await sender(port).send(letter)
    (mail,) = mailbox.newest_first()
    assert mail.recipients == (recipient,)
    assert f"Hello {letter.full_name}," in mail.text
    assert "https://parking.test/verify-email?token=secret" in mail.text
    assert 'href="https://parking.test/verify-email?token=secret"' in mail.html


@pytest.mark.parametrize("kind", list(MailKind))
async def test_every_mail_has_a_date_and_a_message_id_of_its_own(tmp_path: Path, kind: MailKind) -> None:
    mailbox, port, before = Mailbox(tmp_path), free_port(), datetime.now(UTC).replace(microsecond=0)
    async with smtp_server(mailbox, LOOPBACK, port):
        await sender(port).send(replace(LETTER, kind=kind))
        await sender(port).send(replace(LETTER, kind=kind))
    mails = [message_from_bytes(each.raw) for each in mailbox.newest_first()]
    assert len({mail["Message-ID"] for mail in mails}) == 2
    for mail in mails:
        assert re.fullmatch(r"<[^<>@ ]+@parking\.example>", mail["Message-ID"])
        assert before <= parsedate_to_datetime(mail["Date"]) <= datetime.now(UTC)


async def test_a_name_is_no_html(tmp_path: Path) -> None:
    mailbox, port = Mailbox(tmp_path), free_port()
    async with smtp_server(mailbox, LOOPBACK, port):
        await sender(port).send(replace(LETTER, full_name="<img src=x>"))
    (mail,) = mailbox.newest_first()
    assert "<img" not in mail.html


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, full_name="Dora\nBcc: all@example.com"),
        replace(LETTER, email="no address"),
        replace(LETTER, email="dora@-b\u00fccher-.example"),
    ],
)
async def test_a_letter_that_cannot_be_written_is_unsent_and_breaks_nothing(tmp_path: Path, letter: Letter) -> None:
    mailbox, port = Mailbox(tmp_path), free_port()
    async with smtp_server(mailbox, LOOPBACK, port):
        with pytest.raises(MailUnsent):
            await sender(port).send(letter)
    assert mailbox.newest_first() == []


async def test_a_server_that_is_away_leaves_the_letter_unsent() -> None:
    with pytest.raises(MailUnsent):
        await sender(free_port()).send(LETTER)


async def test_no_address_and_no_token_rests_in_the_queue(
    client: httpx.AsyncClient, mails_to: Mails, new_address: str, database: Database
) -> None:
    await register(client, new_address)
    queued = await database.fetchval("SELECT account_mails::text FROM account_mails")
    assert new_address not in queued
    (mail,) = await mails_to(new_address)
    token = mail["text"].split("token=")[1].split()[0]
    stored = await database.fetchrow("SELECT mail_tokens::text AS shown, secret_hash FROM mail_tokens")
    assert stored is not None
    assert token not in stored["shown"]
    assert token.encode() != stored["secret_hash"]


async def test_a_refused_registration_sends_nothing(auth: Auth, client: httpx.AsyncClient, new_address: str) -> None:
    await register(client, new_address, password="short")
    assert await auth.use_cases.send_account_mails(SendAccountMails()) == 0
