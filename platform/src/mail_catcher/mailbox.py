"""The caught messages, one file each, so that a restart keeps them."""

import secrets
from datetime import UTC, datetime
from pathlib import Path

from mail_catcher.message import Message, file_name, parse, with_envelope

SUFFIX = ".eml"
MOST_MESSAGES = 5_000


class Mailbox:
    """Messages in a directory; beyond so many, the oldest ones go."""

    def __init__(self, directory: Path, most: int = MOST_MESSAGES) -> None:
        self._directory = directory
        self._most = most
        directory.mkdir(parents=True, exist_ok=True)
        files = sorted(directory.glob(f"*{SUFFIX}"))
        self._messages = {path.stem: parse(path.stem, path.read_bytes()) for path in files}

    def add(self, sender: str, recipients: tuple[str, ...], content: bytes) -> Message:
        """Keep a message; it is on the disk when this returns."""
        message_id = file_name(datetime.now(UTC), secrets.token_hex(3))
        message = parse(message_id, with_envelope(sender, recipients, content))
        being_written = self._directory / f"{message_id}.part"
        being_written.write_bytes(message.raw)
        being_written.rename(self._file(message_id))
        self._messages[message_id] = message
        while len(self._messages) > self._most:
            self.remove(next(iter(self._messages)))
        return message

    def get(self, message_id: str) -> Message | None:
        """One message, or None."""
        return self._messages.get(message_id)

    def newest_first(self, recipient: str | None = None) -> list[Message]:
        """All messages, or those that went to one address (in whatever case)."""
        wanted = recipient.casefold() if recipient else None
        return [
            message
            for message in reversed(self._messages.values())
            if wanted is None or wanted in {address.casefold() for address in message.recipients}
        ]

    def remove(self, message_id: str) -> None:
        """Delete one message."""
        del self._messages[message_id]
        self._file(message_id).unlink(missing_ok=True)

    def clear(self) -> None:
        """Delete all messages."""
        for message_id in list(self._messages):
            self.remove(message_id)

    def _file(self, message_id: str) -> Path:
        return self._directory / f"{message_id}{SUFFIX}"
