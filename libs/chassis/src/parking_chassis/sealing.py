"""Sealing secrets at rest (AES-256-GCM) under keys that can be rotated."""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class CannotOpen(Exception):
    """What is sealed was altered, or sealed with a key that is not known, or for another purpose."""


class Sealer:
    """Encrypts and authenticates; what a thing is for is bound in, so that it opens in its own place only.

    The first key seals, and each of them opens: a new key is put before the old one, which goes when nothing that it
    sealed is left. Keys are 16, 24 or 32 bytes.
    """

    def __init__(self, *keys: bytes) -> None:
        self._ciphers: Sequence[AESGCM] = [AESGCM(key) for key in keys]

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """Nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The secret. Raises `CannotOpen`."""
        nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, text, purpose.encode())
            except InvalidTag:
                continue
        raise CannotOpen("sealed with another master key, or altered since")
