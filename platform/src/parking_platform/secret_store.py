"""The passwords and keys of one checkout: made once, at random, and readable by its owner alone."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

KEY_BYTES = 32


def _new_signing_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode()


def public_half(signing_key: str) -> str:
    """What checks the signatures of a private key: SubjectPublicKeyInfo as DER in base64."""
    key = load_der_private_key(base64.b64decode(signing_key), password=None)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()


def public_halves(signing_keys: str) -> str:
    """Those of several keys, by commas; while a key is rotated, of some the public half alone is there."""
    return ",".join(_public_half_of_any(each) for each in signing_keys.split(","))


def _public_half_of_any(key: str) -> str:
    try:
        return public_half(key)
    except ValueError:
        load_der_public_key(base64.b64decode(key))
        return key


class SecretStore:
    """A JSON file of named secrets; a name that is asked for the first time gets a value."""

    def __init__(self, file: Path, before_making: Callable[[], None] | None = None) -> None:
        """The file is read when the first secret is asked for; its directory must be there by then.

        `before_making` is called before a file is made, and may raise.
        """
        self._file = file
        self._before_making = before_making

    def password(self, name: str) -> str:
        """A password, safe in URLs and command lines. It has what password rules ask for: Aa1 and length."""
        return self._get(name, lambda: f"Aa1-{secrets.token_urlsafe(24)}")

    def key(self, name: str) -> str:
        """A key of 32 bytes, in base64."""
        return self._get(name, lambda: base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())

    def signing_key(self, name: str) -> str:
        """A private P-256 key: PKCS 8 as DER in base64."""
        return self._get(name, _new_signing_key)

    @cached_property
    def _values(self) -> dict[str, str]:
        if self._file.exists():
            return json.loads(self._file.read_text())
        if self._before_making:
            self._before_making()
        return {}

    def _get(self, name: str, make: Callable[[], str]) -> str:
        if name not in self._values:
            self._values[name] = make()
            self._save()
        return self._values[name]

    def _save(self) -> None:
        being_written = self._file.with_suffix(".part")
        descriptor = os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self._values, file, indent=2)
        being_written.rename(self._file)
