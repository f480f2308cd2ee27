"""Number plates as a gate's list has them: it finds the plate that its camera reads, and cannot read the others."""

import hmac
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BYTES = 16
KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class PlateHashes:
    """Hashes of plates under a salt: HMAC-SHA-256, its first 16 bytes in base64url."""

    salt: bytes = field(repr=False)

    @classmethod
    def of_day(cls, key: EllipticCurvePrivateKey, parking_lot_id: UUID, day: date) -> Self:
        """With the salt of a lot and a day, which nobody knows beforehand, and which each process makes alike.

        So a table of hashes is worth nothing for another lot or another day, and a list that says the same is the same.
        """
        secret = key.private_numbers().private_value.to_bytes(KEY_BYTES)
        info = b"gate list, plate salt\0" + parking_lot_id.bytes + day.isoformat().encode()
        return cls(HKDF(SHA256(), BYTES, salt=None, info=info).derive(secret))

    @property
    def salt_text(self) -> str:
        """The salt in base64url."""
        return _text(self.salt)

    def of(self, plate: str) -> str:
        """The hash of a plate, however it is spaced and written."""
        return _text(hmac.digest(self.salt, plain(plate).encode(), sha256)[:BYTES])


def plain(plate: str) -> str:
    """A plate's letters and digits, in upper case (NFC): what a camera reads."""
    upper = unicodedata.normalize("NFC", plate).upper()
    return "".join(each for each in upper if each.isalnum())


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
