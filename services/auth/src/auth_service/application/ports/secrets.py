"""Secrets and passwords."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret for its owner, and the hash of it that is stored."""

    text: str = field(repr=False)
    hash: bytes


class Secrets(Protocol):
    """Random secrets: refresh tokens and the tokens of mails."""

    def new(self) -> Secret:
        """An unguessable secret of 256 bits."""
        ...

    def hash(self, text: str) -> bytes:
        """The hash under which a secret is stored."""
        ...


class PasswordStandards(Protocol):
    """What is published about passwords: the form in which they are compared, and which of them everybody tries."""

    def form(self, password: str) -> str:
        """The one form of all that look alike: RFC 8265, 4.2 (OpaqueString). Raises `UnacceptablePassword`.

        What it refuses are control characters, and others that cannot be typed everywhere.
        """
        ...

    def is_common(self, password: str) -> bool:
        """Whether it is among those that attackers try first, in whatever case its letters are."""
        ...

    def is_guessable(self, password: str) -> bool:
        """Whether a program that tries sequences, repetitions and words with small changes has it almost at once.

        It costs little, whatever the password is.
        """
        ...


class PasswordHasher(Protocol):
    """Slow, salted hashes of passwords. Both calls raise `TooBusy` when too many wait already."""

    async def hash(self, password: str, like: str | None = None) -> str:
        """A new hash with a salt of its own, or with that of another hash."""
        ...

    async def match(self, password: str, hashes: Sequence[str]) -> str | None:
        """The first hash that the password belongs to, among those with the salt of the first of all.

        One computation, however many hashes there are. Without any it takes as long, and finds none.
        """
        ...
