"""The SMTP side: take everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope

from mail_catcher.mailbox import Mailbox

MOST_BYTES = 25 * 1024 * 1024


class Catch:
    """aiosmtpd's handler: each accepted message goes into the mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _login: object, envelope: Envelope) -> str:  # noqa: N802 - its protocol's name
        """Keep the message before it is acknowledged."""
        content = envelope.original_content or b""
        message = self._mailbox.add(envelope.mail_from or "", tuple(envelope.rcpt_tos), content)
        return f"250 Kept as {message.id}"


@asynccontextmanager
async def smtp_server(mailbox: Mailbox, host: str, port: int) -> AsyncIterator[None]:
    """Listen for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    catch = Catch(mailbox)
    server = await loop.create_server(
        lambda: SMTP(catch, hostname=host, ident="mail catcher", data_size_limit=MOST_BYTES, enable_SMTPUTF8=True),
        host,
        port,
    )
    async with server:
        yield
