"""The steps in which the signing key is rotated, as the settings that come next (docs/runbooks/rotating-keys.md).

Nobody may meet a signature by a key that it does not know. So a new key is announced before it signs, and an old one is
known as long as something that it signed counts.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)


class NothingToDo(Exception):
    """The step before was not done."""


def _announce(keys: Sequence[str]) -> Sequence[str]:
    new = generate_private_key(SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return [*keys, base64.b64encode(new).decode()]


def _sign(keys: Sequence[str]) -> Sequence[str]:
    old, *others = keys
    if not others or public_half(others[-1]) == others[-1]:
        raise NothingToDo("no key is announced that could sign: the last one is to be a private key")
    return [others[-1], public_half(old), *map(public_half, others[:-1])]


def _retire(keys: Sequence[str]) -> Sequence[str]:
    if len(keys) == 1:
        raise NothingToDo("there is one key alone")
    return keys[:1]


STEPS: Mapping[str, Callable[[Sequence[str]], Sequence[str]]] = MappingProxyType(
    {"announce": _announce, "sign": _sign, "retire": _retire}
)


def rotated(signing_key: str, step: str) -> tuple[str, str]:
    """The next values of reservation's `SIGNING_KEY` and of payment's `CHARGE_KEY`. Raises `NothingToDo`."""
    keys = STEPS[step](signing_key.split(","))
    return ",".join(keys), ",".join(public_half(each) for each in keys)


def public_half(key: str) -> str:
    """A key's public half; a public key itself."""
    try:
        private = load_der_private_key(base64.b64decode(key), password=None)
    except ValueError:
        return key
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(public).decode()
