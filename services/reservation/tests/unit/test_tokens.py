"""Charge tokens and gate credentials."""

import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from services.reservation.tests.examples import NOW, a_hold

from reservation_service.adapters.crypto.tokens import SignedTokens
from reservation_service.domain.errors import InvalidCredential
from reservation_service.domain.reservations import ReservationStatus


def signer() -> SignedTokens:
    key = ec.generate_private_key(ec.SECP256R1())
    return SignedTokens(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


TOKENS = signer()
STATE = a_hold().state
CREDENTIAL = TOKENS.credential(STATE)


def claims_of(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class TestCharges:
    def test_payment_can_check_it_with_the_published_key_alone(self) -> None:
        token = TOKENS.charge(STATE, STATE.charges[0], NOW)
        published = KeySet.import_key_set(TOKENS.public_keys())  # pyright: ignore[reportArgumentType]
        decoded = jwt.decode(token, published, algorithms=["ES256"])
        assert decoded.header["typ"] == "charge+jwt"
        assert decoded.claims == {
            "iss": "reservation",
            "aud": "payment",
            "sub": str(STATE.user_id),
            "iat": int(NOW.timestamp()),
            "exp": int((NOW + timedelta(minutes=15)).timestamp()),
            "charge_id": str(STATE.charges[0].id),
            "reservation_id": str(STATE.id),
            "organization_id": str(STATE.organization_id),
            "parking_lot_id": str(STATE.parking_lot_id),
            "reason": "booking",
            "amount": 600,
            "tax": 43,
            "currency": "CHF",
        }

    def test_it_ends_with_the_hold_however_late_it_is_made(self) -> None:
        late = TOKENS.charge(STATE, STATE.charges[0], NOW + timedelta(minutes=14))
        assert claims_of(late)["exp"] == int((NOW + timedelta(minutes=15)).timestamp())

    def test_without_a_hold_it_lasts_a_quarter_of_an_hour_from_now(self) -> None:
        active = replace(STATE, status=ReservationStatus.ACTIVE, hold_expires_at=None)
        late = TOKENS.charge(active, STATE.charges[0], NOW + timedelta(days=3))
        assert claims_of(late)["exp"] == int((NOW + timedelta(days=3, minutes=15)).timestamp())

    def test_the_published_key_holds_no_secret(self) -> None:
        (key,) = TOKENS.public_keys()["keys"]
        assert {"kty", "crv", "x", "y", "kid", "use", "alg"} == key.keys()


class TestCredentials:
    def test_it_names_reservation_and_lot_and_never_the_spot(self) -> None:
        assert TOKENS.reservation_of(CREDENTIAL) == STATE.id
        assert claims_of(CREDENTIAL)["lot"] == str(STATE.parking_lot_id)
        assert str(STATE.spot.id) not in json.dumps(claims_of(CREDENTIAL))
        assert str(STATE.user_id) not in json.dumps(claims_of(CREDENTIAL))

    @pytest.mark.parametrize(
        "token",
        [
            pytest.param(TOKENS.charge(STATE, STATE.charges[0], NOW), id="a charge token"),
            pytest.param(signer().credential(STATE), id="signed by somebody else"),
            pytest.param(".".join([*CREDENTIAL.split(".")[:2], ""]), id="without its signature"),
            pytest.param(".".join([*CREDENTIAL.split(".")[:2], "A" * 86]), id="with another signature"),
            pytest.param(CREDENTIAL.replace(".", ".A", 1), id="with another content"),
            pytest.param("eyJhbGciOiJub25lIn0." + CREDENTIAL.split(".")[1] + ".", id="by no algorithm"),
            pytest.param("", id="nothing"),
        ],
    )
    def test_anything_else_is_refused(self, token: str) -> None:
        with pytest.raises(InvalidCredential):
            TOKENS.reservation_of(token)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("iss", "auth"), ("aud", "payment"), ("sub", "nobody"), ("sub", None), ("nbf", NOW.timestamp() + 10**9)],
    )
    def test_every_claim_counts(self, name: str, value: object) -> None:
        key = ECKey.generate_key("P-256", private=True)
        tokens = SignedTokens(key.as_pem(private=True).decode())
        claims = {**claims_of(tokens.credential(STATE)), name: value}
        forged = jwt.encode({"alg": "ES256", "typ": "gate+jwt"}, claims, key, algorithms=["ES256"])
        with pytest.raises(InvalidCredential):
            tokens.reservation_of(forged)

    @given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")))
    def test_no_text_upsets_it(self, text: str) -> None:
        with pytest.raises(InvalidCredential):
            TOKENS.reservation_of(text)

    @given(place=st.integers(0, len(CREDENTIAL) - 3), character=st.characters(codec="ascii"))
    def test_no_altered_character_gets_through(self, place: int, character: str) -> None:
        altered = CREDENTIAL[:place] + character + CREDENTIAL[place + 1 :]
        if altered != CREDENTIAL:
            with pytest.raises(InvalidCredential):
                TOKENS.reservation_of(altered)


def test_another_reservation_has_another_credential() -> None:
    assert TOKENS.credential(replace(STATE, id=uuid4())) != CREDENTIAL
