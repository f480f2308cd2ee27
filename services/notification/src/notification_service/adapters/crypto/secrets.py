"""Random secrets. Their hashes need no salt: nobody can guess 256 bits."""

import hashlib
import secrets


class RandomSecrets:
    """See `notification_service.application.ports.Secrets`."""

    def new(self) -> str:
        """256 bits, safe in a URL."""
        return secrets.token_urlsafe(32)

    def hash(self, secret: str) -> bytes:
        """SHA-256."""
        return hashlib.sha256(secret.encode()).digest()
