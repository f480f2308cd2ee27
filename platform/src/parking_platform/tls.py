"""A certificate authority of this checkout, and the gateway's certificate for `localhost`."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from cryptography import x509

NAMES = ("localhost", "127.0.0.1", "::1")
# Some clients refuse certificates that are valid for longer than 398 days.
VALIDITY = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class Certificates:
    """The files that nginx and its clients need."""

    directory: Path

    @property
    def authority(self) -> Path:
        """What clients trust. It stays the same when the server's certificate is renewed."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The server's certificate chain."""
        return self.directory / "server.pem"

    @property
    def key(self) -> Path:
        """The server's private key."""
        return self.directory / "server.key"

    def ensure(self, now: datetime | None = None) -> bool:
        """Make what is missing or near its end; returns whether the server's certificate is new."""
        now = now or datetime.now(UTC)
        authority = self._ensure_authority()
        if self._lasts_beyond(now + RENEW_BEFORE):
            return False
        issued = authority.issue_cert(*NAMES, common_name="localhost", not_after=now + VALIDITY)
        _write_private(self.key, issued.private_key_pem.bytes())
        self.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        return True

    def _ensure_authority(self) -> trustme.CA:
        key = self.directory / "ca.key"
        if self.authority.exists() and key.exists():
            return trustme.CA.from_pem(self.authority.read_bytes(), key.read_bytes())
        self.certificate.unlink(missing_ok=True)
        authority = trustme.CA(organization_name="Parking platform, this checkout only")
        _write_private(key, authority.private_key_pem.bytes())
        self.authority.write_bytes(authority.cert_pem.bytes())
        return authority

    def _lasts_beyond(self, instant: datetime) -> bool:
        if not (self.certificate.exists() and self.key.exists()):
            return False
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()).not_valid_after_utc > instant


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
