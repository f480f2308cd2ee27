"""Random secrets, of which only the hash is stored."""

import hashlib
import secrets

from auth_service.application.ports import Secret

BYTES = 32


class RandomSecrets:
    """See `auth_service.application.ports.Secrets`. A plain hash is enough: 256 random bits cannot be guessed."""

    def new(self) -> Secret:
        """An unguessable secret of 256 bits."""
        text = secrets.token_urlsafe(BYTES)
        return Secret(text, self.hash(text))

    def hash(self, text: str) -> bytes:
        """The hash under which a secret is stored."""
        return hashlib.sha256(text.encode()).digest()
