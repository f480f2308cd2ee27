"""Reservation's key is rotated: payment knows the old and the new one side by side."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey
from services.payment.tests.people import Owed, People

from payment_service.adapters.crypto.charge_tokens import ChargeTokens
from payment_service.domain.errors import InvalidChargeToken
from payment_service.settings import PaymentSettings

OLD, NEW, FOREIGN = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))


def public(key: ec.EllipticCurvePrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def read_by(*keys: ec.EllipticCurvePrivateKey) -> ChargeTokens:
    pem = [key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys]
    return ChargeTokens(pem, lambda: datetime.now(UTC))


def token_by(key: ec.EllipticCurvePrivateKey, owed: Owed, named: ec.EllipticCurvePrivateKey | None = None) -> str:
    """A charge token whose header names its key, or another."""
    shown = ECKey.import_key((named or key).public_key())
    return People(key).charge_token(owed, header={"kid": shown.thumbprint()})


def test_tokens_of_both_are_good() -> None:
    owed = Owed()
    for read in (read_by(OLD, NEW), read_by(NEW, OLD)):
        assert [read(token_by(key, owed)).id for key in (OLD, NEW)] == [owed.charge_id] * 2


def test_each_is_checked_with_the_key_that_it_names() -> None:
    read = read_by(NEW, OLD)
    for token in (
        token_by(FOREIGN, Owed()),
        token_by(FOREIGN, Owed(), named=NEW),
        token_by(OLD, Owed(), named=NEW),
        People(NEW).charge_token(Owed()),
    ):
        with pytest.raises(InvalidChargeToken):
            read(token)


def test_a_key_that_was_taken_away_counts_no_more() -> None:
    with pytest.raises(InvalidChargeToken):
        read_by(NEW)(token_by(OLD, Owed()))


@pytest.mark.parametrize(
    ("keys", "count"), [(public(OLD), 1), (f"{public(NEW)},{public(OLD)}", 2)], ids=["one", "several"]
)
def test_the_setting_names_one_or_several(keys: str, count: int) -> None:
    assert len(settings(keys).charge_keys_pem) == count


@pytest.mark.parametrize(
    "keys", ["", "x", f"{public(OLD)},", f"{public(OLD)},x"], ids=["none", "no key", "one and none", "one and no key"]
)
def test_what_is_no_key_is_refused_by_name(keys: str) -> None:
    with pytest.raises(ValueError, match="charge_key"):
        settings(keys)


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        ("t" * 32, True),
        (f"{'t' * 32},{'u' * 32}", True),
        (f"{'t' * 32},u", False),
        (f"{'t' * 32}, {'u' * 32}", False),
        (f"{'t' * 32},", False),
    ],
)
def test_each_of_several_internal_tokens_is_long_enough(token: str, *, fits: bool) -> None:
    if fits:
        assert settings(public(OLD), token).internal_token.get_secret_value() == token
    else:
        with pytest.raises(ValueError, match="internal_token"):
            settings(public(OLD), token)


def settings(charge_key: str, internal_token: str = "t" * 32) -> PaymentSettings:
    return PaymentSettings.model_validate(
        {
            "environment": "test",
            "database_url": "postgresql://nobody@localhost/none",
            "token_issuer": "https://parking.test",
            "charge_key": charge_key,
            "internal_token": internal_token,
            "answer_keys": base64.b64encode(bytes(32)).decode(),
            "stripe_secret_key": "sk",
            "stripe_publishable_key": "pk",
            "stripe_webhook_secret": "wh",
        }
    )
